import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { type EngineLine, readEngineLog } from "../../cli/server/engine-log.ts";

it("the engine's log leaves out its notices about itself, and keeps what the Worker prints", async () => {
  const output = Readable.from([
    '{"level":"error","message":"NOSENTRY SQLite alarm handler canceled with requestScheduledAlarm.; scheduledTime = 1s"}\n',
    '{"level":"error","message":"execution 1: not delivered yet: away"}\n',
  ]);
  const lines: EngineLine[] = [];
  readEngineLog([output], (line) => lines.push(line));
  await expect
    .poll(() => lines)
    .toEqual([{ level: "error", message: "execution 1: not delivered yet: away" }]);
});
