import { doubleOf } from "../../../protocol/base/numbers.ts";
import type { Parameter } from "../../../protocol/model/action.ts";
import { defaultOf, type FieldKind, fieldText, isDemanded, kindOf, typeOf } from "./value.ts";

/** The most rows of a text's field at first. It grows while the user types. */
const TEXT_ROWS_MAX = 12;

/** The name of a parameter's field. A parameter's own name may be one of the form's properties, which a field would hide. */
export function fieldName(name: string): string {
  return `parameter.${name}`;
}

/** The name of the checkbox that removes a secret. A parameter's name has no dot. */
export function removerOf(name: string): string {
  return `tailrace.without.${name}`;
}

interface FieldProps {
  name: string;
  parameter: Parameter;
  /** The value of the run that is changed and run again. */
  given: unknown;
  /** The reason why its value was refused. */
  error: string | undefined;
}

/** A form's field for a parameter, with a hint, and the reason if its value was refused. */
export function Field({ name, parameter, given, error }: FieldProps) {
  const value = given ?? defaultOf(parameter);
  const kind = kindOf(parameter, value);
  const keeps_secret = kind === "secret" && given !== undefined && given !== null;
  const demanded = isDemanded(parameter) && !keeps_secret;
  const control = {
    id: `field-${name}`,
    name: fieldName(name),
    "aria-describedby": error === undefined ? `note-${name}` : `error-${name} note-${name}`,
    "aria-invalid": error !== undefined,
    // Not `required`: the form shows its own reason, and a browser would show one field's only.
    "aria-required": kind !== "switch" && demanded,
  };
  return (
    <div class="field">
      {/* Not around its control: the text of a field would be part of the label. */}
      <label for={`field-${name}`}>
        {name}
        {demanded && " *"}
      </label>
      <Control
        kind={kind}
        parameter={parameter}
        value={value}
        keeps_secret={keeps_secret}
        control={control}
      />
      {error !== undefined && (
        <small class="error" id={`error-${name}`}>
          {name} {error}
        </small>
      )}
      <small class="soft" id={`note-${name}`}>
        {noteText(parameter)}
      </small>
      {keeps_secret && !isDemanded(parameter) && (
        <label class="check">
          <input type="checkbox" name={removerOf(name)} /> run without {name}
        </label>
      )}
    </div>
  );
}

interface ControlProps {
  kind: FieldKind;
  parameter: Parameter;
  value: unknown;
  keeps_secret: boolean;
  control: Record<string, string | boolean>;
}

function Control({ kind, parameter, value, keeps_secret, control }: ControlProps) {
  const text = fieldText(value);
  switch (kind) {
    case "choice":
      return (
        <select {...control}>
          {defaultOf(parameter) === undefined && <option value="" />}
          {parameter.enum?.map((option) => (
            <option key={fieldText(option)} value={fieldText(option)} selected={fieldText(option) === text}>
              {fieldText(option)}
            </option>
          ))}
        </select>
      );
    case "switch":
      return <input {...control} type="checkbox" defaultChecked={value === true} />;
    case "boolean":
      return (
        <select {...control}>
          <option value="">not set</option>
          <option value="true" selected={value === true}>
            true
          </option>
          <option value="false" selected={value === false}>
            false
          </option>
        </select>
      );
    case "number":
      return (
        <input
          {...control}
          type="text"
          inputMode="decimal"
          autoComplete="off"
          defaultValue={text}
          placeholder={defaultText(parameter)}
        />
      );
    case "secret":
      return (
        <textarea
          {...control}
          class="secret"
          rows={1}
          autoComplete="off"
          spellcheck={false}
          placeholder={keeps_secret ? "as in the earlier run" : ""}
        />
      );
    case "json":
    case "text":
      return (
        <textarea
          {...control}
          rows={Math.min(TEXT_ROWS_MAX, Math.max(kind === "json" ? 3 : 1, text.split("\n").length))}
          autoComplete="off"
          spellcheck={false}
          defaultValue={text}
          placeholder={kind === "json" ? exampleText(parameter) : ""}
        />
      );
  }
}

function exampleText(parameter: Parameter): string {
  return defaultText(parameter) || (typeOf(parameter) === "array" ? '["a", "b"]' : '{"a": 1}');
}

/** An empty field of these kinds means the default. */
function defaultText(parameter: Parameter): string {
  const value = defaultOf(parameter);
  return value === undefined ? "" : `${fieldText(value)} if empty`;
}

/** The description, and the bounds of the value. */
function noteText(parameter: Parameter): string {
  const { description, pattern } = parameter;
  const notes = [description || typeOf(parameter), rangeText(parameter)];
  if (typeof pattern === "string") notes.push(`matches ${pattern}`);
  return notes.filter((note) => note !== "").join(" · ");
}

function rangeText({ minimum, maximum, minLength, maxLength }: Parameter): string {
  const numbers = boundsText(doubleOf(minimum), doubleOf(maximum));
  const lengths = boundsText(doubleOf(minLength), doubleOf(maxLength));
  return [numbers, lengths && `${lengths} characters`].filter((text) => text !== "").join(" · ");
}

function boundsText(least: number | undefined, most: number | undefined): string {
  if (least !== undefined && most !== undefined) return `${least} to ${most}`;
  if (least !== undefined) return `at least ${least}`;
  return most === undefined ? "" : `at most ${most}`;
}
