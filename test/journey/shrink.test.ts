import { mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { storeOf } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { shrinkAll, shrinkOpen } from "../../cli/server/shrink.ts";
import { RESULT_BYTES_MAX } from "../../protocol/base/limits.ts";
import type { RunRetention } from "../../protocol/model/retention.ts";
import { CONTROL, evict } from "../support/control.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

const MB = 1_000_000;
const OUTPUT_BYTES = 40 * MB;
const SOON_DAYS = 1e-5;

const state = scratch();
const folder = join(storeOf(state), "do/tailrace-Execution");
let server: Awaited<ReturnType<typeof startServer>>;
let agent: TestAgent;
let client: ReturnType<typeof clientOf>;

beforeAll(async () => {
  server = await startServer({ port: 0, state, control: CONTROL });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key).start().ready();
});
afterAll(async () => {
  await agent.stop();
  await server.stop();
});

/** The size of all files whose name begins so. */
function sizeIn(folder: string, begin = ""): number {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.startsWith(begin),
  );
  return names.reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

/** An ended run of much output. */
async function large(retention: RunRetention): Promise<string> {
  const cmd = `yes "$(head -c 99 /dev/zero | tr '\\0' x)" | head -c ${OUTPUT_BYTES}`;
  const { id } = await client.create({ action: "core.local", parameters: { cmd }, retention });
  return id;
}

describe("the disk after an expiry", () => {
  it("has the output's room again, and keeps the execution's document", async () => {
    const before = sizeIn(folder);
    const kept = await large({ output_ttl_days: 1 });
    await until("it has ended", async () => (await client.get(kept)).status === "succeeded");
    expect(sizeIn(folder) - before).toBeGreaterThan(OUTPUT_BYTES);
    const stored = sizeIn(folder);

    const gone = await large({ output_ttl_days: SOON_DAYS });
    await until("it has expired", async () => (await client.get(gone)).output?.expired);
    await until("the disk has the room", () => sizeIn(folder) - stored < RESULT_BYTES_MAX + MB);

    const document = await client.get(gone);
    expect(document).toMatchObject({ status: "succeeded", output: { bytes: { stdout: OUTPUT_BYTES } } });
    await evict(server, "EXECUTION", gone);
    expect(await client.get(gone)).toEqual(document);
    await client.pin(gone);
    expect(await client.get(gone)).toMatchObject({ pinned: true });
    expect((await (await client.output(kept)).text()).length).toBe(OUTPUT_BYTES);
  });

  it("has nothing of an execution whose own time is over", async () => {
    const before = sizeIn(folder);
    const id = await large({ output_ttl_days: 0, execution_ttl_days: SOON_DAYS });
    await until("it is gone", async () =>
      client.get(id).then(
        () => false,
        () => true,
      ),
    );
    await until("so is its data", () => sizeIn(folder) - before < MB / 10);
  });
});

it("a database with an open query is left as it is, at once, and can be written", () => {
  const file = join(scratch(), "do/tailrace-Execution/read.sqlite");
  fill(file);
  const engine = new DatabaseSync(file);
  afterTest(() => engine.close());
  const query = engine.prepare("SELECT rowid FROM batch").iterate();
  query.next();
  engine.exec("DELETE FROM batch WHERE rowid > 1");
  const [before, began_ms] = [sizeIn(dirname(file)), performance.now()];
  shrinkOpen(file);
  expect(performance.now() - began_ms).toBeLessThan(5_000);
  engine.exec("INSERT INTO batch VALUES ('after')");
  expect(sizeIn(dirname(file))).toBeGreaterThanOrEqual(before);
  query.return?.();
  shrinkOpen(file);
  expect(sizeIn(dirname(file))).toBeLessThan(before / 2);
  expect(engine.prepare("SELECT count(*) AS rows FROM batch").get()).toEqual({ rows: 2 });
});

describe("a start of the server", () => {
  it("gives back room that an earlier release or a crash has left, and keeps every row", () => {
    const store = scratch();
    const files = ["do/tailrace-Execution/one.sqlite", "d1/index/two.sqlite"].map((name) =>
      join(store, name),
    );
    const full = join(store, "do/tailrace-Execution/full.sqlite");
    for (const file of [...files, full]) fill(file);
    for (const file of files) empty(file);
    const left = sizeIn(store);
    shrinkAll(store);
    expect(left - sizeIn(store)).toBeGreaterThan(10 * MB);
    for (const [file, rows] of [...files.map((file) => [file, 1] as const), [full, 8] as const]) {
      const database = new DatabaseSync(file);
      afterTest(() => database.close());
      expect(database.prepare("SELECT count(*) AS rows FROM batch").get()).toEqual({ rows });
    }
  });
});

function fill(file: string): void {
  mkdirSync(join(file, ".."), { recursive: true });
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE batch (body TEXT)");
  for (let row = 0; row < 8; row++) database.exec("INSERT INTO batch VALUES (zeroblob(1000000))");
  database.close();
}

function empty(file: string): void {
  const database = new DatabaseSync(file);
  database.exec("DELETE FROM batch WHERE rowid > 1");
  database.close();
}
