import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Engine } from "../../cli/server/engine.ts";
import { literal } from "../../cli/server/engine-config.ts";
import { afterTest, scratch } from "../support/world.ts";

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
async function start(settings: Record<string, string>): Promise<Engine> {
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
    folder,
    config: "config.capnp",
    env: { SECRET: "from the environment" },
    port: 0,
    sockets: ["worker"],
    disk: "127.0.0.1:1",
    onStart: () => undefined,
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
});
