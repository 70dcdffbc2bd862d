// @module-tag tar
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { STATE_VERSION } from "../../cli/server/state-version.ts";
import { enginesOf } from "../support/engines.ts";
import { receive } from "../support/reader.ts";
import { copyState } from "../support/stored-state.ts";
import { afterTest, clientOf, ROOT } from "../support/world.ts";

/** The release before the state folder had a form: opening its state rewrites each execution. */
const FIRST = "bee7ba9";

/** Starts a server on a state, and kills it and its engine at a line of its log. */
async function killAt(line: RegExp, state: string): Promise<void> {
  const program = spawn(process.execPath, ["cli/main.ts", "start", "--port", "0", "--state", state], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(program, "exit");
  for await (const said of createInterface(program.stderr)) if (line.test(said)) break;
  for (const pid of [...enginesOf(program.pid ?? 0), program.pid ?? 0]) process.kill(pid, "SIGKILL");
  await exited;
}

it("an upgrade tells how far it is, and continues after it was killed at any of its lines", async () => {
  const { state, stored } = copyState(FIRST);
  await killAt(/^Upgrading the state folder/, state);
  await killAt(/^upgraded \d+ of \d+ executions/, state);
  await killAt(/^rewritten \d+ of \d+ databases/, state);
  expect(() => readFileSync(join(state, "version"), "utf8")).toThrow("ENOENT");
  const server = await startServer({ port: 0, state });
  afterTest(server.stop);
  expect(readFileSync(join(state, "version"), "utf8")).toBe(`${STATE_VERSION}\n`);
  const client = clientOf(server.url, server.apiKey);
  for (const { id, document, output } of stored.read.filter(({ document }) => document.end_timestamp)) {
    expect(await client.get(id)).toMatchObject(document);
    if (output.status === 200) expect(await receive(client, id)).toMatchObject({ sha256: output.sha256 });
  }
});
