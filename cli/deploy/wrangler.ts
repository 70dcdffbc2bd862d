import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { oneLine } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { ROOT } from "../base/root.ts";

/** What npx gets where no wrangler is installed. A checkout installs the same version. */
export const WRANGLER_VERSION = "4.156.2";

/** Characters of wrangler's own message that a message repeats. */
const MESSAGE_CHARS_MAX = 500;

/** Cloudflare's program, and how it is started. */
export interface Wrangler {
  /** Whether npx gets it. */
  is_fetched: boolean;
  file: string;
  args: readonly string[];
}

/** A call of wrangler. */
export interface Call {
  args: readonly string[];
  /** What it reads from stdin: a secret is on no command line, which other users of the host can read. */
  input?: string;
  /** The file in which it notes its results, as lines of JSON. */
  notes?: string;
}

/** How a call has ended, with what it has printed. */
export interface Ran {
  ok: boolean;
  stdout: string;
  stderr: string;
}

/** The wrangler of the present folder, else the one of the checkout or the package, else npx with a fixed version. */
export function findWrangler(folders: readonly string[] = [process.cwd(), ROOT]): Wrangler {
  for (const folder of folders) {
    const file = programAbove(folder);
    if (file !== undefined) return { is_fetched: false, file: process.execPath, args: [file] };
  }
  return { is_fetched: true, file: "npx", args: ["--yes", `wrangler@${WRANGLER_VERSION}`] };
}

/** The program in the nearest `node_modules` that has it. */
function programAbove(folder: string): string | undefined {
  const file = join(folder, "node_modules/wrangler/bin/wrangler.js");
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : programAbove(above);
}

/** Runs wrangler without questions, and returns what it printed. */
export async function runWrangler(wrangler: Wrangler, { args, input = "", notes }: Call): Promise<Ran> {
  // The variable would choose an environment of wrangler's own, and so another Worker's name.
  const { CLOUDFLARE_ENV: _, ...env } = process.env;
  const child = spawn(wrangler.file, [...wrangler.args, ...args], {
    stdio: "pipe",
    env: {
      ...env,
      WRANGLER_SEND_METRICS: "false",
      // It would ask the registry for a newer version each time.
      WRANGLER_HIDE_BANNER: "true",
      ...(notes === undefined ? {} : { WRANGLER_OUTPUT_FILE_PATH: notes }),
    },
  });
  const ran: Ran = { ok: false, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
  // It may end without reading.
  child.stdin.on("error", () => undefined).end(input);
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("close", resolve).on("error", reject);
  try {
    ran.ok = (await promise) === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new CliError(
      `Deploying needs Cloudflare's wrangler, and this host has neither it nor npx. Install it: npm install wrangler@${WRANGLER_VERSION}`,
    );
  }
  return ran;
}

/** The same. Throws, with wrangler's own reason, if the call fails. */
export async function demandWrangler(wrangler: Wrangler, call: Call): Promise<string> {
  const ran = await runWrangler(wrangler, call);
  if (ran.ok) return ran.stdout;
  const command = call.args.filter((word) => !word.startsWith("-") && !word.includes("/")).join(" ");
  throw new CliError(
    `wrangler ${command} has failed: ${reasonOf(ran)}. Run the same command again once the cause is gone: steps that are done are not done twice.`,
  );
}

/** Wrangler's reason, as one line: what follows its word ERROR, without the place of its log. */
export function reasonOf({ stdout, stderr }: Ran): string {
  const printed = stripVTControlCharacters(`${stderr}\n${stdout}`);
  const [, error = printed] = /\[ERROR\]([\s\S]*)/.exec(printed) ?? [];
  const [reason = ""] = error.split(/If you think this is a bug|🪵|Logs were written to/u);
  return (
    oneLine(reason).replace(/\s+/g, " ").trim().slice(0, MESSAGE_CHARS_MAX).replace(/\.$/, "") ||
    "it says nothing"
  );
}
