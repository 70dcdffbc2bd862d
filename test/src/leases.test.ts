import { env } from "cloudflare:workers";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { type LeaseClaims, signLease } from "../../src/crypto/lease.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { eventually } from "./support/eventually.ts";
import {
  chunks,
  clientWith,
  ended,
  fetchWorker,
  holderOf,
  ORIGIN,
  registerActions,
  TestAgent,
} from "./support/world.ts";

const client = clientWith();
const request = { action: "core.local", parameters: { cmd: "true" } };

/** The agent that holds the lease, another agent of its pool, and an agent of another pool. */
let holder: TestAgent;
let neighbour: TestAgent;
let stranger: TestAgent;
let id: string;
let token: string;
let claims: LeaseClaims;

beforeAll(() => registerActions());

beforeEach(async () => {
  // Executions that a failed test has left do not disturb the next one.
  for (const status of ["requested", "scheduled"] as const)
    for (const { id } of await client.list({ status })) await client.cancel(id);
  for (const { id } of await client.identity.agents()) await client.identity.revokeAgent(id);
  holder = await TestAgent.connect("default");
  holder.hello();
  await holder.expect("welcome");
  ({ id } = await client.create(request));
  const given = await holder.expect("lease");
  expect(given.execution.execution_id).toBe(id);
  token = given.token;
  claims = holderOf(token);
  neighbour = await TestAgent.connect("default");
  stranger = await TestAgent.connect("other");
});

/** The holder accepts the lease and begins. */
async function begin(): Promise<void> {
  holder.say({ type: "accepted", execution_id: id, epoch: claims.epoch });
  await client.start(id, token);
}

/** Expects that the holder still has its lease: it appends and ends. */
async function expectUntouched(): Promise<void> {
  expect((await client.get(id)).status).toBe("running");
  await client.append(id, token, chunks(1, "mine\n"));
  await client.end(id, token, ended(1));
  expect(await (await client.output(id)).text()).toBe("mine\n");
}

/** Claims that differ from the holder's in one field, each signed by the server. */
const FOREIGN: [string, () => Partial<LeaseClaims>][] = [
  ["another agent of the pool", () => ({ agent_id: neighbour.id })],
  ["an agent of another pool", () => ({ agent_id: stranger.id, pool: "other" })],
  ["its agent, as if it were of another pool", () => ({ pool: "other" })],
  ["an agent that there is not", () => ({ agent_id: newId() })],
  ["a later epoch", () => ({ epoch: claims.epoch + 1 })],
];

describe("every request under a lease is refused to", () => {
  const KEYS = "keys/shared";
  const ROUTES: [string, string, unknown][] = [
    ["POST", "start", {}],
    ["POST", "chunks", undefined],
    [
      "POST",
      "expand",
      {
        hosts: ["a", "b"].map((key) => ({ key, address: key })),
        concurrency: 1,
        allow_partial_failure: false,
      },
    ],
    ["POST", "end", ended(0)],
    ["POST", "keys/read", { names: ["shared"] }],
    ["PUT", KEYS, { value: "theirs" }],
    ["DELETE", KEYS, undefined],
  ];

  it.each(FOREIGN)("%s", async (_, differing) => {
    await client.setKey("shared", { value: "kept" });
    await begin();
    const foreign = await signLease({ ...claims, ...differing() }, env.TAILRACE_SECRET);
    for (const [method, path, body] of ROUTES) {
      const response = await fetchWorker(`${ORIGIN}/agent/v1/executions/${id}/${path}`, {
        method,
        headers: { authorization: `Bearer ${foreign}` },
        ...(method === "DELETE" ? {} : { body: path === "chunks" ? chunks(1, "x") : JSON.stringify(body) }),
      });
      const { code } = await response.json<{ code: string }>();
      expect([path, response.status, code]).toEqual([path, 403, "lease_lost"]);
    }
    expect((await client.key("shared")).value).toBe("kept");
    await expectUntouched();
  });

  it("the lease of another execution, an agent's secret, a pool's key and an administrator's", async () => {
    await begin();
    const { id: other } = await client.create(request);
    const given = await holder.expect("lease");
    for (const bearer of [
      given.token,
      holder.identity.secret,
      (await client.createKey({ user: "agent", role: "agent", pool: "default" })).key,
      env.TAILRACE_API_KEY,
    ]) {
      for (const [method, path, body] of ROUTES) {
        const response = await fetchWorker(`${ORIGIN}/agent/v1/executions/${id}/${path}`, {
          method,
          headers: { authorization: `Bearer ${bearer}`, "st2-api-key": bearer },
          ...(method === "DELETE" ? {} : { body: path === "chunks" ? chunks(1, "x") : JSON.stringify(body) }),
        });
        expect([path, response.status]).toEqual([path, 401]);
        await response.body?.cancel();
      }
    }
    await client.cancel(other);
    await expectUntouched();
  });
});

