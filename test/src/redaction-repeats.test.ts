import { expect, it } from "vitest";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { blankRow, LogSearch } from "../../src/execution/log/redact-log.ts";
import { clientWith, ended, run } from "./support/world.ts";

/** Texts of one letter, of different lengths. Each occurs nearly everywhere in a text of that letter. */
const TEXTS = Array.from({ length: 100 }, (_, at) => "a".repeat(at < 50 ? 4 + at : 4096 - at));
const SIZE = 1_700_000;
/** Tiny chunks are slow to read, so the log is smaller. */
const LOG_SIZE = SIZE / 4;

it("removes texts from a long result of one repeated letter", async () => {
  const client = clientWith();
  const { id, token } = await run(client);
  const end = ended(0);
  await client.end(id, token, { ...end, result: { ...end.result, stdout: `${"a".repeat(SIZE)}b` } });
  expect(await client.redact(id, { texts: TEXTS })).toEqual({ id, done: true });
  expect((await client.get(id)).result?.stdout).toBe(`${"*".repeat(SIZE)}b`);
});

it("finds texts in a long log of one repeated letter, and marks each byte once", () => {
  const search = new LogSearch(TEXTS);
  const noted = new Set<{ start: number; end: number }>();
  let bytes = 0;
  for (let seq = 1; bytes < LOG_SIZE; seq++) {
    const length = 4 + (seq % 9);
    const chunk = (data: string) =>
      encodeChunk({ seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data });
    const body = chunk("a".repeat(length));
    const found = search.read({ first_seq: seq, body });
    for (const { spans } of found) for (const span of spans) noted.add(span);
    if (blankRow(body, found) !== chunk("*".repeat(length))) expect.fail(`chunk ${seq} is not blanked`);
    bytes += length;
  }
  expect([...noted].reduce((sum, { start, end }) => sum + end - start, 0)).toBe(bytes);
});
