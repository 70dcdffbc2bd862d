import { expect, it } from "vitest";
import { logLine } from "../../agent/base/log.ts";

const TIME = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
const ID = "6b04912e0000abcdef000001";

it.each([
  ["text", `execution ${ID}: ended`, `2026-01-02T03:04:05.678Z info execution ${ID}: ended\n`],
  [
    "json",
    `execution ${ID}: ended`,
    `{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"execution ${ID}: ended","execution_id":"${ID}","request_id":"of-mine"}\n`,
  ],
  [
    "json",
    'a "quote"\nand a line',
    '{"time":"2026-01-02T03:04:05.678Z","level":"info","message":"a \\"quote\\"\\nand a line"}\n',
  ],
] as const)("a line of the log as %s: %j", (form, text, line) => {
  const about = text.startsWith("execution") ? { execution_id: ID, request_id: "of-mine" } : {};
  expect(logLine("info", text, form, about, TIME)).toBe(line);
});
