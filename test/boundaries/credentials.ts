import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { newId } from "../../protocol/base/id.ts";
import { RUN_TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import type { Link } from "../../protocol/model/identity.ts";
import type { RunToken } from "../../protocol/wire/agent.ts";
import { type LeaseClaims, signLease } from "../../src/crypto/lease.ts";
import { signRunToken } from "../../src/crypto/run-token.ts";
import { basic, json, keyOf, userWith } from "../src/support/identity.ts";
import { clientWith, ended, poolKey } from "../src/support/world.ts";
import { admin, ask, begun, client, type Work, type World } from "./world.ts";

/** A request's credential: headers or a query. */
export interface Credential {
  headers?: Record<string, string>;
  query?: string;
}

/** Every credential of the table, by its name. Requests are about `work`, in the pool of its holder. */
export async function makeCredentials(world: World, work: Work) {
  return {
    ...invalid(),
    ...(await voidCredentials(work)),
    ...(await agents(world)),
    ...(await leases(world, work)),
    ...(await runs(world, work)),
    ...(await links(world, work)),
    ...(await users(world)),
  } satisfies Record<string, Credential>;
}

export type Credentials = Awaited<ReturnType<typeof makeCredentials>>;
export type CredentialName = keyof Credentials;

function invalid() {
  return {
    "no credential": {},
    "an unknown key": key("tr_garbage"),
    "an unknown token": token("trt_garbage"),
    "an invalid bearer": bearer("a.b.c"),
    "an unknown agent's secret": key("tra_garbage"),
    "an invalid link": link("a.b.c"),
    "an assertion without a trusted issuer": { headers: { "cf-access-jwt-assertion": "a.b.c" } },
    "an unknown cookie": { headers: { cookie: "auth-token=trt_garbage" } },
    "a very long key": key("x".repeat(20_000)),
  };
}

/** Credentials of administrators that are void. */
async function voidCredentials({ id }: Work) {
  const [late, disabled, gone] = [named("late"), named("disabled"), named("gone")];
  for (const name of [late, disabled, gone])
    await admin("POST", "/api/v1/users", { name, password: PASSWORD });
  const expired = await tokenOf(late);
  await env.INDEX.prepare("UPDATE tokens SET expires_ms = 1 WHERE id = ?").bind(expired.id).run();
  const off = await keyOf(ask, late, { role: "admin", enabled: false });
  const deleted = await keyOf(ask, late, { role: "admin" });
  await admin("DELETE", `/api/v1/apikeys/${deleted.id}`);
  const key_of_disabled = await keyOf(ask, disabled, { role: "admin" });
  const token_of_disabled = await tokenOf(disabled);
  await admin("PUT", `/api/v1/users/${disabled}`, { enabled: false });
  const key_of_gone = await keyOf(ask, gone, { role: "admin" });
  await admin("DELETE", `/api/v1/users/${gone}`);
  const claims = { kind: "link", id: newId(), execution_id: id, sub: "admin", exp: inSeconds(600) };
  return {
    "an expired token": token(expired.token),
    "a disabled key": key(off.key),
    "a deleted key": key(deleted.key),
    "a disabled user's key": key(key_of_disabled.key),
    "a disabled user's token": token(token_of_disabled.token),
    "a deleted user's key": key(key_of_gone.key),
    "an expired link": link(await sign({ ...claims, exp: inSeconds(-1) }, env.TAILRACE_SECRET, "HS256")),
    "a link of another signer": link(await sign(claims, "another secret", "HS256")),
  };
}

async function agents({ own, other, holder, bystander, foreigner }: World) {
  const registrar = clientWith(await poolKey(own));
  const revoked = await registrar.identity.registerAgent({ name: "revoked" });
  await client.identity.revokeAgent(revoked.id);
  return {
    "the pool's key": key(await poolKey(own)),
    "another pool's key": key(await poolKey(other)),
    "the agent": key(holder.identity.secret),
    "another agent of the pool": key(bystander.identity.secret),
    "another pool's agent": key(foreigner.identity.secret),
    "a revoked agent": key(revoked.secret),
  };
}

/** Leases. The server signed most of them, but never gave them. */
async function leases({ other, holder, bystander, foreigner }: World, work: Work) {
  const over = async (claims: Partial<LeaseClaims>) =>
    bearer(await signLease({ ...work.claims, ...claims }, env.TAILRACE_SECRET));
  const done = await begun(holder);
  await client.end(done.id, done.token, ended(0));
  return {
    "the lease": bearer(work.token),
    "the lease of another execution": bearer((await begun(holder)).token),
    "another pool's lease": bearer((await begun(foreigner)).token),
    "a lease that has ended": bearer(done.token),
    "the lease in an older epoch": await over({ epoch: work.claims.epoch - 1 }),
    "the lease in a later epoch": await over({ epoch: work.claims.epoch + 1 }),
    "the lease for another agent": await over({ agent_id: bystander.id }),
    "the lease for another pool": await over({ pool: other }),
    "the lease for another pool's agent": await over({ agent_id: foreigner.id, pool: other }),
    "the lease of another signer": bearer(await signLease(work.claims, "another secret")),
    "the lease as a key": key(work.token),
    "the lease as a link": link(work.token),
  };
}

/** Tokens of runs, and what a program might make of its own. */
async function runs({ holder, foreigner }: World, work: Work) {
  const issued = async ({ id, token: lease }: Pick<Work, "id" | "token">) => {
    const headers = { authorization: `Bearer ${lease}` };
    const answer = await ask(`/agent/v1/executions/${id}/token`, { method: "POST", headers });
    return (await json<RunToken>(answer, 201)).token;
  };
  const over = async (lease: Partial<LeaseClaims>, exp = inSeconds(600), secret = env.TAILRACE_SECRET) =>
    token(await signRunToken({ lease: { ...work.claims, ...lease }, exp }, secret));
  const own = await issued(work);
  const done = await begun(holder);
  const ended_token = await issued(done);
  await client.end(done.id, done.token, ended(0));
  return {
    "a run's token": token(own),
    "another pool's run": token(await issued(await begun(foreigner))),
    "a run that has ended": token(ended_token),
    "a run's token that has expired": await over({}, inSeconds(-1)),
    "a run's token in a later epoch": await over({ epoch: work.claims.epoch + 1 }),
    "a run's token for another pool": await over({ pool: foreigner.identity.pool }),
    "a run's token of another signer": await over({}, inSeconds(600), "another secret"),
    "a run's token as a key": key(own),
    "a run's token as the lease": bearer(own.slice(RUN_TOKEN_PREFIX.length)),
    "a run's token as a link": link(own.slice(RUN_TOKEN_PREFIX.length)),
    "the lease as a run's token": token(RUN_TOKEN_PREFIX + work.token),
  };
}

async function links({ holder }: World, { id }: Work) {
  const of = async (execution: string) => {
    const made = await admin<Link>("POST", `/api/v1/executions/${execution}/links`, {});
    return { id: made.id, text: new URL(made.url).searchParams.get("link") ?? "" };
  };
  const { text: own } = await of(id);
  const revoked = await of(id);
  await admin("DELETE", `/api/v1/links/${revoked.id}`);
  return {
    "a link": link(own),
    "a link of another execution": link((await of((await begun(holder)).id)).text),
    "a revoked link": link(revoked.text),
    "a link as a bearer": bearer(own),
    "a link as a token": token(own),
  };
}

/** Users by their grants. All but the first may list and watch the objects that they may view. */
async function users({ own, other }: World) {
  const lists = {
    permission_types: ["execution_list", "action_list", "pack_list", "stream_view"],
  };
  const all_of = (resource_uid: string, pool?: string) => ({
    resource_uid,
    permission_types: resource_uid.startsWith("pack:") ? ["pack_all"] : ["action_all"],
    ...(pool === undefined ? {} : { pool }),
  });
  const key_of = (name: string) => ({
    resource_uid: `key_value_pair:st2kv.system:${name}`,
    permission_types: ["key_value_pair_all"],
  });
  const user = async (...grants: { permission_types: string[] }[]) => userWith(ask, [lists, ...grants]);
  return {
    "a user without grants": await userWith(ask, []),
    "a user of another pack": await user(all_of("pack:elsewhere"), key_of("another")),
    "a user of another pool": await user(all_of("pack:vault", other)),
    "a user of another action": await user(all_of("action:vault:other")),
    "a user of the action in the pool": await user(all_of("action:vault:open", own)),
    "an observer": await userWith(ask, [], "observer"),
    "an administrator": await userWith(ask, [], "admin"),
    "a system administrator": await userWith(ask, [], "system_admin"),
  };
}

const PASSWORD = "correct horse battery";

async function tokenOf(user: string): Promise<{ id: string; token: string }> {
  const headers = basic(user, PASSWORD);
  return json(await ask("/auth/v1/tokens", { method: "POST", headers, body: {} }), 201);
}

function key(text: string): Credential {
  return { headers: { "st2-api-key": text } };
}

function token(text: string): Credential {
  return { headers: { "x-auth-token": text } };
}

function bearer(text: string): Credential {
  return { headers: { authorization: `Bearer ${text}` } };
}

function link(text: string): Credential {
  return { query: `link=${text}` };
}

function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

function named(name: string): string {
  return `${name}-${newId()}`;
}
