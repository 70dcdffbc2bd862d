import { env } from "cloudflare:workers";
import { sign } from "hono/jwt";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { asAdmin, askWith, BodyText, json } from "./support/identity.ts";
import { chunks, clientWith, ended, ORIGIN, registerActions, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();

beforeAll(() => registerActions(client));
afterEach(() => vi.useRealTimers());

interface Made {
  url: string;
  stream_url: string;
  expires: string;
}

async function linkTo(id: string, body: unknown = {}): Promise<Made & { link: string }> {
  const made = await json<Made>(
    await ask(`/api/v1/executions/${id}/links`, { method: "POST", headers: asAdmin, body }),
    201,
  );
  return { ...made, link: made.url.slice(made.url.indexOf("?link=") + "?link=".length) };
}

describe("a link", () => {
  it("opens the output of its execution, live and in every form, without any key", async () => {
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

  it("shows of the event stream its own execution only", async () => {
    const { id, token } = await run(client);
    const { link } = await linkTo(id);
    const body = new BodyText(await ask(`/stream/v1/stream?events=*&link=${link}`));
    const other = await run(client);
    await client.end(other.id, other.token, ended(0));
    await client.end(id, token, ended(0));
    await expect.poll(() => body.text).toContain(id);
    expect(body.text).not.toContain(other.id);
  });

  it("expires when it says, and not later than a bound", async () => {
    const { id } = await run(client);
    const { stream_url, expires } = await linkTo(id, { ttl: 60 });
    expect(Math.abs(Date.parse(expires) - Date.now() - 60_000)).toBeLessThan(2_000);
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

  it("is not to be forged: neither by another secret, nor from a lease, nor by no signature", async () => {
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

  it("to nothing is not made", async () => {
    const nothing = await ask(`/api/v1/executions/${"f".repeat(24)}/links`, {
      method: "POST",
      headers: asAdmin,
      body: {},
    });
    expect(nothing.status).toBe(404);
  });
});
