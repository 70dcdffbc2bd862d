import { isCompleted } from "../../protocol/base/status.ts";
import {
  agentHears,
  agentOf,
  answer,
  cut,
  forget,
  isConnected,
  mayWait,
  poolHears,
  post,
  type Rules,
  restart,
  timedOut,
  toExecution,
  toLease,
  toPlace,
  unheld,
} from "./parties.ts";
import {
  type AgentWorld,
  copyOf,
  type Late,
  type OwnLease,
  POOL,
  type PoolSays,
  type World,
} from "./world.ts";

/** One thing that may happen next. `later`: a timer, which fires only once nothing else is left to happen. */
export interface Move {
  name: string;
  kind: "now" | "later" | "fault";
  make: (world: World) => void;
}

/** All that may happen in a world: messages arrive, programs end, timers fire, and, while there are any left, faults. */
export function movesOf(world: World, rules: Rules): Move[] {
  const moves = [...callMoves(world, rules), ...poolMoves(world, rules), ...executionMoves(world, rules)];
  for (const agent of world.agents) moves.push(...agentMoves(world, rules, agent));
  return moves;
}

/** The world after a move; the one before it stays as it is. */
export function after(world: World, move: Move): World {
  const next = copyOf(world);
  if (move.kind === "fault") next.faults_left -= 1;
  move.make(next);
  return next;
}

function callMoves({ calls, faults_left }: World, rules: Rules): Move[] {
  return calls.flatMap((call, at) => {
    const name = `${call.effect.kind} ${call.effect.lease.agent_id}${call.effect.lease.epoch}`;
    const drop = (world: World) => {
      world.calls.splice(at, 1);
      const { kind, lease } = call.effect;
      if (kind === "give" && !call.orphan) toPlace(world, rules, { kind: "unanswered", epoch: lease.epoch });
    };
    const lost: Move[] = faults_left > 0 ? [{ name: `${name} fails`, kind: "fault", make: drop }] : [];
    if (call.answers === null) {
      const make = (world: World) => {
        const asked = world.calls[at];
        if (asked) answer(world, asked);
        if (asked?.orphan) world.calls.splice(at, 1);
      };
      return [{ name: `the execution takes ${name}`, kind: "now", make }, ...lost];
    }
    const answers = call.answers;
    const make = (world: World) => {
      world.calls.splice(at, 1);
      for (const event of answers) toPlace(world, rules, event);
      const { kind, lease } = call.effect;
      if (kind === "lost" && isConnected(agentOf(world, lease.agent_id)))
        toPlace(world, rules, { kind: "back", lease });
    };
    return [{ name: `the pool learns what came of ${name}`, kind: "now", make }, ...lost];
  });
}

function poolMoves({ place, noted, agents, faults_left, left }: World, rules: Rules): Move[] {
  const moves: Move[] = [];
  const early = !rules.confirms;
  if (place?.phase === "waiting")
    for (const agent of agents.filter(isConnected)) {
      const make = (world: World) => void toPlace(world, rules, { kind: "chosen", agent_id: agent.id });
      moves.push({ name: `the pool chooses ${agent.id}`, kind: "now", make });
    }
  const of = agents.find(({ id }) => id === place?.agent_id);
  if (of && place && noted === null) {
    const lease = { epoch: place.epoch, agent_id: of.id };
    const make = (world: World) => {
      world.noted = { lease, kind: isConnected(of) ? "overdue" : "away" };
    };
    moves.push({ name: "the pool's alarm", kind: "later", make });
  }
  if (left.revocations > 0)
    for (const { id } of agents.filter(({ revoked }) => !revoked)) {
      const make = (world: World) => {
        world.left.revocations -= 1;
        const agent = agentOf(world, id);
        Object.assign(agent, { revoked: true, link: null, ghost: null });
        const lease = { epoch: world.place?.epoch ?? 0, agent_id: id };
        toPlace(world, rules, { kind: "revoked", lease, early });
      };
      moves.push({ name: `${id} is revoked`, kind: "now", make });
    }
  if (noted) {
    const make = (world: World) => {
      world.noted = null;
      const { kind, lease } = noted;
      if (kind === "away" && !isConnected(agentOf(world, lease.agent_id)))
        toPlace(world, rules, { kind, lease, early, heard_ms: 0 });
      else if (kind !== "away") toPlace(world, rules, { kind, lease, early });
    };
    moves.push({ name: `the pool comes to ${noted.lease.agent_id}${noted.lease.epoch}`, kind: "now", make });
  }
  if (faults_left > 0) {
    const make = (world: World) => {
      world.calls = world.calls
        .filter(({ answers }) => answers === null)
        .map((call) => ({ ...call, orphan: true }));
      world.reply = null;
      if (world.timeout !== null) world.timeout = "due";
      world.noted = null;
      for (const agent of world.agents) {
        agent.link = null;
        agent.ghost = null;
      }
    };
    moves.push({ name: "the pool crashes", kind: "fault", make });
  }
  return moves;
}

