import { expect, it } from "vitest";
import { buildAgent } from "../../cli/local/agent-bundle.ts";
import type { AgentFile } from "../../cli/local/agent-program.ts";

const files: AgentFile[] = JSON.parse((await buildAgent()).text);

it.each(files)("$name is ASCII, because V8 holds other text in twice the memory", ({ text }) => {
  expect(/[^\0-\x7f]+/.exec(text)).toBeNull();
});

it("the agent's program loads nothing that happens to be in a folder above it", () => {
  for (const { text } of files) expect(text).not.toMatch(/require\("(bufferutil|utf-8-validate)"\)/);
});
