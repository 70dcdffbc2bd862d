import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AGENT_SETTINGS, agentSettingText } from "../../protocol/settings/agent.ts";
import { TRACING_VARIABLES } from "../../protocol/settings/tracing.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/install.md"), "utf8");
const server = readFileSync(join(import.meta.dirname, "../../docs/settings.md"), "utf8");

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

it("docs/settings.md lists every variable of OpenTelemetry that is read", () => {
  const table = server
    .split("## Traces")[1]
    ?.split("\n")
    .filter((line) => line.startsWith("|"));
  const rows = Object.entries(TRACING_VARIABLES).map(([name, text]) => `| ${code(name)} | ${text} |`);
  expect(table?.slice(2)).toEqual(rows);
});

function code(text: string): string {
  return `\`${text}\``;
}
