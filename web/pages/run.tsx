import { useEffect, useMemo, useState } from "preact/hooks";
import type { Action, Parameter } from "../../protocol/action.ts";
import { TailraceError } from "../../protocol/errors.ts";
import type { Session } from "../session.ts";
import { Field, typeOf } from "./field.tsx";
import { Help, Top } from "./top.tsx";

interface RunPageProps {
  session: Session;
  actionRef: string | undefined;
  onLocked: () => void;
}

/** Runs an action: the list of them, or the form that one's parameters make. */
export function RunPage({ session, actionRef, onLocked }: RunPageProps) {
  const [actions, setActions] = useState<Action[]>();
  const [action, setAction] = useState<Action>();
  const [own, setOwn] = useState<string[]>([]);
  const [given, setGiven] = useState<Record<string, unknown>>({});
  const [help, setHelp] = useState(false);
  const [failure, setFailure] = useState("");
  useEffect(() => {
    const from = new URLSearchParams(location.search).get("from");
    const read = async () => {
      if (actionRef === undefined) {
        setActions(await session.client.actions());
        return;
      }
      if (from) setGiven((await session.client.get(from)).parameters);
      const [found, runners] = await Promise.all([
        session.client.action(actionRef),
        session.client.runnerTypes(),
      ]);
      const runner = runners.find(({ name }) => name === found.runner_type);
      setOwn(Object.keys(found.parameters));
      setAction({ ...found, parameters: merged(runner?.runner_parameters ?? {}, found.parameters) });
    };
    read().catch((error: unknown) => {
      if (error instanceof TailraceError && error.code === "unauthorized") onLocked();
      else setFailure(error instanceof Error ? error.message : String(error));
    });
  }, [actionRef]);
  return (
    <>
      <Top session={session} onHelp={() => setHelp(true)} />
      <main class="scroll">
        {failure !== "" && (
          <p class="head error" role="alert">
            {failure}
          </p>
        )}
        {actions && <ActionList actions={actions} />}
        {action && (
          <RunForm key={JSON.stringify(given)} session={session} action={action} own={own} given={given} />
        )}
      </main>
      {help && (
        <Help
          keys={[
            ["Tab", "the next field"],
            ["Enter", "run"],
          ]}
          onClose={() => setHelp(false)}
        />
      )}
    </>
  );
}

/** An action's word on a parameter adds to its runner's. */
function merged(runner: Action["parameters"], own: Action["parameters"]): Action["parameters"] {
  const all = { ...own };
  for (const [name, parameter] of Object.entries(runner)) all[name] = { ...parameter, ...own[name] };
  return all;
}

function ActionList({ actions }: { actions: Action[] }) {
  const [wanted, setWanted] = useState("");
  const shown = useMemo(
    () =>
      actions.filter(({ ref, description }) =>
        `${ref} ${description}`.toLowerCase().includes(wanted.toLowerCase()),
      ),
    [actions, wanted],
  );
  return (
    <>
      <h1 class="head">Run an action</h1>
      <div class="tools">
        <input
          aria-label="Find an action"
          placeholder="find an action"
          value={wanted}
          onInput={(event) => setWanted(event.currentTarget.value)}
        />
        <span class="soft">
          {shown.length} of {actions.length}
        </span>
      </div>
      <table>
        <tbody>
          {shown.map(({ ref, description, enabled }) => (
            <tr key={ref}>
              <td>
                {enabled ? <a href={`/run/${ref}`}>{ref}</a> : <span class="soft">{ref} (disabled)</span>}
              </td>
              <td class="soft">{description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

interface RunFormProps {
  session: Session;
  action: Action;
  /** The parameters that the action itself names; the others are its runner's. */
  own: string[];
  given: Record<string, unknown>;
}

function RunForm({ session, action, own, given }: RunFormProps) {
  const [failure, setFailure] = useState("");
  const [busy, setBusy] = useState(false);
  const fields = Object.entries(action.parameters)
    .filter(([, { immutable }]) => !immutable)
    .sort(([a, one], [b, other]) => orderOf(one) - orderOf(other) || a.localeCompare(b));
  const ours = fields.filter(([name, { required }]) => required || own.includes(name));
  const rest = fields.filter((field) => !ours.includes(field));
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    setFailure("");
    setBusy(true);
    try {
      const parameters = readForm(event.currentTarget, action, given);
      const { id } = await session.client.create({ action: action.ref, parameters });
      location.assign(`/executions/${id}`);
    } catch (error) {
      setBusy(false);
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form class="form" onSubmit={start}>
      <h1>Run {action.ref}</h1>
      {action.description && <p class="soft">{action.description}</p>}
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
              <Field key={name} name={name} parameter={parameter} value={given[name] ?? parameter.default} />
            ))}
          </div>
        </details>
      )}
      {failure !== "" && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
      <div>
        <button type="submit" class="primary" disabled={busy || !action.enabled}>
          Run
        </button>
      </div>
    </form>
  );
}

function orderOf({ required, position }: Parameter): number {
  return position ?? (required ? 1_000 : 2_000);
}

/** The parameters of a form: only those that differ from what would be taken anyway. */
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
      if (value !== undefined && JSON.stringify(value) !== JSON.stringify(parameter.default))
        parameters[name] = value;
      else if (value === undefined && given[name] !== undefined && !parameter.secret)
        parameters[name] = parameter.default ?? null;
    }
  }
  return parameters;
}

function readValue(name: string, text: string, type: string): unknown {
  if (text === "") return undefined;
  if (type === "integer" || type === "number") return Number(text);
  if (type !== "object" && type !== "array") return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${name} is not JSON.`);
  }
}
