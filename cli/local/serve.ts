import { resolve } from "node:path";
import { COMMAND } from "../base/root.ts";
import type { Programs } from "./kept-programs.ts";
import { type Local, startLocal } from "./local.ts";

/** What `tailrace start` was asked for. */
export interface ServeOptions {
  port: number;
  /** The state folder as it was typed: the printed commands have it. */
  state: string;
  /** Folders of packs. */
  packs: string[];
}

/** Runs a server and one agent until a signal to stop. */
export async function serve({ port, state, packs }: ServeOptions, programs: Programs): Promise<void> {
  const stopping = interrupted();
  const local = await startLocal(
    {
      port,
      state: resolve(state),
      agentArgs: packs.flatMap((folder) => ["--packs", resolve(folder)]),
      onLine: (line) => process.stderr.write(`${line}\n`),
    },
    programs,
  );
  process.stdout.write(`ready ${local.url}\n`);
  suggest(local, state);
  // An idle program collects nothing by itself, and the start has read some MB of scripts.
  globalThis.gc?.();
  await stopping;
  await local.stop();
}

/** Resolves at the first signal to stop. Listens at once, so that an early Ctrl-C stops the server and the agent too. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    // The listeners stay: without one, a second signal would end the process before the engine.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => done());
  });
}

function suggest({ url }: Local, state: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`
In another terminal, in this folder:
  ${COMMAND} run examples.count count=20 sleep_delay=0.2 --tail

With curl:
  . ${state}/env
  curl -N -H "St2-Api-Key: $TAILRACE_API_KEY" $TAILRACE_URL/v1/executions/last/output

In a browser (sign in with the key in ${state}/env):
  ${url}

API documentation: ${url}/docs        Ctrl-C stops the server and the agent.
`);
}
