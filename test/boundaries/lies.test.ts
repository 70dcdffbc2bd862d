import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire/version.ts";
import { eventually } from "../src/support/eventually.ts";
import { json, userWith } from "../src/support/identity.ts";
import { action } from "../src/support/pools.ts";
import { announcedPacks, chunk, chunks, ended, poolKey, TestAgent } from "../src/support/world.ts";
import { type Change, changes, hostileValues, mutated } from "./mutate.ts";
import { settled, stateOf } from "./state.ts";
import { ask, begun, client, IS_LONG, listed, makeWorld, textOf, type Work, type World } from "./world.ts";

const RUNS = IS_LONG ? 200 : 20;
const TEST_MS_MAX = IS_LONG ? 600_000 : 60_000;

let world: World;
/** Work of another agent of the liar's pool, and of another pool's agent. */
let near: Work;
let far: Work;
let liar: TestAgent;
/** The credential of the user whose runs the liar gets. The user may run the liar's action only. */
let headers: Record<string, string>;
/** The ids and names that belong to the liar: it may change their rows. */
const own: string[] = [];
const count = { messages: 0, failed: 0 };

beforeAll(async () => {
  world = await makeWorld();
  near = await begun(world.holder);
  far = await begun(world.foreigner);
  await listed(near, far);
  await client.register({ pool: world.own, actions: [action("lies.run")] });
  const user = await userWith(ask, [
    { permission_types: ["action_execute"], resource_uid: "action:lies:run" },
  ]);
  headers = user.headers;
  liar = await TestAgent.connect(world.own);
  own.push(liar.id, user.user, "lies.run");
});

afterAll(async () => {
  console.log(`boundaries: ${count.messages} lies told by an agent, ${count.failed} answered by a failure`);
  world.close();
});

/** The liar's true hello. */
const HELLO = {
  type: "hello",
  protocol: PROTOCOL_VERSION,
  protocol_min: PROTOCOL_VERSION,
  name: "liar",
  version: "0",
  slots: 200,
  runners: ["local-shell-cmd"],
  labels: { liar: "yes" },
  packs: announcedPacks("lies"),
};

/** Ids and names of others that a liar may know. */
function known(): unknown[] {
  const { holder, bystander, foreigner, own, other, third } = world;
  const lease = ({ id, claims }: Work) => ({ execution_id: id, epoch: claims.epoch });
  return [
    ...[holder.id, bystander.id, foreigner.id],
    ...[own, other, third, "default"],
    ...[near.id, far.id, lease(near), lease(far), [lease(near), lease(far)]],
    ...["vault", "vault.open", "elsewhere", near.claims.epoch, near.claims.epoch + 1, newId()],
    announcedPacks("vault", "elsewhere"),
  ];
}

function lies(): fc.Arbitrary<Change[]> {
  return changes(hostileValues(known()));
}

/** The liar on a new socket, after a true hello. */
async function honest(): Promise<TestAgent> {
  liar = await liar.again();
  liar.say({ ...HELLO, leases: [] });
  await liar.expect("welcome");
  return liar;
}

/** Work that the liar has begun. */
async function begunByLiar(): Promise<Work> {
  const body = { action: "lies.run", pool: world.own, labels: { liar: "yes" } };
  const made = await ask("/api/v1/executions", { method: "POST", headers, body });
  const { id } = await json<{ id: string }>(made, 201);
  own.push(id);
  while (!liar.closed) {
    // Earlier leases belong to runs of earlier lies.
    const given = await liar.expect("lease").catch(() => undefined);
    if (given?.execution.execution_id !== id) continue;
    const { token } = given;
    const { epoch } = given.execution;
    liar.say({ type: "accepted", execution_id: id, epoch });
    return { id, token, claims: { execution_id: id, epoch, agent_id: liar.id, pool: world.own } };
  }
  throw new Error("the liar was sent away");
}

/** Lies, and expects that the state of all others is unchanged. */
async function lie(tell: () => Promise<void>): Promise<void> {
  const stored = { pools: [world.own, world.other, world.third], executions: [near.id, far.id] };
  const read = () => stateOf(stored, { pool: world.own, texts: own });
  const before = await settled(read);
  await tell();
  expect(await settled(read)).toBe(before);
}

/** Sends a lie by HTTP. The server refuses or takes it, but does not fail. */
async function send(
  method: string,
  path: string,
  bearer: Record<string, string>,
  text: string,
): Promise<number> {
  const answer = await ask(path, { method, headers: bearer, text });
  count.messages++;
  if (answer.status >= 500) count.failed++;
  expect([path, text.slice(0, 2_000), answer.status, await answer.text()]).toEqual([
    path,
    expect.anything(),
    expect.toSatisfy((status) => status < 500),
    expect.anything(),
  ]);
  return answer.status;
}

