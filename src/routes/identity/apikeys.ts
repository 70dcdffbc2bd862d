import { type Context, Hono } from "hono";
import { TailraceError } from "../../../protocol/base/errors.ts";
import { ID_PATTERN, newId } from "../../../protocol/base/id.ts";
import { JSON_BODY_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { type ApiKey, CreateApiKey, UpdateApiKey } from "../../../protocol/model/identity.ts";
import { MASK } from "../../../protocol/model/mask.ts";
import type { KnownAgent } from "../../../protocol/wire/agent-state.ts";
import { dropStreams, withdraw } from "../../auth/revoke.ts";
import { demandOver } from "../../auth/system-admin.ts";
import { keyHashes } from "../../crypto/secret.ts";
import { audit } from "../../http/audited.ts";
import { readJson } from "../../http/body.ts";
import type { AppEnv } from "../../http/context.ts";
import { pageHeaders, queryBoolean, queryPage } from "../../http/query.ts";
import { agentsOfKey, deleteKeyWithAgents } from "../../index/agents.ts";
import {
  createApiKey,
  deleteApiKey,
  findApiKey,
  hasKeyHash,
  listApiKeys,
  readApiKey,
  type Shown,
  updateApiKey,
} from "../../index/api-keys.ts";
import { agentCredential, keyCredential } from "../../rights/credentials.ts";
import { demandAdmin } from "../../rights/permissions.ts";
import { dismiss } from "../agents/agents.ts";

/** Keys. Users manage their own; administrators manage those of others, of agents and of administrators. */
export const apikeys = new Hono<AppEnv>()
  .get("/", async (c) => {
    const { user, role } = c.get("principal");
    const wanted = c.req.query("user") || undefined;
    const page = queryPage(c);
    const { keys, total } = await listApiKeys(
      c.env.INDEX,
      { user: role === "admin" ? wanted : user, ...page },
      shownTo(c),
    );
    pageHeaders(c, page, total);
    return c.json(keys);
  })
  .post("/", async (c) => {
    const principal = c.get("principal");
    const body = await readJson(c, CreateApiKey, JSON_BODY_BYTES_MAX);
    const { user, role, pool, key_hash, id: given_id, ...rest } = body;
    const of = user ?? principal.user;
    // A hash may be of a key that is easy to guess.
    if (of !== principal.user || role !== "user" || key_hash) demandAdmin(principal);
    await demandOver(c.env, principal, of);
    if (role === "agent" && pool === undefined)
      throw new TailraceError("invalid", "An agent's key needs a pool.");
    const spec = { ...rest, user: of, role, pool: role === "agent" ? (pool ?? null) : null };
    const id = (key_hash && given_id) || newId();
    const loaded = key_hash ? { loaded: true } : {};
    await audit(c, "apikey.create", `apikey:${id}`, { user: of, role, ...(pool ? { pool } : {}), ...loaded });
    const created = await createApiKey(c.env.INDEX, { ...spec, key_hash: key_hash ?? undefined }, id);
    if (!created) throw new TailraceError("exists", "A key with this id or this key_hash exists.");
    return c.json(created, 201);
  })
  .get("/:id", async (c) => c.json(await ownKey(c, shownTo(c))))
  .put("/:id", async (c) => {
    const key = await ownKey(c);
    await demandOver(c.env, c.get("principal"), key.user);
    const {
      enabled = key.enabled,
      metadata = key.metadata,
      key_hash,
    } = await readJson(c, UpdateApiKey, JSON_BODY_BYTES_MAX);
    if (key_hash && key_hash !== MASK && !(await hasKeyHash(c.env.INDEX, key.id, key_hash)))
      throw new TailraceError("invalid", "Update of key_hash is not allowed.");
    const updated: ApiKey = { ...key, enabled, metadata };
    await audit(c, "apikey.update", `apikey:${key.id}`, { user: key.user, enabled });
    await updateApiKey(c.env.INDEX, updated);
    if (enabled !== key.enabled) await dropStreams(c.env, [keyCredential(key.id)]);
    return c.json(updated);
  })
  .delete("/:id", async (c) => {
    const key = await ownKey(c);
    await demandOver(c.env, c.get("principal"), key.user);
    const with_agents = queryBoolean(c, "with_agents", false);
    await audit(c, "apikey.delete", `apikey:${key.id}`, {
      user: key.user,
      ...(with_agents ? { with_agents } : {}),
    });
    if (with_agents) await deleteWithAgents(c.env, key.id);
    else
      await withdraw(c.env, [keyCredential(key.id)], () => deleteApiKey(c.env.INDEX, key.id).then(() => []));
    return c.body(null, 204);
  });

async function deleteWithAgents(env: Env, id: string): Promise<void> {
  const known = await agentsOfKey(env.INDEX, id);
  let revoked: KnownAgent[] = [];
  await withdraw(env, [keyCredential(id), ...known.map((agent) => agentCredential(agent.id))], async () => {
    revoked = await deleteKeyWithAgents(env.INDEX, id);
    return revoked.map((agent) => agentCredential(agent.id));
  });
  await dismiss(env, revoked);
}

/** The key that the path names, by its id or, as in StackStorm, by itself. For a user another user's key does not exist. */
async function ownKey(c: Context<AppEnv>, shown?: Shown): Promise<ApiKey> {
  const { user, role } = c.get("principal");
  const id = c.req.param("id") ?? "";
  const { INDEX } = c.env;
  const key = ID_PATTERN.test(id)
    ? await readApiKey(INDEX, id, shown)
    : await findApiKey(INDEX, await keyHashes(id), shown);
  const is_own = key?.user === user && key.role === "user";
  if (!key || (role !== "admin" && !is_own))
    throw new TailraceError("identity_not_found", "ApiKey with that id or key not found.");
  return key;
}

/** Only an administrator sees hashes, to load the keys elsewhere. */
function shownTo(c: Context<AppEnv>): Shown {
  const { role } = c.get("principal");
  return { show_hash: role === "admin" && queryBoolean(c, "show_secrets", false) };
}
