import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isCompleted } from "../../protocol/base/status.ts";
import type { Move } from "./moves/move.ts";
import { after, movesOf } from "./moves.ts";
import { copyOf, type Left, NONE_LEFT, newWorld, type Rules, type World } from "./world.ts";

/** The highest epoch that an exploration continues from: further epochs behave alike. */
const EPOCHS_MAX = 3;

/** The name of the invariant that a world breaks; undefined if it breaks none. */
function violation(world: World): string | undefined {
  const { starts, completions, canceled_unheld, live_abandoned, execution } = world;
  if (starts > 1) return "a program is started twice";
  if (completions > 1) return "the execution ends twice";
  if (world.expansions > 1) return "the execution is expanded twice";
  if (isWronglyLost(world)) return "an agent that is back counts as lost";
  if (canceled_unheld && starts > 0) return "an execution whose program was started counts as canceled";
  if (completions === 1 && !isCompleted(execution.status)) return "an execution that has ended goes on";
  if (world.lost_lines) return "an acknowledged line is lost";
  if (world.agents.some(({ leases }) => leases.some((one) => one.acknowledged > world.lines)))
    return "an acknowledged line is not in the log";
  if (live_abandoned) return "an execution that a connected agent runs is abandoned";
  return undefined;
}

/** Whether the execution counts its agent as lost, although the agent is connected and has the lease, and no message is under way. */
function isWronglyLost({ grace, claim_lost, calls, noted, place, agents }: World): boolean {
  if (!grace || claim_lost || calls.length > 0 || noted !== null || place?.phase !== "accepted") return false;
  const agent = agents.find(({ id }) => id === place.agent_id);
  return agent?.link?.greeted === true && agent.link.to_pool.length === 0;
}

/** Whether the execution has ended, and neither the pool nor an agent has anything left of it. */
function isFinal({ execution, place, noted, owed, late_enqueue, reply, calls, agents }: World): boolean {
  const is_told = noted === null && owed === null && reply === null && !late_enqueue;
  const isDone = isCompleted(execution.status) && place === null && is_told;
  return (
    isDone && calls.length === 0 && agents.every(({ leases, revoked }) => revoked || leases.length === 0)
  );
}

/** The final world if no further fault happens: all moves are made, then each timer fires, repeatedly. */
function calm(begin: World, rules: Rules): World {
  const world = copyOf({ ...begin, faults_left: 0, left: NONE_LEFT });
  for (let round = 0; round < ROUNDS_MAX && !isFinal(world); round++) {
    settle(world, rules);
    for (const { name } of movesOf(world, rules).filter(({ kind }) => kind === "later"))
      movesOf(world, rules)
        .find((move) => move.name === name)
        ?.make(world);
  }
  return world;
}

/** Makes every move that needs no timer. */
function settle(world: World, rules: Rules): void {
  for (let left = MOVES_MAX; left > 0; left--) {
    const move = movesOf(world, rules).find(({ kind }) => kind === "now");
    if (!move) return;
    move.make(world);
  }
}

const ROUNDS_MAX = 10;
const MOVES_MAX = 200;

/** A world, and the moves that led to it. */
interface Reached {
  world: World;
  by: Move | undefined;
  from: Reached | undefined;
  depth: number;
}

function pathTo(reached: Reached | undefined): string[] {
  return reached?.by ? [...pathTo(reached.from), reached.by.name] : [];
}

/** Visits each world within `depth_max` moves once. Throws for the first one that breaks an invariant, with the moves that led to it. */
function explore(begin: World, rules: Rules, depth_max: number): { worlds: number; depth: number } {
  const seen = new Set([JSON.stringify(begin)]);
  let edge: Reached[] = [{ world: begin, by: undefined, from: undefined, depth: 0 }];
  let depth = 0;
  for (; edge.length > 0 && depth < depth_max; depth++) {
    const next: Reached[] = [];
    for (const from of edge)
      for (const by of movesOf(from.world, rules)) {
        const world = after(from.world, by);
        const text = JSON.stringify(world);
        if (seen.has(text)) continue;
        seen.add(text);
        const reached = { world, by, from, depth };
        check(reached, rules);
        if ((world.place?.epoch ?? 0) <= EPOCHS_MAX) next.push(reached);
      }
    edge = next;
  }
  return { worlds: seen.size, depth };
}

function check(reached: Reached, rules: Rules): void {
  const wrong = violation(reached.world);
  if (wrong) throw new Error(`${wrong}, after: ${pathTo(reached).join("; ")}`);
  const rest = calm(reached.world, rules);
  const later = violation(rest) ?? (isFinal(rest) ? undefined : `it never ends: ${JSON.stringify(rest)}`);
  if (later) throw new Error(`${later}, after: ${pathTo(reached).join("; ")}`);
}

const CONFIRMS: Rules = { confirms: true };
const STARTS_EARLY: Rules = { confirms: false };