function executionMoves(
  { execution, deleted, grace, owed, reply, timeout, late, left, faults_left, agents }: World,
  rules: Rules,
) {
  const moves: Move[] = [];
  if (left.deletions > 0 && !deleted && isCompleted(execution.status) && owed === null && reply === null) {
    const make = (world: World) => {
      world.left.deletions -= 1;
      world.deleted = true;
    };
    moves.push({ name: "the execution is deleted", kind: "now", make });
  }
  if (left.timeouts > 0 && timeout === null && mayWait(execution)) {
    const make = (world: World) => {
      world.left.timeouts -= 1;
      world.timeout = "due";
    };
    moves.push({ name: "its time in the queue is over", kind: "now", make });
  }
  if (timeout === "due") {
    const make = (world: World) => {
      world.timeout = null;
      if (world.deleted || !mayWait(world.execution)) return;
      world.timeout = { withdrawn: !world.place?.agent_id };
      toPlace(world, rules, { kind: "timed out" });
    };
    moves.push({ name: "the pool is asked to withdraw it", kind: "later", make });
  } else if (timeout !== null) {
    const make = (world: World) => {
      world.timeout = timeout.withdrawn ? null : "due";
      if (timeout.withdrawn) timedOut(world);
    };
    moves.push({ name: "the pool's answer to the timeout", kind: "now", make });
  }
  if (left.cancels > 0 && !isCompleted(execution.status)) {
    const make = (world: World) => {
      world.left.cancels -= 1;
      const said = toExecution(world, { kind: "cancel" });
      if (said.kind === "done") world.owed = "cancel";
    };
    moves.push({ name: "a user cancels", kind: "now", make });
  }
  if (owed !== null && reply === null) {
    const make = (world: World) => {
      const effects = toPlace(world, rules, { kind: owed === "cancel" ? "cancel" : "released" });
      if (owed === "release") world.owed = null;
      else world.reply = { held: !effects.some(({ kind }) => kind === "unheld") };
    };
    moves.push({ name: `the pool is told: ${owed}`, kind: "now", make });
  }
  if (reply !== null) {
    const make = (world: World) => {
      world.reply = null;
      if (world.owed === "cancel") world.owed = null;
      if (!reply.held) unheld(world);
    };
    moves.push({ name: "the pool's answer to the cancel", kind: "now", make });
    if (faults_left > 0) moves.push({ name: "that answer is lost", kind: "fault", make: loseReply });
  }
  const { lease } = execution;
  const holder = agents.find(({ id }) => id === lease?.agent_id);
  if (grace && lease && holder && !isConnected(holder)) {
    const make = (world: World) => {
      world.grace = false;
      toExecution(world, { kind: "abandon", holder: { ...lease, pool: POOL } });
    };
    moves.push({ name: "the grace time is over", kind: "later", make });
  }
  for (const [at, request] of late.entries()) {
    const make = (world: World) => {
      world.late.splice(at, 1);
      post(world, request, "succeeded");
    };
    moves.push({ name: `a late ${request.kind} arrives`, kind: "now", make });
  }
  return moves;
}

