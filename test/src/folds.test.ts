import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { FoldPage } from "../../protocol/wire/fold-page.ts";
import type { FoldMark } from "../../protocol/wire/fold-scanner.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { chunk, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

/** The marks of an output, asked for part by part, without those of sources, and the number of parts. */
async function marksOf(id: string, type = ""): Promise<{ marks: FoldMark[]; parts: number }> {
  const marks: FoldMark[] = [];
  for (let [line, parts] = [1, 1]; ; parts++) {
    const path = `/api/v1/executions/${id}/output/folds?line=${line}&type=${type}`;
    const answer = await fetchWorker(ORIGIN + path, { headers });
    expect(answer.status).toBe(200);
    const page: FoldPage = await answer.json();
    marks.push(...page.marks.filter(({ kind }) => kind !== "source"));
    if (page.done) return { marks, parts };
    expect(page.next).toBeGreaterThan(line);
    line = page.next;
  }
}

describe("the folds of an output", () => {
  it("are its markers and runs, also where a terminal shows nothing of them, by the places of the asked streams", async () => {
    const { id, token } = await run(client);
    const lines = [
      "::group::a",
      "1",
      "::endgroup::",
      "section_start:5:b\r\x1b[0KThe b",
      ...Array(25).fill("same"),
    ];
    const body = [chunk(1, "warned\n", "stderr"), chunk(2, `${lines.join("\n")}\n`)]
      .map(encodeChunk)
      .join("");
    await client.append(id, token, body);
    await client.end(id, token, ended(2));
    const expected = (before: number) => [
      { kind: "start", key: "group", name: "a", place: before + 1 },
      { kind: "end", key: "group", place: before + 3 },
      { kind: "start", key: "section b", name: "The b", time_ms: 5_000, place: before + 4 },
      { kind: "run", count: 25, text: "same", place: before + 5 },
    ];
    expect((await marksOf(id)).marks).toMatchObject(expected(1));
    expect((await marksOf(id, "stdout")).marks).toMatchObject(expected(0));
    expect((await marksOf(id, "stderr")).marks).toEqual([]);
  });

  it("are found where a batch of another stream alone is within a marker", async () => {
    const { id, token } = await run(client);
    const batches = [chunk(1, "1\n::gro"), chunk(2, "warned\n", "stderr"), chunk(3, "up::a\n2\n")];
    for (const batch of batches) await client.append(id, token, encodeChunk(batch));
    await client.end(id, token, ended(3));
    const expected = [{ kind: "start", key: "group", name: "a", place: 2 }];
    expect((await marksOf(id, "stdout")).marks).toMatchObject(expected);
  });

  it("are found part by part, and a run over two parts is one", async () => {
    const { id, token } = await run(client);
    let seq = 0;
    const write = async (lines: string[]) => {
      let body = "";
      for (let at = 0; at < lines.length; at += 25) {
        body += encodeChunk(chunk(++seq, `${lines.slice(at, at + 25).join("\n")}\n`));
      }
      await client.append(id, token, body);
    };
    // 3,000 lines of a kilobyte, a run across the bound of 4 MiB, and a group behind it.
    for (let batch = 0; batch < 10; batch++) {
      await write(Array.from({ length: 300 }, (_, at) => `line ${batch} ${at} ${"-".repeat(1_000)}`));
    }
    for (let batch = 0; batch < 5; batch++) await write(Array<string>(400).fill("=".repeat(2_000)));
    await client.append(id, token, encodeChunk(chunk(++seq, "::group::late\n")));
    await client.end(id, token, ended(seq));
    const { marks, parts } = await marksOf(id);
    expect(parts).toBeGreaterThan(1);
    expect(marks).toMatchObject([
      { kind: "run", place: 3_001, count: 2_000 },
      { kind: "start", name: "late", place: 5_001 },
    ]);
  });
});
