import { PassThrough, Readable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, it, vi } from "vitest";
import { serverLine } from "../../cli/base/server-log.ts";
import { type EngineLine, readEngineLog } from "../../cli/server/engine-log.ts";
import { nameInLog } from "../../src/objects/spec.ts";
import { afterTest } from "../support/world.ts";

it("the engine's log leaves out its notices about itself, and keeps what the Worker prints", async () => {
  const output = Readable.from([
    '{"level":"error","message":"NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.; scheduledTime = 1s"}\n',
    '{"level":"error","message":"NOSENTRY output lock broke after executing alarm with tunneled non-user error; actorId = 1; database or disk is full: SQLITE_FULL"}\n',
    '{"level":"error","message":"execution 1: not delivered yet: away"}\n',
  ]);
  const lines: EngineLine[] = [];
  readEngineLog([output], (line) => lines.push(line));
  await expect
    .poll(() => lines)
    .toEqual([{ level: "error", message: "execution 1: not delivered yet: away" }]);
});

it("a failure of the engine that repeats is one line, without the addresses of its stack", async () => {
  const failed = "e = workerd/util/sqlite.c++:914: failed: SQLite failed; disk I/O error: SQLITE_IOERR";
  const stack = (id: string) =>
    `stack: /a/b/workerd@28a3c60 /a/b/workerd@3ac7580 /a/b/workerd@3692230; wdErrId = ${id}`;
  const output = Readable.from(
    ["one", "two", "three"].flatMap((id) => [failed, stack(id)]).map((line) => `${line}\n`),
  );
  const lines: EngineLine[] = [];
  readEngineLog([output, Readable.from(["over\n"])], (line) => lines.push(line));
  await expect.poll(() => lines.map(({ message }) => message).toSorted()).toEqual([failed, "over"]);
});

it("a failure of the engine that comes back later is told again", async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  afterTest(() => void vi.useRealTimers());
  const output = new PassThrough();
  const lines: string[] = [];
  readEngineLog([output], ({ message }) => lines.push(message));
  output.write("no room\nno room\nthe first\nno room\nno room\n");
  await expect.poll(() => lines).toEqual(["no room", "the first", "no room"]);
  vi.advanceTimersByTime(60_000);
  output.end("no room\nno room\nover\n");
  await expect.poll(() => lines.slice(3)).toEqual(["no room", "over"]);
});

const TIME = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
const ID = "6b04912e0000abcdef000001";
const HEAD = '{"time":"2026-01-02T03:04:05.678Z","level":"error","message":';

it.each([
  ["text", "request of-mine: Error: one\n    at two", "request of-mine: Error: one\n    at two\n"],
  [
    "json",
    "request of-mine: Error: one\n    at two",
    `${HEAD}"request of-mine: Error: one\\n    at two","request_id":"of-mine"}\n`,
  ],
  [
    "json",
    `${nameInLog({ id: ID, request_id: "of-mine" })}: not told yet`,
    `${HEAD}"execution ${ID}, request of-mine: not told yet","execution_id":"${ID}","request_id":"of-mine"}\n`,
  ],
  [
    "json",
    `execution ${ID}: not told yet`,
    `${HEAD}"execution ${ID}: not told yet","execution_id":"${ID}"}\n`,
  ],
] as const)("an event of the server's log as %s: %j", (form, text, line) => {
  expect(stripVTControlCharacters(serverLine("error", text, form, TIME))).toBe(line);
});
