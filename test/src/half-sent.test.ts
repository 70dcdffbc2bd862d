import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { app } from "../../src/app.ts";
import { askWith, keyOf } from "./support/identity.ts";
import { ORIGIN, registerActions } from "./support/world.ts";

const SETTINGS = { BODIES_PER_KEY_MAX: 3, BODY_WAIT_SECONDS: 60 };
const ask = askWith(SETTINGS);

/** A request whose body has begun, and a function that completes it. */
function halfSent(headers: Record<string, string>) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode('{"action":'));
  const request = new Request(`${ORIGIN}/api/v1/executions`, { method: "POST", headers, body: readable });
  const answer = app.fetch(request, { ...env, ...SETTINGS }, createExecutionContext());
  const finish = async () => {
    await writer.write(new TextEncoder().encode('"core.local","parameters":{"cmd":"true"}}'));
    await writer.close();
  };
  return { answer, finish };
}

describe("half-sent requests", () => {
  it("are limited for each key, do not affect another key, and free their place when they are complete", async () => {
    await registerActions();
    const slow = await keyOf(ask, "slow", { role: "admin" });
    const other = await keyOf(ask, "other", { role: "admin" });
    const body = { action: "core.local", parameters: { cmd: "true" } };
    const create = async (headers: Record<string, string>) =>
      (await ask("/api/v1/executions", { method: "POST", headers, body })).status;
    const half = [halfSent(slow.headers), halfSent(slow.headers), halfSent(slow.headers)];
    await expect.poll(() => create(slow.headers)).toBe(429);
    expect(await create(other.headers)).toBe(201);
    for (const { finish } of half) await finish();
    for (const { answer } of half) expect((await answer).status).toBe(201);
    expect(await create(slow.headers)).toBe(201);
  });
});