function agentMoves(
  { faults_left, left }: World,
  rules: Rules,
  { id, up, revoked, link, ghost, leases }: AgentWorld,
): Move[] {
  const moves: Move[] = [];
  const add = (name: string, kind: Move["kind"], make: (world: World, agent: AgentWorld) => void) =>
    moves.push({ name: `${name} (${id})`, kind, make: (world) => make(world, agentOf(world, id)) });
  if (ghost) {
    if (ghost.to_pool.length > 0)
      add("the pool reads late", "now", (world, agent) => {
        const message = agent.ghost?.to_pool.shift();
        if (message) poolHears(world, rules, agent, message, "ghost");
      });
    add("the pool finds the connection dead", "later", (world, agent) => {
      const is_agents = agent.ghost?.greeted === true;
      agent.ghost = null;
      if (!is_agents) return;
      const epoch = world.place?.epoch ?? 0;
      const lease = { epoch, agent_id: id };
      if (!agent.link?.greeted)
        toPlace(world, rules, { kind: "away", lease, early: !rules.confirms, heard_ms: 0 });
    });
  }
  if (!up) {
    add("the agent starts again", "now", (_, agent) => restart(agent));
    return moves;
  }
  if (faults_left > 0) {
    add("the agent crashes", "fault", (_, agent) => {
      cut(agent);
      agent.up = false;
      for (const lease of agent.leases) Object.assign(lease, { phase: null, token: false, started: false });
    });
    if (link) add("the connection is cut", "fault", (_, agent) => cut(agent));
  }
  if (faults_left > 0)
    add("the agent stops", "fault", (world, agent) => {
      for (const { epoch } of [...agent.leases])
        toLease(world, rules, agent, epoch, "stopped", { stopping: true });
      cut(agent);
      agent.up = false;
      for (const lease of agent.leases) Object.assign(lease, { phase: null, token: false, started: false });
    });
  if (!link && !revoked)
    add("the agent connects", "now", (_, agent) => {
      // A new socket of an agent closes those of its sockets that have said no hello.
      if (!agent.ghost?.greeted) agent.ghost = null;
      const epochs = agent.leases.map(({ epoch }) => epoch);
      agent.link = { greeted: false, to_pool: [{ say: "hello", epochs }], to_agent: [] };
    });
  if (link) {
    if (link.to_pool.length > 0)
      add(`the pool reads ${link.to_pool[0]?.say}`, "now", (world, agent) => {
        const message = agent.link?.to_pool.shift();
        if (message) poolHears(world, rules, agent, message);
      });
    if (faults_left > 0 && link.to_agent[0]?.say === "lease")
      add(`the agent cannot take on lease${link.to_agent[0].epoch}`, "fault", (world, agent) => {
        const message = agent.link?.to_agent.shift();
        if (message) toLease(world, rules, agent, message.epoch, "refused");
      });
    if (faults_left > 0 && link.to_agent.length > 0)
      for (const fails of ["keep", "begin", "give up"] as const)
        if (couldFail(link.to_agent[0]?.say, fails))
          add(`the disk fails at ${fails} of ${link.to_agent[0]?.say}`, "fault", (world, agent) => {
            const message = agent.link?.to_agent.shift();
            if (message) agentHears(world, rules, agent, message, fails);
          });
    if (link.to_agent.length > 0)
      add(`the agent reads ${link.to_agent[0]?.say}${link.to_agent[0]?.epoch}`, "now", (world, agent) => {
        const message = agent.link?.to_agent.shift();
        if (message) agentHears(world, rules, agent, message);
      });
  }
  for (const { epoch, phase, program, token, started, written, acknowledged } of leases) {
    const of = (agent: AgentWorld) => agent.leases.find((one) => one.epoch === epoch);
    if (phase === "offered" || phase === "declined" || (phase === "begun" && !token))
      add("no answer has come", "later", (world, agent) => toLease(world, rules, agent, epoch, "unanswered"));
    if (program === "running" && left.lines > 0)
      add("the program writes a line", "now", (world, agent) => {
        const lease = of(agent);
        world.left.lines -= 1;
        if (lease) lease.written += 1;
      });
    if (program === "running")
      add("the program ends", "now", (_, agent) => {
        const lease = of(agent);
        if (lease) lease.program = "ended";
      });
    if (phase !== "begun" || !token) continue;
    const kind = !started ? "start" : acknowledged < written ? "append" : "end";
    if (kind === "end" && program !== "ended") continue;
    // A batch has one line, and is sent again as it is.
    const last = kind === "append" ? acknowledged + 1 : written;
    const request = { kind, lease: { epoch, agent_id: id }, first: acknowledged, last } as const;
    add(`${kind} is told`, "now", (world, agent) => tell(world, agent, of(agent), request));
    if (faults_left === 0) continue;
    add(`${kind} is told, and its answer is lost`, "fault", (world, agent) => {
      const lease = of(agent);
      if (lease) post(world, request, statusOf(lease));
    });
    add(`${kind} is told late`, "fault", (world) => void world.late.push(request));
    if (kind === "end")
      add("the end is given up", "fault", (world, agent) => toLease(world, rules, agent, epoch, "given up"));
  }
  return moves;
}

/** Whether the agent's disk may fail in this way when it hears a message. */
function couldFail(say: PoolSays["say"] | undefined, fails: "keep" | "begin" | "give up"): boolean {
  return (say === "lease" && fails !== "give up") || say === "confirmed" || say === "resume";
}

function tell(world: World, agent: AgentWorld, lease: OwnLease | undefined, request: Late): void {
  if (!lease) return;
  const { kind } = request;
  const said = post(world, request, statusOf(lease));
  if (said === "gap") world.lost_lines = true;
  if (said === "done" && kind === "append") {
    lease.acknowledged = request.last;
    lease.canceled ||= world.execution.status === "canceling";
    world.grace = false;
  } else if (said === "done" && kind === "start") {
    lease.started = true;
    lease.canceled ||= world.execution.status === "canceling";
    // It has been heard.
    world.grace = false;
  } else forget(agent, lease);
}

function statusOf({ canceled }: OwnLease) {
  return canceled ? "canceled" : "succeeded";
}

function loseReply(world: World): void {
  world.reply = null;
}
