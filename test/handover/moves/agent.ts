import { agentHears, forget, restart, toLease } from "../parties/agent.ts";
import { post } from "../parties/execution.ts";
import { agentOf, cut } from "../parties/links.ts";
import { poolHears, toPlace } from "../parties/pool.ts";
import type { AgentWorld, Late, OwnLease, PoolSays, Rules, World } from "../world.ts";
import type { Move } from "./move.ts";

export function agentMoves(
  { faults_left, left, is_for_hosts }: World,
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
      // A new socket of an agent closes its sockets without a hello.
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
    if (program === "running" && left.lines > 0 && !is_for_hosts)
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
    const expands = is_for_hosts && program === "running";
    const kind = expands ? "expand" : !started ? "start" : acknowledged < written ? "append" : "end";
    if (kind === "end" && program !== "ended") continue;
    // A batch has one line, and is repeated unchanged.
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

/** Whether the agent's disk may fail in this way when it gets a message. */
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
    // The server has got it.
    world.grace = false;
  } else forget(agent, lease);
}

function statusOf({ canceled }: OwnLease) {
  return canceled ? "canceled" : "succeeded";
}
