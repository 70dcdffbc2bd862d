import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { eventually } from "../src/support/eventually.ts";

/** The objects whose state is read. */
export interface Stored {
  pools: string[];
  executions: string[];
}

/** Left out of the state: a pool's offer, and rows that contain one of these texts. */
export interface Beside {
  pool: string;
  texts: readonly string[];
}

/** All stored data of the index and of the objects, as one text. */
export async function stateOf({ pools, executions }: Stored, beside?: Beside): Promise<string> {
  const objects = [
    ...pools.map((pool) => env.RUNNER_POOL.getByName(pool)),
    ...executions.map((id) => env.EXECUTION.getByName(id)),
  ];
  const stored = await Promise.all(
    objects.map((object) => runInDurableObject(object, (_, { storage }) => storedIn(storage))),
  );
  const parts = [await indexTables(beside?.pool), ...stored].map((tables) =>
    tables.map(([name, rows]) => [name, ...rowsBeside(rows, beside?.texts ?? [])].join("\n")),
  );
  return parts.flat().join("\n\n");
}

/** The state once it stops changing. */
export async function settled(read: () => Promise<string>): Promise<string> {
  let last = "";
  return eventually(async () => {
    const before = last;
    last = await read();
    expect(last === before).toBe(true);
    return last;
  });
}

type Table = [name: string, rows: string[]];

async function indexTables(offering: string | undefined): Promise<Table[]> {
  const { results } = await env.INDEX.prepare(TABLES).all<{ name: string }>();
  const names = results.map(({ name }) => name);
  const answers = await env.INDEX.batch<Record<string, unknown>>(
    names.map((name) => env.INDEX.prepare(`SELECT * FROM "${name}"`)),
  );
  return names.map((name, at) => {
    const rows = answers[at]?.results ?? [];
    const shown = OFFERED.includes(name) ? rows.filter(({ pool }) => pool !== offering) : rows;
    return [name, shown.map(textOf)];
  });
}

/** The tables of pools' offers. */
const OFFERED = ["actions", "packs", "staged_actions"];

function storedIn(storage: DurableObjectStorage): Table[] {
  const names = [...storage.sql.exec<{ name: string }>(TABLES)].map(({ name }) => name);
  const tables = names.map<Table>((name) => [
    name,
    [...storage.sql.exec(`SELECT * FROM "${name}"`)].map(textOf),
  ]);
  return [...tables, ["values", [...storage.kv.list()].map(textOf)]];
}

/** Our tables, without those of the platform. */
const TABLES = `SELECT name FROM sqlite_master
  WHERE type = 'table' AND substr(name, 1, 4) <> '_cf_' AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 3) <> 'd1_'
  ORDER BY name`;

function rowsBeside(rows: string[], texts: readonly string[]): string[] {
  return rows.filter((row) => !texts.some((text) => row.includes(text))).sort();
}

/** JSON that can also write bytes and maps. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one) => {
    if (one instanceof Map) return [...one];
    const bytes = one instanceof ArrayBuffer ? Buffer.from(one) : one;
    return ArrayBuffer.isView(bytes) ? Buffer.from(bytes.buffer).toString("base64") : bytes;
  });
}
