import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeChunk } from "../../protocol/wire/line.ts";
import type { SearchMatch, SearchPage } from "../../protocol/wire/search.ts";
import { chunk, chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

function get(path: string): Promise<Response> {
  return fetchWorker(ORIGIN + path, { headers });
}

async function search(id: string, query: Record<string, string>): Promise<SearchPage> {
  const response = await get(`/api/v1/executions/${id}/search?${new URLSearchParams(query)}`);
  expect(response.status).toBe(200);
  return response.json();
}

/** All matches, requested until the end. */
async function searchAll(id: string, query: Record<string, string>): Promise<SearchMatch[]> {
  const matches: SearchMatch[] = [];
  for (let from = {}; ; ) {
    const page = await search(id, { ...query, ...from });
    matches.push(...page.matches);
    if (page.done) return matches;
    from = { line: String(page.next), from_seq: String(page.from_seq) };
  }
}

/** A log with batches of numbered lines, and one different line. */
async function longLog(batches: number, needle_at: number): Promise<{ id: string; lines: number }> {
  const { id, token } = await run(client);
  let number = 0;
  for (let batch = 0; batch < batches; batch++) {
    let body = "";
    for (let at = 0; at < 10; at++) {
      let data = "";
      for (let line = 0; line < 100; line++) {
        number++;
        data += `${number === needle_at ? "\x1b[31mNEEDLE\x1b[0m in the hay" : `line ${number} ${"-".repeat(60)}`}\n`;
      }
      body += encodeChunk(chunk(batch * 10 + at + 1, data, at % 5 === 0 ? "stderr" : "stdout"));
    }
    await client.append(id, token, body);
  }
  await client.end(id, token, ended(batches * 10));
  return { id, lines: number };
}

interface PageLine {
  event?: string;
  before?: Record<string, number>;
  after?: Record<string, number>;
  total?: Record<string, number>;
  data?: string;
  seq?: number;
  output_type?: string;
}

async function page(id: string, query: string): Promise<PageLine[]> {
  const response = await get(`/api/v1/executions/${id}/output/lines?${query}`);
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("a page of lines", () => {
  it("has the number of lines, by stream, as the document has", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\ntw", "o\n\nrest"));
    await client.append(id, token, encodeChunk(chunk(3, "err\n", "stderr")));
    expect((await page(id, ""))[0]).toMatchObject({ total: { stdout: 3, stderr: 1, other: 0 } });
    expect((await client.get(id)).output).toMatchObject({ lines: { stdout: 3, stderr: 1, other: 0 } });
  });

  it("has the requested line, wherever it is, and begins one batch earlier", async () => {
    const { id, lines } = await longLog(12, 0);
    for (const line of [1, 999, 1000, 1001, 6500, lines]) {
      const records = await page(id, `line=${line}`);
      expect(records.some(({ data }) => data?.includes(`line ${line} -`))).toBe(true);
      const [, first] = records;
      const before = (first?.before?.stdout ?? 0) + (first?.before?.stderr ?? 0);
      expect(before).toBe(Math.max(0, Math.floor((line - 1) / 1000) * 1000 - 1000));
    }
  });

  it("has the last lines if none is named", async () => {
    const { id, lines } = await longLog(12, 0);
    expect((await page(id, "")).at(-1)?.data).toContain(`line ${lines} -`);
  });

  it("has the part of the last batch that a reader needs first, and counts the rest", async () => {
    const { id, token } = await run(client);
    const filling = Array.from({ length: 15 }, () => "o".repeat(32_767).concat("\n"));
    await client.append(id, token, chunks(1, ...filling, "last\n"));
    const records = await page(id, "");
    expect(JSON.stringify(records).length).toBeLessThan(110_000);
    expect(records[2]).toEqual({
      event: "passed",
      first_seq: 1,
      lines: { stdout: 13, stderr: 0, other: 0 },
      ended: [{ output_type: "stdout" }],
    });
    expect(records.at(-1)?.data).toBe("last\n");
    expect(JSON.stringify(await page(id, "line=16")).length).toBeGreaterThan(480_000);
  });

  it("finds a line by its place among the lines of one stream", async () => {
    const { id } = await longLog(3, 0);
    // The first hundred and the sixth hundred of each thousand lines are of stderr.
    const records = await page(id, "type=stderr&line=201");
    expect(records.some(({ data }) => data?.includes("line 1001 -"))).toBe(true);
  });

  it("has the chunks of the requested streams only", async () => {
    const { id } = await longLog(3, 0);
    const records = await page(id, "type=stderr&line=201");
    const types = records.flatMap(({ seq, output_type }) => (seq === undefined ? [] : output_type));
    expect(new Set(types)).toEqual(new Set(["stderr"]));
    expect(records.some(({ event }) => event === "passed")).toBe(true);
  });

  it("reads further for a stream with few chunks", async () => {
    const { id, token } = await run(client);
    for (let batch = 0; batch < 8; batch++) {
      const out = [1, 2, 3].map((at) => encodeChunk(chunk(batch * 4 + at, "o".repeat(60_000))));
      await client.append(id, token, out.join("") + encodeChunk(chunk(batch * 4 + 4, "err\n", "stderr")));
    }
    const records = await page(id, "type=stderr&line=1");
    expect(records.filter(({ output_type }) => output_type === "stderr").length).toBeGreaterThan(4);
    expect(JSON.stringify(records).length).toBeLessThan(10_000);
  });

  it.each(["line=0", "line=x", "type=stdnone", "lead=401", "lead=-1"])("refuses %s", async (query) => {
    const { id } = await run(client);
    expect((await get(`/api/v1/executions/${id}/output/lines?${query}`)).status).toBe(400);
  });
});

describe("a page of lines of an unknown execution", () => {
  it("is 404", async () => {
    expect((await get("/api/v1/executions/0123456789abcdef01234567/output/lines")).status).toBe(404);
  });
});

describe("a search", () => {
  it("finds a line far into the log, over any number of requests, by its number", async () => {
    const { id } = await longLog(80, 61_234);
    const found = await searchAll(id, { q: "needle" });
    expect(found).toEqual([
      { line: 61_234, place: 61_234, seq: 613, output_type: "stdout", start: 0, text: "NEEDLE" },
    ]);
  });

  it("respects case on request, and searches one stream only", async () => {
    const { id } = await longLog(3, 1_234);
    expect(await searchAll(id, { q: "needle", case: "true" })).toEqual([]);
    expect(await searchAll(id, { q: "needle", type: "stderr" })).toEqual([]);
    expect(await searchAll(id, { q: "LINE 1001 ", type: "stderr" })).toMatchObject([
      { line: 1_001, place: 201 },
    ]);
  });

  it("takes regular expressions, and none of them takes long", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, `${"a".repeat(5_000)}!\n`, "id=42 ok\n"));
    expect(await searchAll(id, { q: "id=\\d+", regex: "true" })).toMatchObject([{ line: 2, text: "id=42" }]);
    expect(await searchAll(id, { q: "(a+)+$", regex: "true" })).toEqual([]);
    expect((await get(`/api/v1/executions/${id}/search?q=(&regex=true`)).status).toBe(400);
  });

  it("continues at its last place as the log grows", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "hit 1\nmiss\n", "half a hi"));
    const first = await search(id, { q: "hit" });
    expect(first).toMatchObject({ matches: [{ line: 1 }], next: 3, done: true });
    await client.append(id, token, chunks(3, "t\nhit 4\n"));
    expect(await search(id, { q: "hit", line: String(first.next) })).toMatchObject({
      matches: [{ line: 3 }, { line: 4 }],
      next: 5,
      done: true,
    });
  });

  it("returns at most the requested number of matches, and continues behind them", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "hit\n".repeat(10)));
    const first = await search(id, { q: "hit", limit: "4" });
    expect(first.matches.map(({ line }) => line)).toEqual([1, 2, 3, 4]);
    expect(first).toMatchObject({ next: 5, done: false });
  });

  it("searches the visible text of a line, and lines without a line feed", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "10%\r100% d\x1b[1mon\x1b[0me\n", "the last one"));
    await client.end(id, token, ended(2));
    expect(await searchAll(id, { q: "done" })).toMatchObject([{ line: 1 }]);
    expect(await searchAll(id, { q: "10%\r" })).toEqual([]);
    expect(await searchAll(id, { q: "last one" })).toMatchObject([{ line: 2 }]);
  });

  it("joins a line from the chunks of its own stream", async () => {
    const { id, token } = await run(client);
    await client.append(
      id,
      token,
      chunks(1, "out be") + encodeChunk(chunk(2, "err\n", "stderr")) + encodeChunk(chunk(3, "gins\n")),
    );
    expect(await searchAll(id, { q: "out begins" })).toMatchObject([{ line: 2, seq: 1 }]);
  });
});