describe("an agent that lies", { timeout: TEST_MS_MAX }, () => {
  it("in its hello and in later messages changes nothing of another agent", async () => {
    const accepted = { type: "accepted", execution_id: near.id, epoch: near.claims.epoch };
    await lie(async () => {
      await fc.assert(
        fc.asyncProperty(lies(), lies(), fc.boolean(), async (first, second, is_true) => {
          liar = await liar.again();
          liar.say(is_true ? { ...HELLO, leases: [] } : mutated({ ...HELLO, leases: [accepted] }, first));
          liar.say(mutated(accepted, second));
          count.messages += 2;
          // The pool has read all earlier messages once it answers a later connection.
          await honest();
        }),
        { numRuns: RUNS },
      );
    });
  });

  it("under its own lease changes no other agent's work", async () => {
    await honest();
    const paths: Record<string, [string, unknown]> = {
      "/start": ["POST", {}],
      "/chunks": [
        "POST",
        { ...chunk(1, "a lie\n"), host: "h", gap: { reason: "limit", bytes: 1, first_seq: 1 } },
      ],
      "/expand": ["POST", { hosts: HOSTS, concurrency: 1, allow_partial_failure: false }],
      "/keys/read": ["POST", { names: ["of-the-deployment"], scope: "system" }],
      "/keys/of-the-deployment": ["PUT", { name: "x", value: "a lie", scope: "system", user: "admin" }],
      "/keys/more": ["DELETE", {}],
      "/end": ["POST", { ...ended(0), result: { stdout: "a lie", stderr: "" } }],
    };
    await client.setKey("of-the-deployment", { value: "none of an agent's" }).catch(() => undefined);
    await lie(async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.constantFrom(...Object.keys(paths)), lies()), { minLength: 1, maxLength: 6 }),
          async (told) => {
            const work = await begunByLiar();
            const bearer = { authorization: `Bearer ${work.token}` };
            for (const [path, made] of told) {
              const [method, body] = paths[path] ?? ["POST", {}];
              const text = mutated(body, made);
              await send(method, `/agent/v1/executions/${work.id}${path}`, bearer, text);
              for (const { id } of [near, far])
                expect(await send(method, `/agent/v1/executions/${id}${path}`, bearer, text)).toBe(401);
            }
            await client.cancel(work.id).catch(() => undefined);
            await honest();
          },
        ),
        { numRuns: RUNS },
      );
    });
  });

  it("about its pool's offer changes no other pool's offer", async () => {
    const page = {
      pack: { ref: "lies", name: "lies", version: "1", description: "", author: "" },
      digest: "0".repeat(64),
      total: 1,
      first: 0,
      actions: [
        { ...action("lies.run"), entry_point: "run.sh", id: "1", ref: "vault.open", pool: world.other },
      ],
    };
    const offer = { packs: [{ ref: "lies", digest: page.digest }] };
    const bearer = { "st2-api-key": liar.identity.secret };
    await lie(async () => {
      await fc.assert(
        fc.asyncProperty(
          lies(),
          fc.constantFrom(world.own, world.other, world.third),
          fc.constantFrom("lies", "vault", "core"),
          async (made, pool, pack) => {
            const statuses = [
              await send("POST", `/agent/v1/pools/${pool}/packs`, bearer, mutated(offer, made)),
              await send(
                "POST",
                `/agent/v1/pools/${pool}/packs/${pack}/actions`,
                bearer,
                mutated(page, made),
              ),
            ];
            const refused = expect.toBeOneOf([400, 403, 413]);
            if (pool !== world.own) expect(statuses).toEqual([refused, refused]);
            await send(
              "POST",
              "/agent/v1/actions",
              bearer,
              mutated({ packs: [page.pack], actions: page.actions }, made),
            );
          },
        ),
        { numRuns: RUNS },
      );
    });
  });

  it("in its registration becomes no other agent", async () => {
    const bearer = { "st2-api-key": await poolKey(world.own) };
    const whole = { name: "liar", pool: world.own, legacy_id: world.holder.id };
    await fc.assert(
      fc.asyncProperty(lies(), async (made) => {
        const answer = await ask("/agent/v1/agents", {
          method: "POST",
          headers: bearer,
          text: mutated(whole, made),
        });
        count.messages++;
        expect(answer.status).toBeOneOf([201, 400, 403, 413]);
        if (answer.status !== 201) return;
        const { id, pool } = await answer.json<{ id: string; pool: string }>();
        expect(pool).toBe(world.own);
        expect([world.holder.id, world.bystander.id, world.foreigner.id]).not.toContain(id);
        await client.identity.revokeAgent(id);
      }),
      { numRuns: RUNS },
    );
  });

  it("does not disturb the work of another agent or another pool", async () => {
    for (const [work, pool] of [
      [near, world.own],
      [far, world.other],
    ] as const) {
      await client.append(work.id, work.token, chunks(1, `${textOf(pool)}\n`));
      await client.end(work.id, work.token, ended(1));
      expect(await client.get(work.id)).toMatchObject({ status: "succeeded" });
      const output = await client.output(work.id, { follow: "false" });
      expect(await output.text()).toBe(`${textOf(pool)}\n`);
    }
    await honest();
    // The liar may have changed the offer of its own pool, which is its right.
    await client.register({ pool: world.own, actions: [action("lies.run")] });
    const work = await begunByLiar();
    await client.start(work.id, work.token);
    await client.end(work.id, work.token, ended(0));
    await eventually(async () => expect((await client.get(work.id)).status).toBe("succeeded"));
  });
});

const HOSTS = ["one", "two"].map((host) => ({ key: host, address: host }));