describe("an execution tells nothing and does nothing for", () => {
  it.each(FOREIGN)("%s", async (_, differing) => {
    await begin();
    const object = executionStub(env, id);
    const foreign = { ...claims, ...differing() };
    await object.unlease(foreign);
    expect(await object.holdsLease(foreign)).toBe(false);
    expect(await object.agentBack(foreign)).toEqual({ held: false, cancel: false });
    await object.agentLost(foreign, Date.now());
    for (const reason of ["agent_lost", "agent_restarted", "agent_revoked"] as const)
      await object.abandon(foreign, reason);
    await expectUntouched();
  });

  it("a pool that it does not belong to, which may not give it away", async () => {
    const { id } = await client.create({ ...request, delay: 60_000 });
    const stub = executionStub(env, id);
    const foreign = { epoch: 9, agent_id: stranger.id, pool: "other" };
    expect(await stub.lease(foreign, "x")).toEqual({ kind: "over" });
    await client.cancel(id);
  });
});

describe("a hello that claims", () => {
  it.each([
    ["another agent's lease", () => neighbour, () => claims.epoch],
    ["a lease of another pool", () => stranger, () => claims.epoch],
    ["another agent's lease by a later epoch", () => neighbour, () => claims.epoch + 1],
  ])("%s gets void, whatever it knows", async (_, agent, epoch) => {
    await begin();
    agent().hello({ leases: [{ execution_id: id, epoch: epoch() }], agent_id: holder.id });
    await agent().expect("welcome");
    expect(await agent().expect("void")).toMatchObject({ execution_id: id, epoch: epoch() });
    await expectUntouched();
  });

  it("its own lease under another epoch gets void, and loses the lease that it does not name", async () => {
    await begin();
    const again = await holder.again();
    again.hello({ leases: [{ execution_id: id, epoch: claims.epoch + 1 }] });
    await again.expect("welcome");
    expect(await again.expect("void")).toMatchObject({ epoch: claims.epoch + 1 });
    expect((await client.get(id)).status).toBe("abandoned");
  });

  it("the lease of an absent agent gets void, and the absent agent still has it when it comes back", async () => {
    await begin();
    holder.close();
    await eventually(async () => expect(await client.agents()).toEqual([]));
    neighbour.hello({ leases: [{ execution_id: id, epoch: claims.epoch }] });
    await neighbour.expect("welcome");
    await neighbour.expect("void");
    const again = await holder.again();
    again.hello({ leases: [{ execution_id: id, epoch: claims.epoch }] });
    await again.expect("welcome");
    token = (await again.expect("resume")).token;
    await expectUntouched();
  });
});

describe("a lease is accepted", () => {
  it("only by its own agent: after another agent's acceptance, it can still be given away", async () => {
    for (const agent of [neighbour, stranger]) {
      agent.hello();
      await agent.expect("welcome");
      agent.say({ type: "accepted", execution_id: id, epoch: claims.epoch });
      expect(await agent.expect("void")).toMatchObject({ execution_id: id, epoch: claims.epoch });
    }
    holder.close();
    const given = await neighbour.expect("lease");
    expect(given.execution).toMatchObject({ execution_id: id, epoch: claims.epoch + 1 });
    await client.start(id, given.token);
    await client.end(id, given.token, ended(0));
  });
});
