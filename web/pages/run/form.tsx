import { useState } from "preact/hooks";
import { failureText } from "../../../protocol/base/failure-text.ts";
import { numberOf, readExact, writeExact } from "../../../protocol/base/numbers.ts";
import type { Action, Parameter } from "../../../protocol/model/action.ts";
import { isHere, missingText } from "../../../protocol/model/missing-runners.ts";
import { mayRun, type Rights } from "../../../protocol/model/permissions.ts";
import type { Session } from "../../server/session.ts";
import { Field, typeOf } from "./field.tsx";
import { PlacementFields, readPlacement } from "./placement.tsx";

interface RunFormProps {
  session: Session;
  rights: Rights;
  action: Action;
  /** The parameters that the action itself names; the others are its runner's. */
  own: string[];
  given: Record<string, unknown>;
}

/** The form of an action's parameters: to fill in, or read-only for a user without the right to run it. */
export function RunForm({ session, rights, action, own, given }: RunFormProps) {
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const fields = Object.entries(action.parameters)
    .filter(([, { immutable }]) => !immutable)
    .sort(([a, one], [b, other]) => orderOf(one) - orderOf(other) || a.localeCompare(b));
  const ours = fields.filter(([name, { required }]) => required || own.includes(name));
  const rest = fields.filter((field) => !ours.includes(field));
  const closed = whyClosed(action, rights);
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    setFailure("");
    setBusy(true);
    try {
      const parameters = readForm(event.currentTarget, action, given);
      const placement = readPlacement(event.currentTarget);
      const { id } = await session.client.create({ action: action.ref, parameters, ...placement });
      location.assign(`/executions/${id}`);
    } catch (error) {
      setBusy(false);
      setFailure(failureText(error));
    }
  };
  return (
    <form class="form" onSubmit={start}>
      <h1>{closed ? action.ref : `Run ${action.ref}`}</h1>
      {action.description && <p class="soft">{action.description}</p>}
      {closed && <p role="note">{closed}</p>}
      <fieldset class="fields" disabled={closed !== undefined}>
        {ours.map(([name, parameter]) => (
          <Field key={name} name={name} parameter={parameter} value={given[name] ?? parameter.default} />
        ))}
        {rest.length > 0 && (
          <details open={ours.length === 0}>
            <summary>
              {rest.length} more {rest.length === 1 ? "parameter" : "parameters"}
            </summary>
            <div class="form">
              {rest.map(([name, parameter]) => (
                <Field
                  key={name}
                  name={name}
                  parameter={parameter}
                  value={given[name] ?? parameter.default}
                />
              ))}
            </div>
          </details>
        )}
        <PlacementFields pool={action.pool} />
      </fieldset>
      {failure !== "" && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
      {!closed && (
        <div>
          <button type="submit" class="primary" disabled={busy}>
            Run
          </button>
        </div>
      )}
    </form>
  );
}

function whyClosed(action: Action, rights: Rights): string | undefined {
  const { enabled, ref, runner_type } = action;
  if (!enabled) return "This action is disabled.";
  if (!isHere(runner_type)) return missingText(ref, runner_type);
  return mayRun(rights, action) ? undefined : "Your roles allow you to view this action, but not to run it.";
}

function orderOf({ required, position }: Parameter): number {
  return position ?? (required ? 1_000 : 2_000);
}

/** The parameters of a form: only those that differ from the defaults. */
function readForm(
  form: HTMLFormElement,
  action: Action,
  given: Record<string, unknown>,
): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(action.parameters)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement && field.type === "checkbox") {
      if (field.checked !== (parameter.default === true)) parameters[name] = field.checked;
    } else if (
      field instanceof HTMLInputElement ||
      field instanceof HTMLTextAreaElement ||
      field instanceof HTMLSelectElement
    ) {
      const value = readValue(name, field.value, typeOf(parameter));
      if (value !== undefined && writeExact(value) !== writeExact(parameter.default))
        parameters[name] = value;
      else if (value === undefined && given[name] !== undefined && !parameter.secret)
        parameters[name] = parameter.default ?? null;
    }
  }
  return parameters;
}

function readValue(name: string, text: string, type: string): unknown {
  if (text === "") return undefined;
  if (type === "integer" || type === "number") return numberOf(text) ?? Number(text);
  if (type !== "object" && type !== "array") return text;
  try {
    return readExact(text);
  } catch {
    throw new Error(`${name} is not JSON.`);
  }
}
