import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { readLink, signLink } from "../../src/auth/link.ts";
import { readLease, signLease } from "../../src/crypto/lease.ts";
import { seal, sealBytes, unseal, unsealBytes } from "../../src/crypto/seal.ts";
import { deploymentSecrets } from "../../src/crypto/secret.ts";
import type { StoredState } from "../../src/execution/state/record.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { createLink } from "../../src/index/links.ts";
import { api, get } from "./support/api.ts";
import { eventually } from "./support/eventually.ts";
import { clientWith, ended, run } from "./support/world.ts";

const client = clientWith();
const NEW = "another secret, which came later";
/** The deployment after a change of its secret: with the previous one, and without. */
const rotated: Env = { ...env, TAILRACE_SECRET: NEW, TAILRACE_SECRET_PREVIOUS: env.TAILRACE_SECRET };
const changed: Env = { ...env, TAILRACE_SECRET: NEW };

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A value of the key-value table in the first sealed form, which does not name its key. */
async function sealedFirst(name: string, value: string): Promise<string> {
  const secret = await crypto.subtle.importKey("raw", encode(env.TAILRACE_SECRET), "HKDF", false, [
    "deriveKey",
  ]);
  const info = encode("tailrace key-value table");
  const key = await crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info },
    secret,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: encode(name) },
    key,
    encode(value),
  );
  return Buffer.concat([iv, new Uint8Array(sealed)]).toString("base64");
}

describe("a sealed value", () => {
  it("opens under its own name only", () => {
    const sealed = seal(env, "token", "swordfish 漢字");
    expect(sealed).not.toContain("swordfish");
    expect(seal(env, "token", "swordfish 漢字")).not.toBe(sealed);
    expect(unseal(env, "token", sealed)).toBe("swordfish 漢字");
    expect(() => unseal(env, "other", sealed)).toThrow(
      /^"other" was encrypted under another TAILRACE_SECRET/,
    );
  });

  it("opens for its own use only", () => {
    const sealed = sealBytes(env, "execution", "a", encode("swordfish"));
    expect(decode(unsealBytes(env, "execution", "a", sealed))).toBe("swordfish");
    expect(() => unsealBytes(env, "key-value table", "a", sealed)).toThrow("another TAILRACE_SECRET");
  });

  it("has the id of the key that sealed it", () => {
    const idOf = (sealed: Uint8Array) => Buffer.from(sealed.subarray(1, 5)).toString("hex");
    const old = idOf(sealBytes(env, "execution", "a", encode("x")));
    expect(idOf(sealBytes(env, "execution", "b", encode("y")))).toBe(old);
    expect(idOf(sealBytes(rotated, "execution", "a", encode("x")))).not.toBe(old);
  });

  it("opens after a change of the secret, while the previous one is set", () => {
    const sealed = seal(env, "token", "swordfish");
    expect(unseal(rotated, "token", sealed)).toBe("swordfish");
    expect(unseal(changed, "token", seal(rotated, "token", "swordfish"))).toBe("swordfish");
    expect(() => unseal(changed, "token", sealed)).toThrow(
      expect.objectContaining({ code: "not_configured", message: expect.stringContaining("_PREVIOUS") }),
    );
  });

  it("of the first form still opens", async () => {
    const sealed = await sealedFirst("token", "swordfish");
    expect(unseal(env, "token", sealed)).toBe("swordfish");
    expect(unseal(rotated, "token", sealed)).toBe("swordfish");
    expect(() => unseal(changed, "token", sealed)).toThrow("another TAILRACE_SECRET");
  });
});

describe("a change of the secret", () => {
  it("leaves leases and links in force, while the previous secret is set", async () => {
    const claims = { execution_id: newId(), epoch: 1, agent_id: newId(), pool: "default" };
    const lease = await signLease(claims, env.TAILRACE_SECRET);
    const read = (now: Env) => readLease(`Bearer ${lease}`, claims.execution_id, deploymentSecrets(now));
    await expect(read(changed)).rejects.toMatchObject({ code: "unauthorized" });
    expect(await read(rotated)).toEqual(claims);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const made = { id: newId(), execution_id: newId(), created_by: "ann", expires_ms: exp * 1000 };
    await createLink(env.INDEX, made);
    const link = await signLink(env, { id: made.id, execution_id: made.execution_id, sub: "ann", exp });
    await expect(readLink(changed, link)).rejects.toMatchObject({ code: "unauthorized" });
    expect(await readLink(rotated, link)).toMatchObject({ user: "ann" });
  });
});

describe("an execution's parameters and result", () => {
  const TOKEN = "swordfish-of-the-object";

  /** An ended execution whose parameters and result contain a secret. */
  async function finished(): Promise<string> {
    const { id, token } = await run(client, {
      action: "core.login",
      parameters: { user: "ann", token: TOKEN },
    });
    await client.end(id, token, { ...ended(0), result: { ...ended(0).result, stdout: TOKEN } });
    return id;
  }

  it("are stored sealed, and shown to an administrator who asks for them", async () => {
    const id = await finished();
    const object = env.EXECUTION.getByName(id);
    const stored = await runInDurableObject(object, (_, { storage }) => [...storage.kv.list()]);
    const texts = stored.map(([, value]) =>
      JSON.stringify(value, (_, part) =>
        part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part,
      ),
    );
    expect(texts.join("\n")).not.toContain(TOKEN);
    await evictDurableObject(object);
    const { body } = await get(`/v1/executions/${id}?show_secrets=true`);
    expect(body).toMatchObject({ parameters: { user: "ann", token: TOKEN }, result: { stdout: TOKEN } });
    const { body: shown } = await get(`/v1/executions/${id}`);
    expect(shown.parameters).toEqual({ user: "ann", token: "********" });
    const again = await api("POST", `/v1/executions/${id}/re_run`, { delay: 60_000 });
    expect(again.status).toBe(201);
    await client.cancel(again.body.id);
  });

  it("can be lost with the secret, and the execution still shows its status and output", async () => {
    const id = await finished();
    const object = env.EXECUTION.getByName(id);
    // Nothing is stored any more once all receivers have been told.
    await eventually(() =>
      runInDurableObject(object, (_, { storage }) =>
        expect(storage.kv.get<StoredState>("state")?.timers.outbox).toBeNull(),
      ),
    );
    await runInDurableObject(object, (_, { storage }) => {
      const given = new Vault(changed).seal([id, "given"], { parameters: {}, resolved: {} });
      const state = storage.kv.get<StoredState>("state");
      storage.kv.put("state", { ...state, sealed: { ...state?.sealed, given } });
    });
    await evictDurableObject(object);
    expect((await get(`/v1/executions/${id}/output?follow=false`)).status).toBe(200);
    expect(await get(`/v1/executions/${id}`)).toMatchObject({
      status: 500,
      body: { code: "not_configured", faultstring: expect.stringContaining("TAILRACE_SECRET_PREVIOUS") },
    });
  });
});
