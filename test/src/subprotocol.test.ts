import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { User } from "../../protocol/model/identity.ts";
import { OUTPUT_PROTOCOL, offerProtocols } from "../../protocol/wire/subprotocol.ts";
import { asAdmin, askWith, basic, json, keyOf } from "./support/identity.ts";
import { chunks, clientWith, ended, registerActions, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();

let output: string;
beforeAll(async () => {
  await registerActions();
  const { id, token } = await run(client);
  await client.append(id, token, chunks(1, "hello\n"));
  await client.end(id, token, ended(1));
  output = `/api/v1/executions/${id}/output`;
});

function offering(names: string[]): Record<string, string> {
  return { upgrade: "websocket", "sec-websocket-protocol": names.join(", ") };
}

/** The messages of an answer's socket until it closes. */
async function messagesOf({ webSocket }: Response): Promise<string> {
  if (!webSocket) throw new Error("there is no socket");
  let text = "";
  await new Promise<void>((done) => {
    webSocket.addEventListener("message", ({ data }) => {
      text += data;
    });
    webSocket.addEventListener("close", () => done());
    webSocket.accept();
  });
  return text;
}

describe("a WebSocket without headers of its own", () => {
  it.each(["", "?output_type=stdout", "?tail=1"])(
    "is accepted with an offered key, and the answer names only the plain subprotocol: %s",
    async (query) => {
      const response = await ask(output + query, { headers: offering(offerProtocols(env.TAILRACE_API_KEY)) });
      expect(response.status).toBe(101);
      expect(response.headers.get("sec-websocket-protocol")).toBe(OUTPUT_PROTOCOL);
      expect(JSON.stringify([...response.headers])).not.toContain("tailrace.credential");
      expect(await messagesOf(response)).toContain('"hello\\n"');
    },
  );

  it("is accepted with a token", async () => {
    const body = { name: "ann", password: "correct horse battery" };
    await json(await ask("/api/v1/users", { method: "POST", headers: asAdmin, body }), 201);
    const role = { user: "ann", role: "observer" };
    const assigned = await ask("/api/v1/rbac/role_assignments", {
      method: "POST",
      headers: asAdmin,
      body: role,
    });
    await json(assigned, 201);
    const made = await ask("/auth/v1/tokens", {
      method: "POST",
      headers: basic("ann", body.password),
      body: {},
    });
    const { token } = await json<{ token: string }>(made, 201);
    const response = await ask(output, { headers: offering(offerProtocols(token)) });
    expect(response.status).toBe(101);
    expect(await messagesOf(response)).toContain('"hello\\n"');
  });

  it.each([
    ["a wrong key", offerProtocols("tr_wrong")],
    ["an unreadable credential", [OUTPUT_PROTOCOL, "tailrace.credential.%"]],
    ["nothing", [OUTPUT_PROTOCOL]],
  ])("is refused with %s", async (_, offered) => {
    const response = await ask(output, { headers: offering(offered) });
    expect(response.status).toBe(401);
    expect(response.webSocket).toBeNull();
    expect(response.headers.get("sec-websocket-protocol")).toBeNull();
  });

  it("is refused an output that its key may not view", async () => {
    const { key } = await keyOf(ask, "nobody-in-particular");
    expect((await ask(output, { headers: offering(offerProtocols(key)) })).status).toBe(403);
  });

  it("without an offered subprotocol is answered with none", async () => {
    const response = await ask(output, { headers: { ...asAdmin, upgrade: "websocket" } });
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBeNull();
    await messagesOf(response);
  });

  it("counts as one with its key in a header, and real headers take precedence", async () => {
    const { key } = await keyOf(ask, "joe");
    const whoami = async (headers: Record<string, string>) =>
      json<User>(await ask(`/api/v1/user?st2-api-key=${env.TAILRACE_API_KEY}`, { headers }));
    const offered = offering(offerProtocols(key));
    expect(await whoami(offered)).toMatchObject({
      username: "joe",
      authentication: { method: "API key", location: "header" },
    });
    expect(await whoami({ ...offered, ...asAdmin })).toMatchObject({ username: "admin" });
  });
});
