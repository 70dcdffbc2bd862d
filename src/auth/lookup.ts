import { TailraceError } from "../../protocol/base/errors.ts";
import type { ApiKey } from "../../protocol/model/identity.ts";
import { hashSecret, keyHashes } from "../crypto/secret.ts";
import { findAgent } from "../index/agents.ts";
import { findApiKey } from "../index/api-keys.ts";
import { readToken } from "../index/tokens.ts";
import { isDisabled } from "../index/users.ts";
import { agentCredential, keyCredential, tokenCredential } from "../rights/credentials.ts";
import { type RoleRights, rightsOfUser } from "../rights/of-user.ts";
import type { CredentialPrincipal } from "../rights/principal.ts";
import { readAssertion } from "./sso.ts";
import { FIRST_USER } from "./system-admin.ts";

/** The key's owner: the deployment's first user, or a user of the index. */
export async function readKey(env: Env, text: string): Promise<CredentialPrincipal> {
  if (!env.TAILRACE_API_KEY)
    throw new TailraceError("not_configured", "The secret TAILRACE_API_KEY is not set.");
  const read_ms = Date.now();
  const key_hashes = await keyHashes(text);
  const [key_hash] = key_hashes;
  const base = { method: "API key" as const, pool: null, expires_ms: null, read_ms };
  if (key_hash === (await hashSecret(env.TAILRACE_API_KEY))) {
    return {
      ...base,
      user: FIRST_USER,
      role: "admin",
      roles: ["system_admin"],
      grants: [],
      credential: null,
    };
  }
  const key = await findApiKey(env.INDEX, key_hashes);
  if (!key)
    throw new TailraceError("unauthorized", `Unauthorized - ApiKey with key_hash=${key_hash} not found.`);
  if (!key.enabled) throw new TailraceError("unauthorized", "Unauthorized - API key is disabled.");
  const { user, pool = null } = key;
  await demandEnabled(env, user);
  return {
    ...base,
    user,
    ...(await rightsOfKey(env, key)),
    pool,
    key_id: key.id,
    credential: keyCredential(key.id),
  };
}

/** An administrator's key or a pool's key has its own role, whatever roles its user has. */
async function rightsOfKey(env: Env, { user, role }: ApiKey): Promise<RoleRights> {
  if (role === "user") return rightsOfUser(env, user);
  // The role of a pool's key is stored as `agent`.
  return { role: role === "agent" ? "registrar" : role, roles: [role], grants: [] };
}

/** The agent that a secret belongs to. */
export async function readAgentOf(env: Env, secret: string): Promise<CredentialPrincipal> {
  const read_ms = Date.now();
  const agent = await findAgent(env.INDEX, await hashSecret(secret));
  if (!agent) throw new TailraceError("unauthorized", "Unauthorized - No agent has this secret.");
  const { id, name, pool, revoked_at } = agent;
  if (revoked_at) throw new TailraceError("unauthorized", `Unauthorized - The agent ${id} is revoked.`);
  return {
    user: name,
    role: "agent",
    roles: ["agent"],
    grants: [],
    pool,
    agent_id: id,
    method: "agent's secret",
    credential: agentCredential(id),
    expires_ms: null,
    read_ms,
  };
}

/** The user of a token, also of an expired one. */
export async function readTokenOf(env: Env, text: string): Promise<CredentialPrincipal> {
  const read_ms = Date.now();
  const token = await readToken(env.INDEX, await hashSecret(text));
  if (!token) throw new TailraceError("unauthorized");
  const { id, user, expires_ms } = token;
  await demandEnabled(env, user);
  return {
    user,
    ...(await rightsOfUser(env, user)),
    pool: null,
    method: "authentication token",
    credential: tokenCredential(id),
    expires_ms,
    read_ms,
  };
}

/** The user that a single sign-on names. The roles of its settings are added to those that are assigned here. */
export async function readSignedOn(env: Env, assertion: string): Promise<CredentialPrincipal> {
  const read_ms = Date.now();
  const { user, roles, credential, expires_ms } = await readAssertion(env, assertion);
  await demandEnabled(env, user);
  return {
    user,
    ...(await rightsOfUser(env, user, roles)),
    pool: null,
    method: "single sign-on",
    credential,
    expires_ms,
    read_ms,
  };
}

async function demandEnabled(env: Env, user: string): Promise<void> {
  if (await isDisabled(env.INDEX, user))
    throw new TailraceError("unauthorized", "Unauthorized - The user is disabled.");
}
