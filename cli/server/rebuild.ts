import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { INDEX_OBJECTS_MAX } from "../../protocol/base/limits.ts";
import { IndexedExecutions } from "../../protocol/model/execution.ts";
import { CliError } from "../base/errors.ts";
import { progress } from "../base/progress.ts";
import { tellServer } from "./control.ts";
import { request } from "./request.ts";
import { storeOf } from "./running.ts";
import { WORKER } from "./worker-config.ts";

const Rows = v.object({ ids: v.array(v.string()) });

/** A running server, and its first key. */
interface Running {
  url: string;
  key: string;
}

/** What a rebuild has done. */
export interface Rebuilt {
  executions: number;
  /** Rows that were missing or older than the execution, or all with `anew`. */
  written: number;
  /** Rows of executions that do not exist. */
  removed: number;
  failed: IndexedExecutions["failed"];
}

/**
 * Writes the index's rows of executions again, by asking each object of a running server for its own. Then it removes the rows that no
 * execution has. Every step may be repeated, so after a crash it is done again; what is right already is not written.
 */
export async function rebuildIndex(state: string, server: Running, anew: boolean): Promise<Rebuilt> {
  // The engine names a database by the object's id.
  const objects = databasesOf(state).map((file) => basename(file, SUFFIX));
  const found = new Set<string>();
  const rebuilt: Rebuilt = { executions: 0, written: 0, removed: 0, failed: [] };
  const tell = progress("asked", "objects", objects.length, (line) => process.stderr.write(`${line}\n`));
  for (let at = 0; at < objects.length; at += INDEX_OBJECTS_MAX) {
    const some = objects.slice(at, at + INDEX_OBJECTS_MAX);
    const { executions, failed } = await askObjects(server, some, anew);
    for (const { id } of executions) found.add(id);
    rebuilt.written += executions.filter(({ written }) => written).length;
    rebuilt.failed.push(...failed);
    tell(at + some.length);
  }
  rebuilt.executions = found.size;
  for (const id of await indexedIds(state))
    if (!found.has(id) && (await isGone(server, id))) rebuilt.removed++;
  return rebuilt;
}

/** The databases of the objects of executions. */
export function databasesOf(state: string): string[] {
  const folder = join(storeOf(state), "do", `${WORKER.name}-Execution`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => OBJECT.test(name))
    .sort()
    .map((name) => join(folder, name));
}

const SUFFIX = ".sqlite";

/** The database of an object, by its name. The engine has one of its own beside them. */
const OBJECT = /^[0-9a-f]{64}\.sqlite$/;

/** The ids of all executions that the index has rows of. */
async function indexedIds(state: string): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const ids = await someRows(state, all.at(-1) ?? "");
    if (ids === undefined)
      throw new CliError(
        `The server of ${state} has stopped, or its index fails: see its log. Then do it again: tailrace index rebuild --state ${state}`,
      );
    if (ids.length === 0) return all;
    all.push(...ids);
  }
}

/** The ids of some executions that the index of a running server has rows of, after an id; undefined if none runs, or its index fails. */
export async function someRows(state: string, after: string): Promise<string[] | undefined> {
  const answer = await tellServer(state, "rows", after);
  return answer?.status === 200 ? v.parse(Rows, JSON.parse(answer.text)).ids : undefined;
}

/** Asks objects to write their rows. */
async function askObjects(
  { url, key }: Running,
  objects: string[],
  anew: boolean,
): Promise<IndexedExecutions> {
  const { status, text } = await request(`${url}/api/v1/executions/index`, {
    method: "POST",
    headers: { "st2-api-key": key },
    body: { objects, anew },
    is_patient: true,
  });
  if (status !== 200) throw new CliError(`The server refuses to write the index: ${status} ${text}`);
  return v.parse(IndexedExecutions, JSON.parse(text));
}

/** A request for an execution that does not exist removes its row. */
async function isGone({ url, key }: Running, id: string): Promise<boolean> {
  const headers = { "st2-api-key": key };
  const { status } = await request(`${url}/api/v1/executions/${id}`, { headers, is_patient: true });
  return status === 404;
}
