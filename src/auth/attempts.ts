import type { Context } from "hono";
import { pause } from "../../protocol/base/backoff.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import { Buckets } from "../base/bucket.ts";
import { checkPassword } from "../crypto/password.ts";
import { hashSecret } from "../crypto/secret.ts";
import { clientAddress, sourceOf } from "../http/address.ts";
import type { AppEnv } from "../http/context.ts";
import { readToken } from "../index/tokens.ts";
import { tokenCredential } from "../rights/credentials.ts";
import { Turnstile } from "./turnstile.ts";

/** Attempts of one source at one user name. Attempts of other sources are counted separately. */
const ATTEMPTS_AT_NAME = { per_second: 1 / 6, burst: 10 };

/** How long an attempt waits for its turn, and how often it asks. */
const WAIT_MS_MAX = 20_000;
const ASK_MS = 25;

/** Characters of a name that count. */
const NAME_CHARS_MAX = 128;

const attempts = new Buckets();
const turnstile = new Turnstile();

/** An attempt to sign in: its source, whether the source is known to belong to the user, and the user name. */
export interface Attempt {
  source: string;
  is_known: boolean;
  name: string;
}

/**
 * The source of a sign-in. A device that sends a recent token of the same user is known: its attempts are counted separately,
 * so that other clients at the same address cannot use them up.
 */
export async function attemptOf(
  c: Context<AppEnv>,
  name: string,
  token: string | undefined,
): Promise<Attempt> {
  const known = token === undefined ? undefined : await readToken(c.env.INDEX, await hashSecret(token));
  if (known?.user === name) return { source: tokenCredential(known.id), is_known: true, name };
  return { source: sourceOf(clientAddress(c)), is_known: false, name };
}

/**
 * Whether a password is right. Throws `too_many`, with the time to wait, after too many attempts from this source at this
 * name, or if too many attempts wait. `kept` reads the stored hash, undefined for an unknown user.
 */
export async function tryPassword(
  c: Context<AppEnv>,
  { source, is_known, name }: Attempt,
  password: string,
  kept: () => Promise<string | undefined>,
): Promise<boolean> {
  const key = `${source} ${name.slice(0, NAME_CHARS_MAX)}`;
  const wait_seconds = attempts.take(key, ATTEMPTS_AT_NAME, Date.now());
  if (wait_seconds > 0) throw tooMany(c, wait_seconds);
  const hash = await kept();
  // Unknown names share a lane: invented names delay only each other.
  await awaitTurn(c, { source, is_known, lane: hash === undefined ? "" : name });
  const is_right = await checkPassword(password, hash);
  if (is_right) attempts.forget(key);
  return is_right;
}

async function awaitTurn(
  c: Context<AppEnv>,
  of: { source: string; is_known: boolean; lane: string },
): Promise<void> {
  const entered_ms = Date.now();
  const ticket = turnstile.enter(of, entered_ms);
  if (!ticket) throw tooMany(c, 1);
  while (true) {
    const now_ms = Date.now();
    const turn = turnstile.ask(ticket, now_ms);
    if (turn === "go") return;
    if (turn === "gone" || now_ms - entered_ms > WAIT_MS_MAX) {
      turnstile.leave(ticket);
      throw tooMany(c, 1);
    }
    await pause(ASK_MS);
  }
}

function tooMany(c: Context<AppEnv>, seconds: number): TailraceError {
  c.set("retry_after_seconds", seconds);
  return new TailraceError("too_many", "Too many attempts to sign in; try again later.");
}
