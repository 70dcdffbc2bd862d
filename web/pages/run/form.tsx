import { useState } from "preact/hooks";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { failureText } from "../../../protocol/base/failure-text.ts";
import type { Action, Parameter } from "../../../protocol/model/action.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { isHere, missingText } from "../../../protocol/model/missing-runners.ts";
import { mayRun, type Rights } from "../../../protocol/model/permissions.ts";
import { drawNow } from "../../base/draw-now.ts";
import { useOnce } from "../../base/once.ts";
import { RequestId } from "../../frame/request-id.tsx";
import { href } from "../../server/paths.ts";
import type { Session } from "../../server/session.ts";
import { Field, fieldName } from "./field.tsx";
import { PlacementFields, readPlacement } from "./placement.tsx";
import { type FieldErrors, fieldOf, goToField, readForm } from "./read-form.ts";

interface RunFormProps {
  session: Session;
  rights: Rights;
  action: Action;
  /** The parameters that the action itself names; the others are its runner's. */
  own: string[];
  /** The execution that is run again with changes. */
  source: Execution | undefined;
}

/** The form of an action's parameters: to fill in, or read-only for a user without the right to run it. */
export function RunForm({ session, rights, action, own, source }: RunFormProps) {
  const [failure, setFailure] = useState<unknown>();
  const [errors, setErrors] = useState<FieldErrors>(new Map());
  const [busy, once] = useOnce();
  const given = new Map(Object.entries(source?.parameters ?? {}));
  const fields = Object.entries(action.parameters)
    .filter(([, { immutable }]) => !immutable)
    .sort(([a, one], [b, other]) => orderOf(one) - orderOf(other) || a.localeCompare(b));
  const ours = fields.filter(([name, { required }]) => required || own.includes(name));
  const rest = fields.filter((field) => !ours.includes(field));
  const closed = whyClosed(action, rights);
  const refuse = (form: HTMLFormElement, refused: FieldErrors) => {
    drawNow(() => setErrors(refused));
    const first = [...ours, ...rest].find(([name]) => refused.has(name));
    if (first) goToField(form, first[0]);
  };
  const start = async (form: HTMLFormElement): Promise<boolean> => {
    setFailure(undefined);
    const { parameters, errors } = readForm(form, fields, given);
    refuse(form, errors);
    if (errors.size > 0) return false;
    try {
      const placement = readPlacement(form);
      const { id } = source
        ? await session.client.reRun(source.id, { parameters, ...placement })
        : await session.client.create({ action: action.ref, parameters, ...placement });
      location.assign(href(`/executions/${id}`));
      return true;
    } catch (error) {
      const field = error instanceof TailraceError ? fieldOf(error.message) : undefined;
      if (field && fields.some(([name]) => name === field.name))
        refuse(form, new Map([[field.name, field.reason]]));
      else setFailure(error);
      return false;
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const { currentTarget: form } = event;
    if (form instanceof HTMLFormElement) void once(() => start(form));
  };
  /** A field that is changed is no longer refused. */
  const forget = ({ target }: Event) => {
    const name = target instanceof Element ? target.getAttribute("name") : null;
    setErrors((before) => new Map([...before].filter(([refused]) => fieldName(refused) !== name)));
  };
  const field = ([name, parameter]: [string, Parameter]) => (
    <Field key={name} name={name} parameter={parameter} given={given.get(name)} error={errors.get(name)} />
  );
  return (
    <form class="form" noValidate onSubmit={submit} onKeyDown={submitByKey} onInput={forget}>
      <h1>{closed ? action.ref : `Run ${action.ref}`}</h1>
      {action.description && <p class="soft">{action.description}</p>}
      {closed && <p role="note">{closed}</p>}
      <fieldset class="fields" disabled={closed !== undefined}>
        {ours.map(field)}
        {rest.length > 0 && (
          <details open={ours.length === 0}>
            <summary>
              {rest.length} more {rest.length === 1 ? "parameter" : "parameters"}
            </summary>
            <div class="form">{rest.map(field)}</div>
          </details>
        )}
        <PlacementFields pool={action.pool} source={source} />
      </fieldset>
      {failure !== undefined && (
        <p class="error" role="alert">
          {failureText(failure)} <RequestId error={failure} />
        </p>
      )}
      {!closed && (
        <div>
          <button type="submit" class="primary" disabled={busy} title="Ctrl-Enter">
            {busy ? "Starting …" : "Run"}
          </button>
        </div>
      )}
    </form>
  );
}

/** In a text, Enter begins a line. */
function submitByKey(event: KeyboardEvent): void {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (event.currentTarget instanceof HTMLFormElement) event.currentTarget.requestSubmit();
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
