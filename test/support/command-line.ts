import { spawn } from "node:child_process";
import { once } from "node:events";
import { COMMAND_LINE } from "./built-programs.ts";
import type { ShiftedClock } from "./clock.ts";
import { ROOT, scratch, type World } from "./world.ts";

/** The result of a command. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Its stdin. */
  input?: string;
  /** The program, if it is not the bundle. */
  program?: string;
  /** Its clock, if it differs from this host's. */
  clock?: ShiftedClock;
}

/** Runs the command line to its end, as a user does. */
export async function runCommandLine(
  args: string[],
  { input, clock, program = COMMAND_LINE, ...options }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [...(clock?.args ?? []), program, ...args], {
    cwd: ROOT,
    ...options,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  const ran: Ran = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
  [ran.code] = (await once(child, "close")) as [number | null];
  return ran;
}

/** An environment without settings. The code that Node has compiled is shared: a command that compiles its own takes three times as long. */
export function bareEnvironment(home: string = scratch()): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE, HOME: home, NO_COLOR: "1" };
}

/** The environment of a user of the server of these tests. */
export function userEnvironment({ server }: World): NodeJS.ProcessEnv {
  return { ...process.env, TAILRACE_URL: server.url, TAILRACE_API_KEY: server.apiKey, NO_COLOR: "1" };
}
