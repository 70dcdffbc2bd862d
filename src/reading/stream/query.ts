import { TailraceError } from "../../../protocol/base/errors.ts";
import { ID_PATTERN } from "../../../protocol/base/id.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { Pattern, PatternError } from "../../../protocol/base/pattern.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { OUTPUT_EVENT } from "../../../protocol/wire/sse.ts";

/** The query of a client of the event stream. */
export interface StreamQuery {
  /** Whether events of a name are requested. */
  wants: (name: string) => boolean;
  action_refs: Set<string> | undefined;
  execution_ids: Set<string> | undefined;
  /** Only this execution and all below it. */
  parent: string | undefined;
  /**
   * Only output of this execution and all below it. The default is the execution that ends the stream, because its reader
   * waits for that one.
   */
  output_below: string | undefined;
  /** The event that ends the stream: its name, and its execution, once that has completed. */
  end: { event: string; execution_id: string } | undefined;
  /** Whether the output that the ending execution has written so far comes first. */
  replay: boolean;
}

/** The events for a query without names, as in StackStorm: they have no output. */
const DEFAULT_EVENTS = [
  "st2.announcement__*",
  ...["execution", "liveaction"].flatMap((exchange) =>
    ["create", "update", "delete"].map((key) => `st2.${exchange}__${key}`),
  ),
];

/** Names in one list of the query; each is compared with every event. */
const NAMES_MAX = 200;

/** Whether a query selects an execution. `family`: the executions that are known to be below the named parent. */
export function concerns(query: StreamQuery, family: ReadonlySet<string>, { id, action }: Named): boolean {
  const { action_refs, execution_ids, parent } = query;
  if (action_refs && !action_refs.has(action.ref)) return false;
  if (execution_ids && !execution_ids.has(id)) return false;
  return parent === undefined || family.has(id);
}

/** Whether a query selects the output of an execution. */
export function concernsOutput(query: StreamQuery, family: ReadonlySet<string>, execution: Named): boolean {
  if (!query.wants(OUTPUT_EVENT) || !concerns(query, family, execution)) return false;
  return query.output_below === undefined || family.has(execution.id);
}

/** The parts of an execution that a query can name. */
type Named = Pick<Execution, "id"> & { action: { ref: string } };

/** Reads the query of a request. `replay` is the deployment's default. */
export function readStreamQuery(query: Record<string, string | undefined>, replay: boolean): StreamQuery {
  const { parent, end_event, end_execution_id } = query;
  for (const id of [parent, end_execution_id]) {
    if (id && !ID_PATTERN.test(id)) throw new TailraceError("invalid", `"${id}" is not an execution's id.`);
  }
  const action_refs = setOf(list(query.action_refs));
  const execution_ids = setOf(list(query.execution_ids));
  const ending = action_refs === undefined && execution_ids === undefined ? end_execution_id : undefined;
  return {
    wants: matcher(list(query.events) ?? DEFAULT_EVENTS),
    action_refs,
    execution_ids,
    parent: parent || undefined,
    output_below: parent || ending || undefined,
    end: end_execution_id
      ? { event: end_event || "st2.execution__update", execution_id: end_execution_id }
      : undefined,
    replay,
  };
}

function list(text: string | undefined): string[] | undefined {
  const names = (text ?? "").split(",").map((name) => name.trim());
  const given = names.filter((name) => name !== "");
  if (given.length > NAMES_MAX) throw new TailraceError("invalid", `A list names at most ${NAMES_MAX}.`);
  return given.length === 0 ? undefined : given;
}

function setOf(names: string[] | undefined): Set<string> | undefined {
  return names && new Set(names);
}

/** Shell globs, as StackStorm matches them: `*`, `?` and `[…]`. */
function matcher(globs: string[]): (name: string) => boolean {
  const patterns = globs.map(patternOf);
  return (name) => patterns.some((pattern) => pattern.test(name, new Steps(STEPS_MAX)));
}

function patternOf(glob: string): Pattern {
  try {
    return new Pattern(`^(?s:${globSource(glob)})$`, new Steps(STEPS_MAX));
  } catch (error) {
    if (error instanceof PatternError)
      throw new TailraceError("invalid", `"${glob}" is not a pattern for names of events.`);
    throw error;
  }
}

function globSource(glob: string): string {
  return glob.replace(
    /\[(!?)([^\]]{1,100})\]|[\s\S]/g,
    (part, negated: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negated ? "^" : ""}${set.replace(/[\\^[]/g, "\\$&")}]`;
      if (part === "*") return ".*";
      return part === "?" ? "." : part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    },
  );
}
