import { resolve } from "node:path";
import type { LogFormat } from "../../protocol/base/log-line.ts";
import type { Listen } from "../base/listen.ts";
import { COMMAND } from "../base/root.ts";
import { logServer, outliveStreams, passAgentLine, setServerLogFormat } from "../base/server-log.ts";
import type { Programs } from "./kept-programs.ts";
import { type Local, startLocal } from "./local.ts";

/** What `tailrace start` was asked for. */
export interface ServeOptions {
  port: number;
  listen: Listen;
  /** The Worker's settings. */
  vars: Record<string, string | number | boolean>;
  /** The state folder as it was typed: the printed commands have it. */
  state: string;
  /** Folders of packs. */
  packs: string[];
  /** How many seconds a stop waits for the agent's runs; undefined: as long as they take. */
  drainTimeout?: number;
  /** The form of the server's and the agent's log. */
  log_format: LogFormat;
}

/** Runs a server and one agent until a signal to stop. */
export async function serve(
  { port, listen, vars, state, packs, drainTimeout, log_format }: ServeOptions,
  programs: Programs,
): Promise<void> {
  const signals = signalled();
  outliveStreams();
  setServerLogFormat(log_format);
  const local = await startLocal(
    {
      port,
      listen,
      vars,
      state: resolve(state),
      agentArgs: [
        ...packs.flatMap((folder) => ["--packs", resolve(folder)]),
        ...(drainTimeout === undefined ? [] : ["--drain-timeout", String(drainTimeout)]),
        ...(log_format === "text" ? [] : ["--log-format", log_format]),
      ],
      onLine: passAgentLine,
    },
    programs,
  );
  process.stdout.write(`ready ${local.public_url}\n`, (error) => {
    if (error) logServer("warn", `ready ${local.public_url}, which stdout does not take: ${error.message}`);
  });
  if (log_format === "text") suggest(local, state);
  // An idle program collects nothing by itself, and the start has read some MB of scripts.
  globalThis.gc?.();
  await signals.first;
  // The agent stops first: its runs end at a server that stores their output. A further signal ends them.
  await Promise.race([local.drain(), signals.second]);
  await local.stop();
}

/**
 * Resolves at the first and at the second signal to stop; a terminal that closes counts as both. Listens at once, so that an early
 * Ctrl-C stops the server and the agent too.
 */
function signalled(): { first: Promise<void>; second: Promise<void> } {
  const came = new EventTarget();
  const first = new Promise<void>((done) => came.addEventListener("first", () => done()));
  const second = new Promise<void>((done) => came.addEventListener("second", () => done()));
  let count = 0;
  const take = (signal: NodeJS.Signals) => {
    count += signal === "SIGHUP" ? 2 : 1;
    came.dispatchEvent(new Event("first"));
    if (count > 1) came.dispatchEvent(new Event("second"));
  };
  // The listeners stay: without one, a further signal would end the process before the engine.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, take);
  return { first, second };
}

function suggest({ public_url: url }: Local, state: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(`
In another terminal, in this folder:
  ${COMMAND} run examples.count count=20 sleep_delay=0.2 --tail

With curl:
  . ${state}/env
  curl -N -H "St2-Api-Key: $TAILRACE_API_KEY" $TAILRACE_URL/v1/executions/last/output

In a browser (sign in with the key in ${state}/env):
  ${url}

API documentation: ${url}/docs        Ctrl-C stops the agent once its runs have
ended, then the server. A second Ctrl-C ends the runs.
`);
}
