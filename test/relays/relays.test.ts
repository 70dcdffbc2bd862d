import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { CREDIT_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { eventually, promised } from "../src/support/eventually.ts";
import { asAdmin, askWith, keyOf, REVOKED_MS_MAX } from "../src/support/identity.ts";
import { chunks, clientWith, ended, run } from "../src/support/world.ts";
import { range, relayOf, SocketFollower, socketsOf, wayOf } from "./support.ts";

const client = clientWith();
const ask = askWith();
const line = (seq: number) => `line ${seq}\n`;

describe("a follower of an execution whose object takes none", () => {
  it("is at the relay of the last level, and no other object has a socket", async () => {
    const { id, token } = await run(client);
    const follower = await SocketFollower.connect(id);
    await client.append(id, token, chunks(1, line(1)));
    await eventually(() => expect(follower.seqs).toEqual([1]));
    const counts = await Promise.all(wayOf(id).map(socketsOf));
    expect(counts).toEqual([...range(1, env.RELAY_LEVELS).map(() => 0), 1]);
    await client.end(id, token, ended(1));
    await eventually(() => expect(follower.closed).toEqual({ code: 1000, reason: "end" }));
    expect(follower.events).toEqual(["status", "end"]);
  });

  it("reads stored output from the execution itself, to its end", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, line(1)));
    const reader = await SocketFollower.connect(id, { query: "follow=false" });
    await eventually(() => expect(reader.events).toEqual(["status", "up_to_date"]));
    expect(await socketsOf(relayOf(id))).toBe(0);
  });

  it("gets each change of the status", async () => {
    const { id, token, agent } = await run(client);
    const follower = await SocketFollower.connect(id);
    await client.append(id, token, chunks(1, line(1)));
    await client.cancel(id);
    await agent.expect("cancel");
    await eventually(() => expect(follower.statuses).toEqual(["running", "canceling"]));
  });

  it.each(["stay awake", "sleep"])(
    "gets a status that its feeder has stored and not sent before a crash, once, while the relays %s",
    async (relays) => {
      const { id, token, agent } = await run(client);
      const follower = await SocketFollower.connect(id);
      await client.append(id, token, chunks(1, line(1)));
      await eventually(() => expect(follower.seqs).toEqual([1]));
      const [execution, ...way] = wayOf(id);
      if (!execution) throw new Error("an execution has an object");
      // Without the names of its relays it sends nothing, as if it had crashed before.
      await runInDurableObject(execution, (_, { storage }) => storage.kv.delete("relays"));
      await evictDurableObject(execution, { webSockets: "hibernate" });
      await client.cancel(id);
      await agent.expect("cancel");
      for (let check = 0; check < 2; check++) {
        if (relays === "sleep")
          for (const relay of way) await evictDurableObject(relay, { webSockets: "hibernate" });
        for (const relay of way) await runDurableObjectAlarm(relay);
        await eventually(() => expect(follower.statuses).toEqual(["running", "canceling"]));
      }
      await client.append(id, token, chunks(2, line(2)));
      await eventually(() => expect(follower.seqs).toEqual([1, 2]));
      expect(follower.statuses).toEqual(["running", "canceling"]);
    },
  );
});

describe("each line comes once and in order", () => {
  it.each(["the execution", "the relays", "all of them"])(
    "when %s sleep and wake between two batches",
    async (which) => {
      const { id, token } = await run(client);
      const [early, silent] = [
        await SocketFollower.connect(id),
        await SocketFollower.connect(id, { grants: false }),
      ];
      const way = wayOf(id);
      const asleep =
        which === "the execution" ? way.slice(0, 1) : which === "the relays" ? way.slice(1) : way;
      for (let seq = 1; seq <= 8; seq++) {
        await client.append(id, token, chunks(seq, line(seq)));
        await eventually(() => expect(early.seqs).toEqual(range(1, seq)));
        for (const object of asleep) await evictDurableObject(object, { webSockets: "hibernate" });
      }
      const late = await SocketFollower.connect(id, { query: "after=3" });
      await client.end(id, token, ended(8));
      for (const [follower, first] of [
        [early, 1],
        [silent, 1],
        [late, 4],
      ] as const) {
        await eventually(() => expect(follower.events).toContain("end"));
        expect(follower.seqs).toEqual(range(first, 8));
      }
    },
  );

  it("when relays lose their followers, and these come back", async () => {
    const { id, token } = await run(client);
    const got: number[] = [];
    const reading = (async () => {
      for await (const record of client.follow(id, { transport: "sse" }))
        if (isChunk(record)) got.push(record.seq);
    })();
    for (let seq = 1; seq <= 12; seq++) {
      await client.append(id, token, chunks(seq, line(seq)));
      if (seq % 4 === 0) {
        await eventually(() => expect(got.length).toBeGreaterThanOrEqual(seq - 1));
        for (const relay of wayOf(id).slice(1)) await evictDurableObject(relay, { webSockets: "close" });
      }
    }
    await client.end(id, token, ended(12));
    await reading;
    expect(got).toEqual(range(1, 12));
  });

  it("when the object that feeds a relay has forgotten it: the relay asks", async () => {
    const { id, token } = await run(client);
    const follower = await SocketFollower.connect(id);
    await client.append(id, token, chunks(1, line(1)));
    await eventually(() => expect(follower.seqs).toEqual([1]));
    for (const feeder of wayOf(id).slice(0, -1)) {
      await runInDurableObject(feeder, (_, { storage }) => storage.kv.delete("relays"));
      await evictDurableObject(feeder, { webSockets: "hibernate" });
    }
    await client.append(id, token, chunks(2, line(2)));
    await client.end(id, token, ended(2));
    expect(follower.seqs).toEqual([1]);
    await runDurableObjectAlarm(relayOf(id));
    await eventually(() => expect(follower.events).toContain("end"));
    expect(follower.seqs).toEqual([1, 2]);
  });
});

