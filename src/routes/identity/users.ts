import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { type Account, CreateAccount, UpdateAccount } from "../../../protocol/model/identity.ts";
import { tryPassword } from "../../auth/attempts.ts";
import { linkCredential } from "../../auth/link.ts";
import { dropStreams, withdraw } from "../../auth/revoke.ts";
import { demandOver } from "../../auth/system-admin.ts";
import { hashPassword } from "../../crypto/password.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { pageHeaders, queryPage } from "../../http/query.ts";
import { credentialsOf } from "../../index/roles.ts";
import {
  createUser,
  deleteUser,
  enableUser,
  listUsers,
  readPassword,
  readUser,
  writePassword,
} from "../../index/users.ts";
import { keyCredential, tokenCredential } from "../../rights/credentials.ts";
import { demandAdmin } from "../../rights/permissions.ts";

/** Users with a password. Administrators manage all of them; users may read and change their own. */
export const users = new Hono<AppEnv>()
  .get("/", async (c) => {
    demandAdmin(c.get("principal"));
    const page = queryPage(c);
    const { users, total } = await listUsers(c.env.INDEX, page);
    pageHeaders(c, page, total);
    return c.json(users);
  })
  .post("/", async (c) => {
    demandAdmin(c.get("principal"));
    const { name, password } = await readJson(c, CreateAccount, JSON_BODY_BYTES_MAX);
    await demandOver(c.env, c.get("principal"), name);
    await audit(c, "user.create", `user:${name}`);
    const user = await createUser(c.env.INDEX, name, await hashPassword(password));
    if (!user) throw new TailraceError("exists", `There is a user "${name}" already.`);
    return c.json(user, 201);
  })
  .get("/:name", async (c) => c.json(await ownUser(c)))
  .put("/:name", async (c) => {
    const { name } = await ownUser(c);
    await demandOver(c.env, c.get("principal"), name);
    const { password, current_password, enabled } = await readJson(c, UpdateAccount, JSON_BODY_BYTES_MAX);
    if (password !== undefined) await demandCurrent(c, name, current_password);
    if (enabled !== undefined) demandAdmin(c.get("principal"));
    await audit(c, "user.update", `user:${name}`, {
      ...(enabled === undefined ? {} : { enabled }),
      ...(password === undefined ? {} : { password: true }),
    });
    if (enabled !== undefined) await enable(c, name, enabled);
    if (password !== undefined) await changePassword(c, name, password);
    return c.json(await readUser(c.env.INDEX, name));
  })
  .delete("/:name", async (c) => {
    demandAdmin(c.get("principal"));
    const { name } = await ownUser(c);
    await demandOver(c.env, c.get("principal"), name);
    await audit(c, "user.delete", `user:${name}`);
    const credentials = await credentialsOf(c.env.INDEX, [name]);
    await withdraw(c.env, credentials, async () => {
      const { keys, tokens, links } = await deleteUser(c.env.INDEX, name, c.get("principal").user);
      return [...keys.map(keyCredential), ...tokens.map(tokenCredential), ...links.map(linkCredential)];
    });
    return c.body(null, 204);
  });

/** The user that the path names, for an administrator or the user themselves. */
async function ownUser(c: Context<AppEnv>): Promise<Account> {
  const name = c.req.param("name") ?? "";
  const principal = c.get("principal");
  if (principal.user !== name) demandAdmin(principal);
  const user = await readUser(c.env.INDEX, name);
  if (!user) throw new TailraceError("identity_not_found", `There is no user "${name}".`);
  return user;
}

async function enable(c: Context<AppEnv>, name: string, enabled: boolean): Promise<void> {
  await enableUser(c.env.INDEX, name, enabled);
  await dropStreams(c.env, await credentialsOf(c.env.INDEX, [name]));
}

/** Users other than administrators must give the current password to change it. */
async function demandCurrent(c: Context<AppEnv>, name: string, current: string | undefined): Promise<void> {
  const { role, credential } = c.get("principal");
  if (role === "admin") return;
  const attempt = { source: credential ?? "", is_known: true, name };
  const kept = () => readPassword(c.env.INDEX, name);
  if (current === undefined || !(await tryPassword(c, attempt, current, kept)))
    throw new TailraceError("forbidden", "The current password (current_password) is wrong.");
}

async function changePassword(c: Context<AppEnv>, name: string, password: string): Promise<void> {
  const hash = await hashPassword(password);
  // Keys and links stay valid, so their streams stay open.
  const tokens = (await credentialsOf(c.env.INDEX, [name])).filter((one) =>
    one.startsWith(tokenCredential("")),
  );
  await withdraw(c.env, tokens, async () =>
    (await writePassword(c.env.INDEX, name, hash)).map(tokenCredential),
  );
}