describe("a search of rows that are drawn again", () => {
  it("finds what they show at last, at the line that made them", async () => {
    const { id, token } = await run(client);
    const spinner = Array.from({ length: 40 }, (_, at) => `\x1b[1G\x1b[2Kstep ${at + 1} of 40`).join("");
    await client.append(
      id,
      token,
      chunks(1, "pull one\npull two\n", "pull three\n", "\x1b[3A", "\x1b[Jall done\n", spinner, "\nend\n"),
    );
    await client.end(id, token, ended(6));
    expect(await searchAll(id, { q: "all done" })).toMatchObject([{ line: 1 }]);
    expect(await searchAll(id, { q: "step 40" })).toMatchObject([{ line: 2 }]);
    for (const invisible of ["pull", "step 12"]) expect(await searchAll(id, { q: invisible })).toEqual([]);
  });

  it("knows the rows above the place from which it continues", async () => {
    const { id, token } = await run(client);
    for (const at of [1, 2, 3, 4, 5]) await client.append(id, token, chunks(at, `row ${at}\n`));
    const first = await search(id, { q: "row", limit: "3" });
    expect(first).toMatchObject({ count: 3, next: 4, done: false });
    // It draws on the second row. Without the rows above, it would be the fourth.
    await client.append(id, token, chunks(6, "\x1b[5A\x1b[B\x1b[2Kdrawn\n"));
    await client.end(id, token, ended(6));
    const from = { line: String(first.next), from_seq: String(first.from_seq) };
    expect((await search(id, { q: "row", ...from })).matches).toMatchObject([{ line: 4 }, { line: 5 }]);
  });

  it("keeps the screens of the streams apart", async () => {
    const { id, token } = await run(client);
    const err = encodeChunk(chunk(2, "warning\n", "stderr"));
    await client.append(id, token, chunks(1, "working\n") + err + chunks(3, "\x1b[A\x1b[2Kdone\n"));
    await client.end(id, token, ended(3));
    expect(await searchAll(id, { q: "done" })).toMatchObject([{ line: 1 }]);
    expect(await searchAll(id, { q: "warning" })).toMatchObject([{ line: 2 }]);
    expect(await searchAll(id, { q: "working" })).toEqual([]);
  });
});

