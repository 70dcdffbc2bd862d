import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { Engine, enginePath } from "../../cli/server/engine.ts";
import { literal } from "../../cli/server/engine-config.ts";
import { afterTest, scratch, until } from "../support/world.ts";

describe("a value in the engine's configuration", () => {
  it.each([
    [{ name: "one", port: 2, is_on: true }, '(name = "one", port = 2, is_on = true)'],
    [["a", "b"], '["a",\n"b"]'],
    ['quoted "é" \\ \n \u0001', '"quoted \\"é\\" \\\\ \\n \\x01"'],
  ])("%j is written as Cap'n Proto's text", (value, text) => {
    expect(literal(value)).toBe(text);
  });
});

/** An engine with one Worker that answers with its settings. */
async function start(
  settings: Record<string, string>,
  onStart: (pid: number) => void = () => undefined,
  program = enginePath(),
): Promise<Engine> {
  const folder = scratch();
  const bindings = Object.entries(settings).map(([name, text]) => ({ name, text }));
  const config = {
    sockets: [{ name: "worker", address: "127.0.0.1:0", http: {}, service: "worker" }],
    services: [
      {
        name: "worker",
        worker: {
          modules: [
            { name: "worker.js", esModule: "export default { fetch: (_, env) => Response.json(env) };" },
          ],
          compatibilityDate: "2026-11-01",
          bindings: [...bindings, { name: "SECRET", fromEnvironment: "SECRET" }],
        },
      },
      { name: "DISK", external: { address: "127.0.0.1:1", http: {} } },
    ],
  };
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${literal(config)};\n`,
  );
  const engine = await Engine.start({
    program,
    folder,
    config: "config.capnp",
    env: { SECRET: "from the environment" },
    addresses: { worker: { host: "127.0.0.1", port: 0 } },
    sockets: ["worker"],
    disk: "127.0.0.1:1",
    onStart,
  });
  afterTest(() => engine.stop());
  return engine;
}

describe("the engine", () => {
  it("gets every setting as it is, and secrets from its environment alone", async () => {
    const settings = { PLAIN: "one", HARD: 'quoted "é" ✓ \\ \n\t\r\u0001\u007f', EMPTY: "" };
    const engine = await start(settings);
    const answer = await fetch(engine.origin("worker"));
    expect(await answer.json()).toEqual({ ...settings, SECRET: "from the environment" });
  });

  it("is started again after growing waits if it crashes again and again", async () => {
    const starts: { pid: number; ms: number }[] = [];
    const engine = await start({}, (pid) => starts.push({ pid, ms: performance.now() }));
    let waited_ms = 0;
    for (let crashes = 1; crashes <= 5; crashes++) {
      await until("it answers", () => fetch(engine.origin("worker")).catch(() => undefined));
      const killed_ms = performance.now();
      process.kill(starts.at(-1)?.pid ?? 0, "SIGKILL");
      await until("another one starts", () => starts.length > crashes);
      waited_ms = (starts.at(-1)?.ms ?? 0) - killed_ms;
    }
    // At least half of the fourth wait.
    expect(waited_ms).toBeGreaterThanOrEqual(400);
  });

  it("says after a crash that its program was replaced, and what to do", async () => {
    const program = join(scratch(), "workerd");
    const write = (text: string) =>
      writeFileSync(program, `#!/bin/sh\n# ${text}\nexec "${enginePath()}" "$@"\n`, { mode: 0o755 });
    const said: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(String(text)) > 0);
    afterTest(() => vi.restoreAllMocks());
    const pids: number[] = [];
    write("one");
    await start({}, (pid) => pids.push(pid), program);
    for (const text of ["one", "another"]) {
      if (text !== "one") write(text);
      process.kill(pids.at(-1) ?? 0, "SIGKILL");
      await until("the engine is up again", () => said.at(-1)?.includes("up again"));
      expect(said.at(-1)?.includes("stop the server and start it again")).toBe(text === "another");
      said.length = 0;
    }
  });
});
