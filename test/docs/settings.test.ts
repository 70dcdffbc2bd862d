import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AGENT_SETTINGS, agentSettingText } from "../../protocol/settings/agent.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/install.md"), "utf8");

it("docs/install.md lists every setting of an agent", () => {
  const table = page
    .split("## Settings")[1]
    ?.split("\n")
    .filter((line) => line.startsWith("|"));
  const rows = Object.entries(AGENT_SETTINGS).map(([name, setting]) => {
    const { in_file, flag, word, variable } = setting;
    const text = agentSettingText(name, setting).replace(/[*_]/g, "\\$&");
    const flags = flag === undefined ? "" : code(word === undefined ? flag : `${flag} ${word}`);
    return `| ${in_file ? code(name) : ""} | ${flags} | ${variable === undefined ? "" : code(variable)} | ${text} |`;
  });
  expect(table?.slice(2)).toEqual(rows);
});

function code(text: string): string {
  return `\`${text}\``;
}