describe("a search of a long line", () => {
  it.each([
    ["plain", "x".repeat(31_250)],
    ["coloured", `\x1b[31m${"x".repeat(31_000)}\x1b[0m${"x".repeat(250)}`],
  ])("finds the end of a million characters, with the text around it (%s)", async (_, piece) => {
    const { id, token } = await run(client);
    for (let at = 1; at <= 32; at++) await client.append(id, token, chunks(at, piece));
    await client.append(id, token, chunks(33, "NEEDLE at the end\nnext\n"));
    await client.end(id, token, ended(33));
    const [found] = await searchAll(id, { q: "needle" });
    expect(found).toMatchObject({ line: 1, start: 1_000_000, text: "NEEDLE", before: "x".repeat(300) });
    expect(found?.after).toBe(" at the end");
  });
});

describe("a search that only counts", () => {
  it("counts all matches without their places", async () => {
    const { id } = await longLog(12, 0);
    expect(await search(id, { q: "line", limit: "0" })).toMatchObject({
      matches: [],
      count: 12_000,
      next: 12_001,
      done: true,
    });
  });
});

describe("output as plain text", () => {
  it("has no escape sequences, also if chunks cut them", async () => {
    const { id, token } = await run(client);
    await client.append(
      id,
      token,
      chunks(1, "\x1b[3", "1mred\x1b[0m ", "\x1b]8;;http://x\x1b", "\\link\x1b]8;;\x07\n"),
    );
    await client.end(id, token, ended(4));
    const text = await (await get(`/api/v1/executions/${id}/output?format=plain`)).text();
    expect(text).toBe("red link\n");
  });
});