describe("a follower that is slow", () => {
  const DATA = `${"x".repeat(63_999)}\n`;
  const CHUNKS = 160;

  it("delays no other one, and gets all from the log, also after its relay slept", async () => {
    const { id, token } = await run(client);
    const slow = await SocketFollower.connect(id, { grants: false });
    const fast = await SocketFollower.connect(id);
    for (let seq = 1; seq <= CHUNKS; seq += 4)
      await client.append(id, token, chunks(seq, DATA, DATA, DATA, DATA));
    await eventually(() => expect(fast.seqs).toHaveLength(CHUNKS));
    await eventually(() => expect(slow.events).toContain("credit"));
    expect(slow.chars).toBeLessThan(2 * CREDIT_CHARS_MAX);
    await client.end(id, token, ended(CHUNKS));
    await eventually(() => expect(fast.events).toContain("end"));
    for (const object of wayOf(id)) await evictDurableObject(object, { webSockets: "hibernate" });
    let granted = 0;
    await eventually(() => {
      if (slow.chars > granted) slow.grant(slow.chars - granted);
      granted = slow.chars;
      expect(slow.events).toContain("end");
    });
    expect(slow.seqs).toEqual(range(1, CHUNKS));
  });

  it("gets nothing of a text that was removed after the end", async () => {
    const { id, token } = await run(client);
    const slow = await SocketFollower.connect(id, { grants: false });
    for (let seq = 1; seq <= CHUNKS; seq += 4)
      await client.append(id, token, chunks(seq, DATA, DATA, DATA, `${"secret-text".padEnd(999, "y")}\n`));
    await client.end(id, token, ended(CHUNKS));
    await eventually(() => expect(slow.events).toContain("credit"));
    const before = slow.text.split("secret-text").length;
    await client.redact(id, { texts: ["secret-text"] });
    let granted = 0;
    await eventually(() => {
      if (slow.chars > granted) slow.grant(slow.chars - granted);
      granted = slow.chars;
      expect(slow.events).toContain("end");
    });
    expect(slow.seqs).toEqual(range(1, CHUNKS));
    expect(slow.text.split("secret-text")).toHaveLength(before);
    expect(slow.text).toContain("***********");
  });
});

describe("a relay", () => {
  it("ends the followers of a credential that is revoked", async () => {
    const { id, token } = await run(client);
    const { id: key_id, key } = await keyOf(ask, "ann");
    const dropped = await SocketFollower.connect(id, { key });
    const kept = await SocketFollower.connect(id);
    await ask(`/api/v1/apikeys/${key_id}`, { method: "DELETE", headers: asAdmin });
    await promised(REVOKED_MS_MAX, () => expect(dropped.closed?.code).toBe(1008));
    expect(dropped.records.at(-1)).toMatchObject({ event: "error", code: "unauthorized" });
    await client.append(id, token, chunks(1, line(1)));
    await eventually(() => expect(kept.seqs).toEqual([1]));
    expect(dropped.seqs).toEqual([]);
  });

  it("closes a follower that promised pings and sends none, by its alarm", async () => {
    const { id } = await run(client);
    const silent = await SocketFollower.connect(id, { query: "ping_ms=100" });
    const patient = await SocketFollower.connect(id, { query: "ping_ms=60000" });
    await eventually(async () => {
      await runDurableObjectAlarm(relayOf(id));
      expect(silent.closed).toEqual({ code: 1001, reason: "silent" });
    });
    expect(patient.closed).toBeUndefined();
  });

  it("whose last follower has left stores nothing and has no alarm, and is no longer fed", async () => {
    const { id, token } = await run(client);
    const follower = await SocketFollower.connect(id);
    await client.append(id, token, chunks(1, line(1)));
    await eventually(() => expect(follower.seqs).toEqual([1]));
    follower.close();
    for (const object of wayOf(id)) {
      await eventually(async () => {
        const left = await runInDurableObject(object, async (_, { storage }) => ({
          relays: storage.kv.get("relays"),
          alarm: object === wayOf(id)[0] ? null : await storage.getAlarm(),
        }));
        expect(left).toEqual({ relays: undefined, alarm: null });
      });
    }
    const empty = await runInDurableObject(relayOf(id), (_, { storage }) => [...storage.kv.list()]);
    expect(empty).toEqual([]);
    const again = await SocketFollower.connect(id);
    await eventually(() => expect(again.seqs).toEqual([1]));
  });

  it("tells its followers that the output has expired", async () => {
    const { id, token } = await run(client);
    const slow = await SocketFollower.connect(id, { grants: false });
    const DATA = `${"x".repeat(63_999)}\n`;
    for (let seq = 1; seq <= 160; seq += 8)
      await client.append(id, token, chunks(seq, ...range(1, 8).map(() => DATA)));
    await client.end(id, token, ended(160));
    await eventually(() => expect(slow.events).toContain("credit"));
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 8 * 24 * 60 * 60 * 1000 });
    onTestFinished(() => void vi.useRealTimers());
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    await eventually(() => expect(slow.closed).toEqual({ code: 1000, reason: "expired" }));
    expect(slow.records.at(-1)).toMatchObject({ event: "error", code: "expired" });
  });
});
