import type { Wanted } from "../facts.ts";
import type { Random } from "../random.ts";
import { PACK } from "./packs.ts";

/** The places where executions may run. Without hosts, no execution runs on a remote host. */
export interface Places {
  pools: readonly string[];
  remote?: Remote | undefined;
}

/** Remote hosts, and the parameters to log in to them. */
export interface Remote {
  hosts: readonly string[];
  login: Record<string, unknown>;
}

/** Every secret of the harness begins with this, so one search finds any of them. */
export const SECRET_BEGINS = "open sesame ";

type Action =
  | "command"
  | "script"
  | "python"
  | "chain"
  | "nested"
  | "remote"
  | "hosts"
  | "limited"
  | "silent";

const ACTIONS: readonly (readonly [Action, number])[] = [
  ["command", 6],
  ["script", 4],
  ["python", 2],
  ["chain", 1],
  ["nested", 0.4],
  ["limited", 0.4],
  ["silent", 0.3],
];
const REMOTE_ACTIONS: readonly (readonly [Action, number])[] = [
  ["remote", 1.5],
  ["hosts", 0.7],
];

/** The lifetime in seconds after the end, of executions that should expire within a round. */
const TTL_SECONDS = 4;
const SECONDS_OF_DAY = 86_400;

/** Draws an execution: its output, its duration, its end, its place, and its retention. */
export function pickExecution(random: Random, { pools, remote }: Places): Wanted {
  const token = `t${random.integer(0, 2 ** 32).toString(36)}${random.integer(0, 2 ** 32).toString(36)}`;
  const action = random.weighted(remote ? [...ACTIONS, ...REMOTE_ACTIONS] : ACTIONS);
  const { name, extra } = placed(action, random, remote);
  const parameters = { token, ...pickScript(action, random), ...extra };
  const retention = pickRetention(random);
  const request = {
    action: `${PACK}.${name}`,
    parameters,
    pool: random.pick(pools),
    ...(retention === undefined ? {} : { retention }),
  };
  return { request, token };
}

function placed(action: Action, random: Random, remote: Remote | undefined) {
  if (remote === undefined || (action !== "remote" && action !== "hosts")) return { name: action, extra: {} };
  const hosts = action === "hosts" ? remote.hosts.join(",") : random.pick(remote.hosts);
  const name = random.pick(["remote_command", "remote_script"]);
  return { name, extra: { hosts, ...remote.login } };
}

/** How a program writes: the number of lines, their length, and the time between them. */
const MANNERS = ["steady", "bulk", "slow", "instant", "long", "nothing"] as const;

function pickScript(action: Action, random: Random): Record<string, unknown> {
  const salt = random.integer(0, 9_999);
  const padding = random.weighted([
    ["ascii", 4],
    ["utf8", 2],
    ["binary", 1],
  ]);
  const exit = random.chance(0.25) ? random.integer(1, 120) : 0;
  const term = random.weighted([
    ["die", 5],
    ["note", 4],
    ["ignore", 1],
  ]);
  const child = random.chance(0.15);
  const secret = random.chance(0.3) ? `${SECRET_BEGINS}${random.integer(0, 2 ** 40).toString(36)}` : "";
  const manner = action === "limited" ? "flood" : random.pick(MANNERS);
  const written = mannerOf(manner, random);
  // Each task of a chain writes this much.
  if (action === "chain" || action === "nested") written.lines = Math.ceil(written.lines / 3);
  const timeout = random.chance(0.1) ? { timeout: random.integer(1, 3) } : {};
  const is_chain = action === "chain" || action === "nested";
  return {
    ...written,
    salt,
    padding,
    exit,
    shows_secret: secret !== "",
    secret,
    ...(is_chain ? {} : { term, child, ...timeout }),
  };
}

function mannerOf(manner: (typeof MANNERS)[number] | "flood", random: Random) {
  switch (manner) {
    case "steady":
      return { lines: random.integer(20, 150), every_ms: random.integer(20, 100), burst: 1, width: 80 };
    case "bulk":
      return { lines: random.integer(300, 2_000), every_ms: 20, burst: 50, width: 1_000 };
    case "slow":
      return { lines: random.integer(3, 8), every_ms: random.integer(500, 1_500), burst: 1, width: 40 };
    case "instant":
      return { lines: random.integer(1, 5), every_ms: 0, burst: 1, width: 20 };
    case "long":
      return { lines: random.integer(3, 8), every_ms: 200, burst: 1, width: 100_000 };
    case "nothing":
      return { lines: 0, every_ms: 0, burst: 1, width: 10 };
    case "flood":
      return { lines: random.integer(500, 900), every_ms: 100, burst: 100, width: 4_000 };
  }
}

/** A few expire within the round: only the output, or the whole execution. */
function pickRetention(random: Random): Record<string, number> | undefined {
  if (!random.chance(0.08)) return undefined;
  const days = TTL_SECONDS / SECONDS_OF_DAY;
  return random.chance(0.5) ? { output_ttl_days: days } : { execution_ttl_days: days };
}
