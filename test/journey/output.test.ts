import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isCompleted } from "../../protocol/base/status.ts";
import { type Received, receive, sha256 } from "../support/reader.ts";
import { scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const TRANSPORTS = ["websocket", "sse", "ndjson"] as const;

async function run(cmd: string, parameters: Record<string, unknown> = {}): Promise<string> {
  const { id } = await world.client.create({
    action: "core.local",
    parameters: { cmd, timeout: 120, ...parameters },
  });
  return id;
}

async function rawText(id: string): Promise<{ bytes: number; sha256: string }> {
  const response = await world.client.output(id);
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    hash.update(part);
  }
  return { bytes, sha256: hash.digest("hex") };
}

describe("200,000 lines on both streams", () => {
  const LINES = 200_000;
  const script = join(scratch(), "lines.mjs");
  writeFileSync(
    script,
    `for (let line = 1; line <= ${LINES}; line++) {
       const stream = line % 3 === 0 ? process.stderr : process.stdout;
       if (!stream.write(\`line \${line} of ${LINES}\\n\`)) await new Promise((go) => stream.once("drain", go));
       if (line % 20_000 === 0) await new Promise((go) => setTimeout(go, 20));
     }`,
  );

  it("are the same for all readers: before, in the middle and after, by every way of reading at once", async () => {
    const expected = { stdout: "", stderr: "" };
    for (let line = 1; line <= LINES; line++)
      expected[line % 3 === 0 ? "stderr" : "stdout"] += `line ${line} of ${LINES}\n`;
    const id = await run(`${process.execPath} ${script}`);
    const early = TRANSPORTS.map((transport) => receive(world.client, id, { transport }));
    const earlyText = rawText(id);
    await until("the middle", async () => ((await world.client.get(id)).output?.last_seq ?? 0) > 5);
    const middle = TRANSPORTS.map((transport) => receive(world.client, id, { transport }));
    const behind = receive(world.client, id, { transport: "websocket", after: 5 });
    const done = await Promise.all([...early, ...middle]);
    const late = await Promise.all(TRANSPORTS.map((transport) => receive(world.client, id, { transport })));
    const [first] = done;
    for (const received of [...done, ...late]) {
      expect(received).toEqual(first);
      expect(received).toMatchObject({
        first_seq: 1,
        dense: true,
        gaps: [],
        after_end: 0,
        end: { status: "succeeded" },
      });
      expect(received.by_type).toEqual({ stdout: sha256(expected.stdout), stderr: sha256(expected.stderr) });
      expect(received.end?.last_seq).toBe(received.last_seq);
    }
    expect(await behind).toMatchObject({ first_seq: 6, dense: true, last_seq: first?.last_seq });
    const { bytes, sha256: sum } = first ?? {};
    expect(await earlyText).toEqual({ bytes, sha256: sum });
    expect(await rawText(id)).toEqual({ bytes, sha256: sum });
  });
});

describe("bytes arrive as they were written", () => {
  const folder = scratch();
  const random = Buffer.alloc(3_000_000);
  for (let at = 0, seed = 42; at < random.length; at++) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    random[at] = seed >>> 24;
  }
  const euro = Buffer.from("aé€😀z");

  it.each([
    ["random binary", random],
    ["NUL bytes", Buffer.alloc(500_000)],
    [
      "a progress bar of carriage returns",
      Buffer.from(Array.from({ length: 5_000 }, (_, i) => `\r${i}%`).join("")),
    ],
    ["50 MB without a line end", Buffer.alloc(50_000_000, "abcdefghijé")],
    ["a byte order mark", Buffer.from("\ufefftext\n")],
    ["half a character at the end", euro.subarray(0, 7)],
  ])("%s", async (name, content) => {
    const file = join(folder, name.replaceAll(" ", "-"));
    writeFileSync(file, content);
    const id = await run(`cat ${file}`);
    const expected = { bytes: content.length, sha256: sha256(content) };
    expect(await rawText(id)).toEqual(expected);
    for (const transport of TRANSPORTS)
      expect(await receive(world.client, id, { transport })).toMatchObject(expected);
    expect((await world.client.get(id)).output?.bytes.stdout).toBe(content.length);
  });

  it("UTF-8 that is cut at each offset", async () => {
    const cuts = Array.from({ length: euro.length - 1 }, (_, cut) => cut + 1);
    const octal = (bytes: Buffer) =>
      Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
    const cmd = cuts
      .map(
        (cut) =>
          `printf '${octal(euro.subarray(0, cut))}'; sleep 0.02; printf '${octal(euro.subarray(cut))}'`,
      )
      .join("; ");
    const id = await run(cmd);
    const received = await receive(world.client, id, { transport: "sse" });
    expect(received.sha256).toBe(sha256(Buffer.concat(cuts.map(() => euro))));
    expect(await (await world.client.output(id)).text()).toBe(euro.toString().repeat(cuts.length));
  });
});

describe("the moment of completion", () => {
  it("gives 300 followers that connect around it everything and the end", async () => {
    const FOLLOWERS_AFTER = 10;
    const round = async () => {
      const id = await run(`printf 'one\\n'; sleep 0.1; printf 'two\\n'`);
      const followers: Promise<Received>[] = [];
      // One for each answer of the server, until some have come after the end.
      for (let after = 0; after < FOLLOWERS_AFTER; ) {
        followers.push(receive(world.client, id, { transport: TRANSPORTS[followers.length % 3] ?? "sse" }));
        if (isCompleted((await world.client.get(id)).status)) after++;
      }
      return Promise.all(followers);
    };
    const received: Received[] = [];
    while (received.length < 300) {
      received.push(...(await Promise.all(Array.from({ length: 10 }, round))).flat());
    }
    for (const follower of received) {
      expect(follower).toMatchObject({
        bytes: 8,
        sha256: sha256("one\ntwo\n"),
        dense: true,
        end: { status: "succeeded" },
      });
    }
  });
});
