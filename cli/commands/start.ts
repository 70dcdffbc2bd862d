import { resolve } from "node:path";
import { Command } from "commander";
import type { Local } from "../local/local.ts";
import { print } from "../terminal/print.ts";
import { portNumber, repeatable, withExamples } from "./options.ts";

/** `tailrace start`: runs a server and one agent on this machine until Ctrl-C. */
export function startCommand(): Command {
  return withExamples(new Command("start").description("run a local server and one agent until Ctrl-C"), [
    "npm start",
    "npm start -- --port 8080 --state /var/lib/tailrace",
  ])
    .option("--port <number>", "the port on 127.0.0.1; 0 takes a free one", portNumber, 7171)
    .option("--state <dir>", "the folder for all stored data", ".tailrace")
    .addOption(repeatable("--packs <dir>", "a pack in StackStorm's layout, or a folder of packs; repeatable"))
    .action(async ({ port, state, packs }: { port: number; state: string; packs: string[] }) => {
      const stopping = interrupted();
      // Loaded here: the server's modules take a second to load.
      const { startLocal } = await import("../local/local.ts");
      const local = await startLocal({
        port,
        state: resolve(state),
        agentArgs: packs.flatMap((folder) => ["--packs", resolve(folder)]),
        onLine: (line) => process.stderr.write(`${line}\n`),
      });
      print(`ready ${local.url}`);
      suggest(local, state);
      await stopping;
      await local.stop();
    });
}

/** Resolves at the first signal to stop. Listens at once, so that an early Ctrl-C stops the server and the agent too. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    // The listeners stay: without one, a library's own handler ends the process.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => done());
  });
}

function suggest({ url }: Local, state: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`
In another terminal, in this folder:
  npx tailrace run examples.count count=20 sleep_delay=0.2 --tail

With curl:
  . ${state}/env
  curl -N -H "St2-Api-Key: $TAILRACE_API_KEY" $TAILRACE_URL/v1/executions/last/output

In a browser (sign in with the key in ${state}/env):
  ${url}

API documentation: ${url}/docs        Ctrl-C stops the server and the agent.
`);
}