/** The first world with a next move of this name, with both agents connected. */
function when(name: string, faults: number, left: Partial<Left> = {}): World {
  const world = newWorld(faults);
  for (let move = 0; move < MOVES_MAX; move++) {
    const moves = movesOf(world, CONFIRMS).filter(({ kind }) => kind === "now");
    if (moves.some((move) => move.name === name))
      return { ...world, left: { ...NONE_LEFT, cancels: 1, ...left } };
    moves.find((move) => move.name !== "a user cancels")?.make(world);
  }
  throw new Error(`no world has the move: ${name}`);
}

/** The world after some moves, which are given by name. */
function then(world: World, ...names: string[]): World {
  return names.reduce((before, name) => {
    const move = movesOf(before, CONFIRMS).find((one) => one.name === name);
    if (!move) throw new Error(`the world does not have the move: ${name}`);
    return after(before, move);
  }, world);
}

/** Further moves that `npm run test:long` explores in every order. */
const FURTHER = process.env.TAILRACE_TEST_LONG === "1" ? 3 : 0;

const TIMEOUT_MS = FURTHER > 0 ? 3_600_000 : 60_000;

describe("a handover, in every order of messages, calls, timers and a cancel", () => {
  it.each([
    ["from its beginning, without faults", newWorld(0), 13, CONFIRMS],
    ["from its beginning, with one fault", newWorld(1), 9, CONFIRMS],
    ["of agents that start early, with one fault", newWorld(1), 8, STARTS_EARLY],
    ["from the offer on, with one fault", when("the agent reads lease1 (a)", 1), 8, CONFIRMS],
    ["from the acceptance on, with two faults", when("the pool reads accepted (a)", 2), 6, CONFIRMS],
    ["from the confirmation on, with two faults", when("the agent reads confirmed1 (a)", 2), 6, CONFIRMS],
    ["from the program's end on, with two faults", when("end is told (a)", 2), 6, CONFIRMS],
    [
      "from the loss of its agent on, which comes back",
      then(
        when("the agent reads confirmed1 (a)", 1, { cancels: 0 }),
        "the agent reads confirmed1 (a)",
        "the connection is cut (a)",
        "the pool finds the connection dead (a)",
      ),
      9,
      CONFIRMS,
    ],
    ["from its reservation on, with one fault", newWorld(1, { creations: 1 }), 9, CONFIRMS],
    ["from its reservation on, with three faults", newWorld(3, { creations: 1, cancels: 0 }), 7, CONFIRMS],
    ["of several hosts, with one fault", newWorld(1, {}, true), 9, CONFIRMS],
    [
      "of several hosts, from the confirmation on, with two faults",
      { ...when("the agent reads confirmed1 (a)", 2), is_for_hosts: true },
      6,
      CONFIRMS,
    ],
    [
      "of several hosts, from the confirmation on, with an enqueue that arrives late",
      { ...when("the agent reads confirmed1 (a)", 0), is_for_hosts: true, late_enqueue: true },
      8,
      CONFIRMS,
    ],
    ["with a revoked agent", newWorld(0, { revocations: 1 }), 9, CONFIRMS],
    ["with a revoked agent that starts early", newWorld(0, { revocations: 1 }), 10, STARTS_EARLY],
    [
      "from the acceptance on, with a revoked agent and one fault",
      when("the pool reads accepted (a)", 1, { revocations: 1 }),
      6,
      CONFIRMS,
    ],
    ["with an end of its time in the queue and one fault", newWorld(1, { timeouts: 1 }), 7, CONFIRMS],
    [
      "from the confirmation on, with lines of output and one fault",
      when("the agent reads confirmed1 (a)", 1, { lines: 2, cancels: 0 }),
      8,
      CONFIRMS,
    ],
    [
      "from the program's end on, with a deletion and two faults",
      when("end is told (a)", 2, { deletions: 1, cancels: 0 }),
      6,
      CONFIRMS,
    ],
  ])(
    "%s: starts at most once, ends once, and never waits forever",
    (_, begin, depth, rules) => {
      const { worlds } = explore(begin, rules, depth + FURTHER);
      expect(worlds).toBeGreaterThan(1_000);
    },
    TIMEOUT_MS,
  );

  it(
    "on random ways beyond that, with many faults",
    () => {
      fc.assert(
        fc.property(fc.infiniteStream(fc.nat()), fc.integer({ min: 2, max: 8 }), (choices, faults) => {
          const left = { revocations: 1, timeouts: 1, deletions: 1, lines: 4, creations: 1 };
          const is_for_hosts = choices.next().value % 2 === 0;
          const world = newWorld(faults, left, is_for_hosts);
          let reached: Reached = { world, by: undefined, from: undefined, depth: 0 };
          for (let move = 0; move < 80; move++) {
            const moves = movesOf(reached.world, CONFIRMS);
            const by = moves[choices.next().value % moves.length];
            if (!by) break;
            reached = { world: after(reached.world, by), by, from: reached, depth: move };
            const wrong = violation(reached.world);
            if (wrong) throw new Error(`${wrong}, after: ${pathTo(reached).join("; ")}`);
          }
          check(reached, CONFIRMS);
        }),
        { numRuns: FURTHER > 0 ? 50_000 : 5_000 },
      );
    },
    TIMEOUT_MS,
  );
});
