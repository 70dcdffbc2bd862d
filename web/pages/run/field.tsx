import { writeExact } from "../../../protocol/base/numbers.ts";
import type { Parameter } from "../../../protocol/model/action.ts";

/** The type of a parameter's value, by its schema. */
export function typeOf({ type }: Parameter): string {
  return (Array.isArray(type) ? type.find((one) => one !== "null") : type) ?? "string";
}

/** A form's field for a parameter. */
export function Field({ name, parameter, value }: { name: string; parameter: Parameter; value: unknown }) {
  const type = typeOf(parameter);
  const note = `note-${name}`;
  const common = { name, "aria-describedby": note };
  const required = parameter.required === true && parameter.default === undefined;
  const text =
    value === undefined || value === null ? "" : typeof value === "string" ? value : writeExact(value);
  return (
    <div>
      {/* biome-ignore lint/a11y/noLabelWithoutControl: each branch has a control in it. */}
      <label>
        <span>
          {name}
          {required && " *"}
        </span>
        {parameter.enum ? (
          <select {...common} required={required}>
            <option value="" />
            {parameter.enum.map((option) => (
              <option key={String(option)} value={String(option)} selected={String(option) === text}>
                {String(option)}
              </option>
            ))}
          </select>
        ) : type === "boolean" ? (
          <input {...common} type="checkbox" defaultChecked={value === true} />
        ) : type === "object" || type === "array" ? (
          <textarea
            {...common}
            required={required}
            rows={3}
            defaultValue={text}
            placeholder={type === "array" ? '["a", "b"]' : '{"a": 1}'}
          />
        ) : type === "integer" || type === "number" ? (
          <input
            {...common}
            required={required}
            type="number"
            step={type === "integer" ? 1 : "any"}
            defaultValue={text}
          />
        ) : parameter.secret ? (
          <input {...common} required={required} type="password" autoComplete="off" />
        ) : (
          <input {...common} required={required} type="text" autoComplete="off" defaultValue={text} />
        )}
      </label>
      <small class="soft" id={note}>
        {parameter.description ?? type}
      </small>
    </div>
  );
}
