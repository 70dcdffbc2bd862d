import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { promised } from "./support/eventually.ts";
import { asAdmin, askWith, BodyText, json, keyOf, REVOKED_MS_MAX } from "./support/identity.ts";
import { chunks, clientWith, ended, ORIGIN, registerActions, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();

beforeAll(() => registerActions());
afterEach(() => vi.useRealTimers());

interface Made {
  id: string;
  url: string;
  stream_url: string;
  expires: string;
}

/** A user who may only view executions. */
async function viewer(user: string): Promise<Record<string, string>> {
  const body = { user, role: "observer" };
  await json(await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body }), 201);
  return (await keyOf(ask, user)).headers;
}

async function linkTo(
  id: string,
  body: unknown = {},
  headers = asAdmin as Record<string, string>,
): Promise<Made & { link: string }> {
  const made = await json<Made>(
    await ask(`/api/v1/executions/${id}/links`, { method: "POST", headers, body }),
    201,
  );
  return { ...made, link: made.url.slice(made.url.indexOf("?link=") + "?link=".length) };
}

describe("a link", () => {
  it("opens the output of its execution, live and in every form, without a key", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n"));
    const { url, stream_url, link } = await linkTo(id);
    expect(url).toBe(`${ORIGIN}/executions/${id}?link=${link}`);
    expect(stream_url).toBe(`${ORIGIN}/stream/v1/executions/${id}/output?link=${link}`);
    const output = `/api/v1/executions/${id}/output?link=${link}`;
    const paths = [
      output,
      `${output}&format=ndjson`,
      `${output}&format=sse`,
      stream_url.slice(ORIGIN.length),
    ];
    paths.push(`/stream/v1/stream?events=*&end_execution_id=${id}&link=${link}`);
    const bodies = await Promise.all(paths.map(async (path) => new BodyText(await ask(path))));
    const upgraded = await ask(output, { headers: { upgrade: "websocket" } });
    expect(upgraded.status).toBe(101);
    upgraded.webSocket?.accept();
    upgraded.webSocket?.close();
    await client.append(id, token, chunks(2, "two\n"));
    await client.end(id, token, ended(2));
    await expect.poll(() => bodies.map((body) => body.ended)).toEqual(Array(5).fill("closed"));
    for (const { text } of bodies) expect(text).toMatch(/one.*two/s);
    for (const path of [
      `/api/v1/executions/${id}`,
      `/v1/executions/${id}/children`,
      `/api/v1/executions/${id}/result`,
    ])
      expect((await ask(`${path}?link=${link}`)).status).toBe(200);
  });

  it("opens nothing else, and changes nothing", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const other = await run(client);
    await client.end(other.id, other.token, ended(0));
    const { link } = await linkTo(id);
    const refused: [string, string][] = [
      ["GET", `/api/v1/executions/${other.id}`],
      ["GET", `/api/v1/executions/${other.id}/output`],
      ["GET", `/stream/v1/executions/${other.id}/output`],
      ["GET", "/api/v1/executions"],
      ["GET", "/api/v1/executions/last"],
      ["GET", "/api/v1/user"],
      ["GET", "/api/v1/apikeys"],
      ["GET", "/api/v1/keys"],
      ["GET", `/api/v1/users/${id}`],
      ["POST", "/api/v1/executions"],
      ["POST", "/api/v1/apikeys"],
      ["POST", `/api/v1/executions/${id}/links`],
      ["POST", `/api/v1/executions/${id}/re_run`],
      ["PUT", `/api/v1/executions/${id}`],
      ["DELETE", `/api/v1/executions/${id}`],
      ["POST", `/api/v1/executions/${id}/pin`],
      ["POST", "/agent/v1/actions"],
      ["GET", "/agent/v1/pools/default/connect"],
    ];
    for (const [method, path] of refused) {
      const body = method === "GET" || method === "DELETE" ? undefined : {};
      const response = await ask(`${path}?link=${link}`, { method, body, headers: { upgrade: "websocket" } });
      expect([path, response.status]).toEqual([path, 403]);
    }
  });

  it("shows only its own execution in the event stream", async () => {
    const { id, token } = await run(client);
    const { link } = await linkTo(id);
    const body = new BodyText(await ask(`/stream/v1/stream?events=*&link=${link}`));
    const other = await run(client);
    await client.end(other.id, other.token, ended(0));
    await client.end(id, token, ended(0));
    await expect.poll(() => body.text).toContain(id);
    expect(body.text).not.toContain(other.id);
  });

  it("expires at its time, and within a bound", async () => {
    const { id } = await run(client);
    const asked_ms = Date.now();
    const { stream_url, expires } = await linkTo(id, { ttl: 60 });
    const made_ms = Date.parse(expires) - 60_000;
    // Its time has whole seconds.
    expect(made_ms).toBeGreaterThan(asked_ms - 1_000);
    expect(made_ms).toBeLessThanOrEqual(Date.now() + 1_000);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 61_000 });
    expect(await json(await ask(stream_url.slice(ORIGIN.length)), 401)).toMatchObject({
      code: "unauthorized",
    });
    for (const ttl of [0, -1, 1.5, 31 * 24 * 3_600, "10"]) {
      const refused = await ask(`/api/v1/executions/${id}/links`, {
        method: "POST",
        headers: asAdmin,
        body: { ttl },
      });
      expect([ttl, refused.status]).toEqual([ttl, 400]);
    }
  });

  it("cannot be forged by another secret, from a lease, or without a signature", async () => {
    const { id, token } = await run(client);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const claims = { kind: "link", id: "x", execution_id: id, sub: "admin", exp };
    const forged = [
      token,
      await sign(claims, "another secret"),
      await sign({ ...claims, kind: "lease" }, env.TAILRACE_SECRET),
      `${btoa('{"alg":"none","typ":"JWT"}')}.${btoa(JSON.stringify(claims))}.`,
    ];
    for (const link of forged)
      expect((await ask(`/api/v1/executions/${id}?link=${encodeURIComponent(link)}`)).status).toBe(401);
    const { link } = await linkTo(id);
    const as_lease = await ask(`/agent/v1/executions/${id}/end`, {
      method: "POST",
      headers: { authorization: `Bearer ${link}` },
      body: ended(0),
    });
    expect(as_lease.status).toBe(401);
  });

  it("is listed for its creator and for administrators, without its secret part", async () => {
    const { id } = await run(client);
    const ann = await viewer("ann");
    const bob = await viewer("bob");
    const of_ann = await linkTo(id, { ttl: 60 }, ann);
    const of_bob = await linkTo(id, {}, bob);
    const listed = async (path: string, headers: Record<string, string>) => {
      const response = await ask(path, { headers });
      const links = await json<{ id: string }[]>(response);
      expect(response.headers.get("x-total-count")).toBe(String(links.length));
      expect(JSON.stringify(links)).not.toContain(of_ann.link);
      return links.map((link) => link.id);
    };
    for (const path of [
      `/api/v1/executions/${id}/links`,
      `/v1/links?execution=${id}`,
      `/links?execution=${id}`,
    ]) {
      expect(await listed(path, ann)).toEqual([of_ann.id]);
      expect(await listed(path, bob)).toEqual([of_bob.id]);
      expect(await listed(path, asAdmin)).toEqual([of_bob.id, of_ann.id]);
    }
    expect(await listed(`/api/v1/links?user=ann&execution=${id}`, asAdmin)).toEqual([of_ann.id]);
    expect(await json(await ask(`/api/v1/executions/${id}/links`, { headers: ann }))).toEqual([
      {
        id: of_ann.id,
        execution_id: id,
        created_by: "ann",
        created_at: expect.stringMatching(/Z$/),
        expires: of_ann.expires,
      },
    ]);
    const { headers } = await keyOf(ask, "cid");
    expect((await ask(`/api/v1/executions/${id}/links`, { headers })).status).toBe(403);
  });

  it("that is revoked opens nothing and ends its open streams; other links stay", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n"));
    const ann = await viewer("ann");
    const revoked = await linkTo(id, {}, ann);
    const other = await linkTo(id, {}, ann);
    const streams = ({ link }: { link: string }) =>
      Promise.all(
        [`/api/v1/executions/${id}/output?link=${link}`, `/stream/v1/stream?events=*&link=${link}`].map(
          async (path) => new BodyText(await ask(path)),
        ),
      );
    const dropped = await streams(revoked);
    const kept = await streams(other);
    const remove = (headers: Record<string, string>) =>
      ask(`/api/v1/links/${revoked.id}`, { method: "DELETE", headers });
    expect((await remove(await viewer("bob"))).status).toBe(404);
    expect((await remove(ann)).status).toBe(204);
    await promised(REVOKED_MS_MAX, () =>
      expect(dropped.map(({ ended }) => ended)).toEqual(["broken", "broken"]),
    );
    expect(await json(await ask(`/api/v1/executions/${id}?link=${revoked.link}`), 401)).toMatchObject({
      faultstring: "Unauthorized - The link is revoked.",
    });
    expect((await ask(`/api/v1/executions/${id}?link=${other.link}`)).status).toBe(200);
    expect(kept.map(({ ended }) => ended)).toEqual([undefined, undefined]);
    expect(await json(await ask(`/api/v1/links?execution=${id}`, { headers: ann }))).toMatchObject([
      { id: other.id },
      { id: revoked.id, revoked_at: expect.stringMatching(/Z$/), revoked_by: "ann" },
    ]);
    await client.end(id, token, ended(1));
    await expect.poll(() => kept[0]?.ended).toBe("closed");
  });

  it("is void without its row, and without its creator", async () => {
    const { id } = await run(client);
    const lost = await linkTo(id);
    await env.INDEX.prepare("DELETE FROM links WHERE id = ?").bind(lost.id).run();
    const status = async ({ link }: { link: string }) =>
      (await ask(`/api/v1/executions/${id}?link=${link}`)).status;
    expect(await status(lost)).toBe(401);
    const password = "correct horse battery";
    await json(
      await ask("/api/v1/users", { method: "POST", headers: asAdmin, body: { name: "eve", password } }),
      201,
    );
    const of_eve = await linkTo(id, {}, await viewer("eve"));
    const followed = new BodyText(await ask(`/api/v1/executions/${id}/output?link=${of_eve.link}`));
    await json(await ask("/api/v1/users/eve", { method: "PUT", headers: asAdmin, body: { enabled: false } }));
    await promised(REVOKED_MS_MAX, () => expect(followed.ended).toBe("broken"));
    expect(await status(of_eve)).toBe(401);
    await json(await ask("/api/v1/users/eve", { method: "PUT", headers: asAdmin, body: { enabled: true } }));
    expect(await status(of_eve)).toBe(200);
    await ask("/api/v1/users/eve", { method: "DELETE", headers: asAdmin });
    expect(await status(of_eve)).toBe(401);
  });

  it("of a release that did not list links opens until it expires or until all links of its execution are revoked", async () => {
    const { id, token } = await run(client);
    const other = await run(client);
    const exp = Math.floor(Date.now() / 1000) + 60;
    const unlisted = (execution_id: string) =>
      sign({ kind: "link", id: newId(), execution_id, sub: "admin", exp }, env.TAILRACE_SECRET);
    const [old, others] = [await unlisted(id), await unlisted(other.id)];
    const { link } = await linkTo(id);
    const followed = await Promise.all(
      [old, link].map(async (by) => new BodyText(await ask(`/api/v1/executions/${id}/output?link=${by}`))),
    );
    const kept = new BodyText(await ask(`/api/v1/executions/${other.id}/output?link=${others}`));
    const revoke = (headers: Record<string, string>) =>
      ask(`/api/v1/executions/${id}/links`, { method: "DELETE", headers });
    expect((await revoke(await viewer("ann"))).status).toBe(403);
    expect(await json(await revoke(asAdmin))).toEqual({ revoked: 1 });
    await promised(REVOKED_MS_MAX, () =>
      expect(followed.map(({ ended }) => ended)).toEqual(["broken", "broken"]),
    );
    for (const by of [old, link, await unlisted(id)])
      expect((await ask(`/api/v1/executions/${id}?link=${by}`)).status).toBe(401);
    expect((await ask(`/api/v1/executions/${other.id}?link=${others}`)).status).toBe(200);
    expect(kept.ended).toBeUndefined();
    const { link: later } = await linkTo(id);
    expect((await ask(`/api/v1/executions/${id}?link=${later}`)).status).toBe(200);
    for (const run of [{ id, token }, other]) await client.end(run.id, run.token, ended(0));
  });

  it("to an unknown execution is refused", async () => {
    const nothing = await ask(`/api/v1/executions/${"f".repeat(24)}/links`, {
      method: "POST",
      headers: asAdmin,
      body: {},
    });
    expect(nothing.status).toBe(404);
  });
});
