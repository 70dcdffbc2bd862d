/**
 * The layers of each runtime, from the top down, as `docs/architecture.md` shows them. A folder may import those of later
 * lines. Folders of one line do not import each other.
 */
export const LAYERS: Record<string, string[][]> = {
  src: [
    ["src"],
    ["src/routes"],
    ["src/openapi", "src/reading", "src/auth"],
    ["src/http"],
    ["src/relay"],
    ["src/execution", "src/pool", "src/hub", "src/credential", "src/templates"],
    ["src/objects"],
    ["src/rights"],
    ["src/index"],
    ["src/storage", "src/crypto", "src/sockets"],
    ["src/base"],
  ],
  "src/execution": [
    ["src/execution"],
    ["src/execution/steps"],
    ["src/execution/deliver"],
    ["src/execution/family"],
    ["src/execution/decide"],
    ["src/execution/log"],
    ["src/execution/state"],
  ],
  "src/pool": [["src/pool"], ["src/pool/decide"]],
  cli: [
    ["cli"],
    ["cli/commands"],
    ["cli/deploy", "cli/local", "cli/output"],
    ["cli/server", "cli/settings", "cli/terminal"],
    ["cli/base"],
  ],
  release: [["release"], ["release/package"]],
  web: [
    ["web"],
    ["web/pages"],
    ["web/pages/list", "web/pages/output", "web/pages/run"],
    ["web/frame"],
    ["web/log"],
    ["web/log/folds"],
    ["web/server"],
    ["web/base"],
  ],
  agent: [
    ["agent", "agent/standalone"],
    ["agent/run"],
    ["agent/runners", "agent/templates"],
    ["agent/packs"],
    ["agent/ssh", "agent/job", "agent/secrets", "agent/http"],
    ["agent/spool", "agent/state", "agent/settings", "agent/seen"],
    ["agent/process"],
    ["agent/disk"],
    ["agent/base"],
  ],
  protocol: [
    ["protocol/client", "protocol/tracing"],
    ["protocol/wire", "protocol/settings"],
    ["protocol/templates"],
    ["protocol/model"],
    ["protocol/schema", "protocol/jinja", "protocol/screen"],
    ["protocol/base"],
  ],
  "protocol/jinja": [
    ["protocol/jinja/run"],
    ["protocol/jinja/filters"],
    ["protocol/jinja/methods"],
    ["protocol/jinja/syntax"],
    ["protocol/jinja/operators"],
    ["protocol/jinja/values"],
  ],
};

/** Whether a file imports a file of the same line, or of an earlier one. */
export function isUpward(runtime: string, from: string, to: string): boolean {
  const [above, below] = [placeOf(runtime, from), placeOf(runtime, to)];
  if (above === undefined || below === undefined || above.folder === below.folder) return false;
  return below.line <= above.line;
}

/** The longest of the listed folders that a file is in, and its line. */
function placeOf(runtime: string, file: string): { folder: string; line: number } | undefined {
  if (!file.startsWith(`${runtime}/`)) return undefined;
  const folders = (LAYERS[runtime] ?? []).flatMap((line, at) => line.map((folder) => ({ folder, line: at })));
  const found = folders.filter(({ folder }) => file.startsWith(`${folder}/`));
  return found.sort((a, b) => b.folder.length - a.folder.length)[0];
}
