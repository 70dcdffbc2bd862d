import type { Command } from "commander";
import { TailraceError } from "../../protocol/base/errors.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { readServer } from "../settings/config.ts";
import { clientFor, connect } from "../settings/connect.ts";
import { forgetSignIn, keepSignIn, type SignIn, signInsFile, signInTo } from "../settings/sign-ins.ts";
import { print, printJson } from "../terminal/print.ts";
import { type PasswordFlags, readPassword } from "../terminal/prompt.ts";
import { grantLines } from "./grants.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace login`: gets a token for a password. Later commands to the same server use it. */
export function loginCommand(): Command {
  return serverCommand("login", "sign in with a password; later commands use the token", [
    "tailrace login ann --url https://tailrace.example.com",
    "pass show tailrace | tailrace login ann --password-stdin --ttl 3600",
  ])
    .argument("[user]", "the user's name (default: your login name on this host)")
    .option("--password-stdin", "read the password from stdin")
    .option("--ttl <seconds>", "how long the token is valid", wholeNumber)
    .action(async (name: string | undefined, { ttl, ...flags }: LoginFlags) => {
      const { url } = readServer(flags);
      const user = name ?? process.env.USER;
      if (!user)
        throw new CliError(
          "The user's name is missing, and USER is not set. Give it: tailrace login NAME",
          EXIT.usage,
        );
      const password = await readPassword(`Password of ${user} at ${url}:`, flags);
      const kept = signInTo(url);
      const earlier = kept?.user === user ? kept.token : undefined;
      const { identity } = clientFor({ url, key: "" });
      const { token, expiry } = await identity.signIn(user, password, ttl, earlier);
      keepSignIn(url, { user, token, expiry });
      if (flags.json) printJson({ url, user, expiry, file: signInsFile() });
      else print(`${user} is signed in to ${url} until ${expiry}`);
    });
}

interface LoginFlags extends CommonFlags, PasswordFlags {
  ttl?: number;
}

/** `tailrace logout`: revokes the token and removes it from this host. */
export function logoutCommand(): Command {
  return serverCommand("logout", "revoke the token of the last login", ["tailrace logout"]).action(
    async (flags: CommonFlags) => {
      const { url } = readServer(flags);
      const kept = signInTo(url);
      if (!kept)
        throw new CliError(`No user is signed in to ${url} here. Sign in: tailrace login NAME --url ${url}`);
      await voidToken(url, kept);
      forgetSignIn(url);
      if (flags.json) printJson({ url, user: kept.user, signed_out: true });
      else print(`${kept.user} is signed out of ${url}`);
    },
  );
}

/** Revokes a token. An expired token may also have a server that does not answer. */
async function voidToken(url: string, { token, expiry }: SignIn): Promise<void> {
  try {
    await clientFor({ url, key: token }).identity.signOut();
  } catch (error) {
    const is_void = error instanceof TailraceError && error.code === "unauthorized";
    if (!is_void && Date.parse(expiry) > Date.now()) throw error;
  }
}

/** `tailrace whoami`: the user of the credential, and what it may do. */
export function whoamiCommand(): Command {
  return serverCommand("whoami", "show the user that you are to the server, and what you may do", [
    "tailrace whoami",
  ]).action(async (flags: CommonFlags) => {
    const user = await connect(flags).user();
    if (flags.json) return printJson(user);
    const { method, token_expire } = user.authentication;
    const { enabled, roles, is_admin, permission_grants } = user.rbac;
    print(`user: ${user.username}`);
    print(`by: ${method}${token_expire ? `, until ${token_expire}` : ""}`);
    print(`roles: ${roles.join(", ") || "none"}${enabled ? "" : " (roles do not count on this server)"}`);
    const granted = grantLines(permission_grants);
    if (is_admin) print("may: everything");
    else if (granted.length === 0) print("may: nothing");
    for (const line of granted) print(`may: ${line}`);
  });
}
