import { expect, it } from "vitest";
import { stepPlace } from "../../src/pool/decide/handover.ts";
import type { LeasedPhase, Phase, Place, PlaceEvent } from "../../src/pool/decide/place.ts";

const LEASE = { epoch: 1, agent_id: "a" };
const WAITING: Place = { phase: "waiting", epoch: 1, agent_id: null };
const RESERVED: Place = { phase: "reserved", epoch: 0, agent_id: null, until_ms: 1 };

function at(phase: LeasedPhase): Place {
  return { phase, ...LEASE };
}

const ROWS: [string, Place | undefined, PlaceEvent, Phase | undefined, string[]][] = [
  ["a choice offers the lease", WAITING, { kind: "chosen", agent_id: "b" }, "offered", ["give"]],
  [
    "an offered execution is not chosen again",
    at("offered"),
    { kind: "chosen", agent_id: "b" },
    "offered",
    [],
  ],
  ["a given lease is sent", at("offered"), { kind: "given", epoch: 1 }, "offered", ["lease"]],
  ["a withdrawn lease is not sent", at("withdrawn"), { kind: "given", epoch: 1 }, "withdrawn", []],
  [
    "an execution that cannot be asked waits, and is set back",
    at("offered"),
    { kind: "unanswered", epoch: 1 },
    "waiting",
    ["set back"],
  ],
  [
    "an execution that is over leaves",
    at("offered"),
    { kind: "over", epoch: 1 },
    undefined,
    ["clear setback"],
  ],
  [
    "an execution that is over is asked about a lease that is accepted already",
    at("accepted"),
    { kind: "over", epoch: 1 },
    "accepted",
    ["clear setback", "check"],
  ],
  [
    "an accepted offer is confirmed",
    at("offered"),
    { kind: "accepted", lease: LEASE, early: false },
    "accepted",
    ["clear setback", "confirmed"],
  ],
  [
    "a declined offer is voided, and set back",
    at("offered"),
    { kind: "declined", lease: LEASE, early: false },
    "withdrawn",
    ["set back", "unlease"],
  ],
  [
    "a lease in force is resumed, with the cancel that its agent missed",
    at("accepted"),
    { kind: "mine", lease: LEASE, runs: true, cancel: true },
    "accepted",
    ["resume", "cancel"],
  ],
  [
    "a lease in force without a place gets one, and is checked",
    undefined,
    { kind: "mine", lease: LEASE, runs: true, cancel: false },
    "claimed",
    ["resume", "check"],
  ],
  [
    "an agent that is back by the time of its loss is claimed again",
    at("accepted"),
    { kind: "back", lease: LEASE },
    "accepted",
    ["claim"],
  ],
  [
    "a lease that is given up is not claimed again",
    at("forgotten"),
    { kind: "back", lease: LEASE },
    "forgotten",
    [],
  ],
  ["a waiting execution can time out", WAITING, { kind: "timed out" }, undefined, []],
  ["a leased execution does not time out", at("offered"), { kind: "timed out" }, "offered", []],
  ["a reserved place lapses", RESERVED, { kind: "lapsed" }, undefined, []],
  ["a waiting execution does not lapse", WAITING, { kind: "lapsed" }, "waiting", []],
  ["a reserved place is not chosen", RESERVED, { kind: "chosen", agent_id: "b" }, "reserved", []],
  ["a created execution takes its reserved place", RESERVED, { kind: "enqueued" }, "waiting", []],
  [
    "a created execution gets a place if the reserved one has lapsed",
    undefined,
    { kind: "enqueued" },
    "waiting",
    [],
  ],
  ["a repeated enqueue changes no lease", at("accepted"), { kind: "enqueued" }, "accepted", []],
  ["a leased place does not lapse", at("accepted"), { kind: "lapsed" }, "accepted", []],
  [
    "a cancel that no agent can take is said to be unheld",
    WAITING,
    { kind: "cancel" },
    undefined,
    ["unheld"],
  ],
  ["a cancel is told to the agent", at("accepted"), { kind: "cancel" }, "accepted", ["cancel"]],
];

it.each(ROWS)("%s", (_, place, event, phase, effects) => {
  const step = stepPlace(place, event);
  expect(step.place?.phase).toBe(phase);
  expect(step.effects.map((effect) => (effect.kind === "tell" ? effect.what : effect.kind))).toEqual(effects);
});
