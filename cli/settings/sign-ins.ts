import { homedir } from "node:os";
import { dirname, join } from "node:path";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";

const SignIn = v.object({ user: v.string(), token: v.string(), expiry: v.string() });
export type SignIn = v.InferOutput<typeof SignIn>;

/** The tokens from `tailrace login`, by their server's origin, and the server of the last sign-in. */
const SignIns = v.object({ url: v.optional(v.string()), servers: v.record(v.string(), SignIn) });
export type SignIns = v.InferOutput<typeof SignIns>;

/** The folder of the user's own settings. */
export function userFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "tailrace");
}

/** The file of the sign-ins, beside the user's settings. */
export function signInsFile(env: NodeJS.ProcessEnv = process.env): string {
  const folder = env.TAILRACE_CONFIG === undefined ? userFolder(env) : dirname(env.TAILRACE_CONFIG);
  return join(folder, "sign-ins.json");
}

export function readSignIns(env: NodeJS.ProcessEnv = process.env): SignIns {
  const file = signInsFile(env);
  const text = readOptional(file);
  if (text === undefined) return { servers: {} };
  try {
    return v.parse(SignIns, JSON.parse(text));
  } catch (error) {
    throw new CliError(
      `${file} cannot be read: ${failureText(error)}. Delete it, and sign in again: tailrace login NAME`,
    );
  }
}

/** The sign-in to a server, expired or not. */
export function signInTo(url: string, env: NodeJS.ProcessEnv = process.env): SignIn | undefined {
  const { origin } = new URL(url);
  const { servers } = readSignIns(env);
  return Object.hasOwn(servers, origin) ? servers[origin] : undefined;
}

/** Stores a token in a file that only its owner can read. */
export function keepSignIn(url: string, sign_in: SignIn): void {
  const { servers } = readSignIns();
  write({ url, servers: { ...servers, [new URL(url).origin]: sign_in } });
}

export function forgetSignIn(url: string): void {
  const { origin } = new URL(url);
  const { url: last, servers } = readSignIns();
  const others = Object.entries(servers).filter(([server]) => server !== origin);
  const stays = last !== undefined && new URL(last).origin !== origin;
  write({ ...(stays ? { url: last } : {}), servers: Object.fromEntries(others) });
}

function write(sign_ins: SignIns): void {
  const file = signInsFile();
  makeFolder(dirname(file));
  writeWhole(file, `${JSON.stringify(sign_ins, null, 2)}\n`);
}
