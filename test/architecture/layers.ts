/**
 * The rooms of each runtime, from the top down, as `docs/architecture.md` shows them. A room may import those of later lines;
 * those of one line do not import each other.
 */
export const ROOMS: Record<string, string[][]> = {
  src: [
    ["src"],
    ["src/routes"],
    ["src/openapi", "src/reading", "src/auth"],
    ["src/http"],
    ["src/execution", "src/pool", "src/hub", "src/credential", "src/templates"],
    ["src/objects"],
    ["src/rights"],
    ["src/index"],
    ["src/storage", "src/crypto", "src/sockets"],
    ["src/base"],
  ],
  "src/execution": [
    ["src/execution"],
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
    ["cli/local", "cli/output"],
    ["cli/server", "cli/settings", "cli/terminal"],
    ["cli/base"],
  ],
  web: [
    ["web"],
    ["web/pages"],
    ["web/pages/list", "web/pages/output", "web/pages/run"],
    ["web/frame"],
    ["web/log"],
    ["web/server"],
    ["web/base"],
  ],
  agent: [
    ["agent"],
    ["agent/run"],
    ["agent/runners", "agent/templates"],
    ["agent/packs"],
    ["agent/ssh", "agent/job", "agent/secrets"],
    ["agent/spool", "agent/state"],
    ["agent/process"],
    ["agent/disk"],
    ["agent/base"],
  ],
  protocol: [
    ["protocol/client"],
    ["protocol/wire"],
    ["protocol/templates"],
    ["protocol/model"],
    ["protocol/schema"],
    ["protocol/base"],
  ],
};

/** Whether a file imports one that stands in the same line of rooms, or in an earlier one. */
export function isUpward(runtime: string, from: string, to: string): boolean {
  const [above, below] = [placeOf(runtime, from), placeOf(runtime, to)];
  if (above === undefined || below === undefined || above.room === below.room) return false;
  return below.line <= above.line;
}

/** The room of a file: the longest folder that it is in. */
function placeOf(runtime: string, file: string): { room: string; line: number } | undefined {
  if (!file.startsWith(`${runtime}/`)) return undefined;
  const rooms = (ROOMS[runtime] ?? []).flatMap((line, at) => line.map((room) => ({ room, line: at })));
  const found = rooms.filter(({ room }) => file.startsWith(`${room}/`));
  return found.sort((a, b) => b.room.length - a.room.length)[0];
}
