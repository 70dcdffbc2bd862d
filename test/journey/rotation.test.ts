import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { linesText, lineWriter } from "../support/programs.ts";
import { receive, sha256 } from "../support/reader.ts";
import { afterTest, clientOf, scratch, TestAgent, until } from "../support/world.ts";

const PASSWORD = "the password of ann";

it("a rotated secret leaves runs, links, sign-ins and sealed values as they are, with several agents", async () => {
  const state = join(scratch(), "state");
  let server = await startServer({ port: 0, state });
  afterTest(() => server.stop());
  const { url, apiKey } = server;
  const client = clientOf(url, apiKey);
  const agents: TestAgent[] = [];
  for (const pool of ["default", "other"]) {
    const { key } = await client.createKey({ user: "agent", role: "agent", pool });
    agents.push(new TestAgent(url, key).start());
  }
  afterTest(() => Promise.all(agents.map((agent) => agent.stop())));
  for (const agent of agents) await agent.ready();
  await client.identity.createUser({ name: "ann", password: PASSWORD });
  const { token } = await client.identity.signIn("ann", PASSWORD);
  await client.setKey("word", { value: "swordfish", secret: true });
  const running = await Promise.all(
    ["default", "other"].map(async (pool) => {
      const writer = lineWriter(`rotation-${pool}`, { lines: 1_000_000, every_ms: 10 });
      const parameters = { cmd: writer.cmd, timeout: 300 };
      const { id } = await client.create({ action: "core.local", pool, parameters });
      return { id, ...writer, read: receive(client, id, { transport: "websocket" }) };
    }),
  );
  const stored = async (id: string) => (await client.get(id)).output?.last_seq ?? 0;
  for (const { id } of running) await until("it writes", async () => (await stored(id)) > 5);
  const env = { ...bareEnvironment(), TAILRACE_URL: url, TAILRACE_API_KEY: apiKey };
  const tailrace = (...args: string[]) => runCommandLine(args, { env });
  const first = running[0]?.id ?? "";
  const link = (await tailrace("execution", "link", first)).stdout.trim();

  expect(await tailrace("secret", "rotate", "--state", state)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("in use by a running server"),
  });
  await server.stop();
  expect(await tailrace("secret", "rotate", "--state", state)).toMatchObject({ code: 0, stderr: "" });
  expect(await tailrace("secret", "rotate", "--state", state)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("--forget-older"),
  });
  server = await startServer({ port: Number(new URL(url).port), state });

  for (const { id, stop, written, read } of running) {
    const before = await stored(id);
    await until("it goes on", async () => (await stored(id)) > before + 5);
    stop();
    const received = await read;
    const lines = Number(readFileSync(written, "utf8"));
    expect(received).toMatchObject({
      sha256: sha256(linesText(lines)),
      gaps: [],
      end: { status: "succeeded" },
    });
  }
  const query = new URL(link).search;
  expect((await fetch(`${url}/api/v1/executions/${first}${query}`)).status).toBe(200);
  expect((await clientOf(url, token).user()).username).toBe("ann");
  expect((await client.key("word", { decrypt: true })).value).toBe("swordfish");
  const { id } = await client.create({
    action: "core.local",
    parameters: { cmd: "echo new" },
    pool: "other",
  });
  expect((await receive(client, id)).end?.status).toBe("succeeded");
});
