import type { TailraceError } from "../../protocol/base/errors.ts";
import { timestamp } from "../../protocol/base/time.ts";
import { noteSeen } from "../index/agents.ts";
import { DROPPED_CODE, DROPPED_REASON } from "../sockets/tags.ts";
import { act, apart } from "./act.ts";
import { lossOf, missedAt_ms } from "./decide/loss.ts";
import { dispatch } from "./dispatch.ts";
import { send } from "./message.ts";
import type { PoolState } from "./state.ts";

/** A socket has closed. Its agent has the grace time for the executions that it has begun, counted from `missed_ms`. */
export async function gone(pool: PoolState, socket: WebSocket, missed_ms = Date.now()): Promise<void> {
  const { env, ctx, queue, agents } = pool;
  const agent = agents.remove(socket);
  if (!agent) return;
  const { agent_id, protocol } = agent;
  if (protocol !== null) ctx.waitUntil(noteSeen(env.INDEX, agent_id));
  for (const { execution_id, epoch } of queue.ofAgent(agent_id)) {
    // The agent may be back since another execution was told.
    if (agents.socketOf(agent_id)) continue;
    const lease = { epoch, agent_id };
    const early = pool.isEarly(agent_id);
    await apart(execution_id, act(pool, execution_id, { kind: "away", lease, early, heard_ms: missed_ms }));
  }
  await dispatch(pool);
}

/** Tells an agent why its connection ends, and ends it. */
export async function refuse(pool: PoolState, socket: WebSocket, why: TailraceError): Promise<void> {
  send(socket, { type: "error", ...why.toBody() });
  socket.close(1008, why.code);
  await gone(pool, socket);
}

/** The agent is revoked: its sockets close, the executions that it has begun end, and others may go to another agent. */
export async function dismiss(pool: PoolState, agent_id: string): Promise<void> {
  const { queue, roster, agents } = pool;
  const early = pool.isEarly(agent_id);
  roster.dismiss(agent_id);
  for (const socket of agents.socketsBy(agent_id)) {
    agents.remove(socket);
    socket.close(DROPPED_CODE, DROPPED_REASON);
  }
  // All leases are stepped at the same time, because an execution may answer slowly.
  const told = await Promise.allSettled(
    queue
      .ofAgent(agent_id)
      .map(({ execution_id, epoch }) =>
        act(pool, execution_id, { kind: "revoked", lease: { epoch, agent_id }, early }),
      ),
  );
  await dispatch(pool);
  // The caller must repeat the revocation, because a lease may still be in force.
  const failure = told.find((outcome) => outcome.status === "rejected");
  if (failure) throw failure.reason;
}

/** An administrator drains the agent: it keeps what it has begun, gets nothing new, and what it was only offered goes to others. */
export async function drain(pool: PoolState, agent_id: string, by: string): Promise<void> {
  const { queue, roster } = pool;
  if (!roster.drained.has(agent_id)) roster.setDrained(agent_id, { by, since: timestamp(Date.now()) });
  const early = pool.isEarly(agent_id);
  await Promise.all(
    queue
      .ofAgent(agent_id)
      .flatMap(({ execution_id, epoch, phase }) =>
        phase === "offered"
          ? [
              apart(
                execution_id,
                act(pool, execution_id, { kind: "overdue", lease: { epoch, agent_id }, early }),
              ),
            ]
          : [],
      ),
  );
  await dispatch(pool);
}

/** Closes sockets whose hello has not come in time, and those of agents that fell silent. */
export async function tend(pool: PoolState, now_ms: number): Promise<void> {
  const { agents } = pool;
  for (const socket of agents.overdue(now_ms)) closeUngreeted(pool, socket);
  for (const socket of agents.silent(now_ms)) {
    const missed_ms = missedAt_ms(agents.heardFrom_ms(socket, now_ms), now_ms);
    socket.close(1001, "silent");
    await gone(pool, socket, missed_ms);
  }
}

/** Checks all leases: an agent may not have come back after a restart of the pool, and a lease may be overdue. */
export async function checkLeases(pool: PoolState): Promise<void> {
  const { queue, agents } = pool;
  const now_ms = Date.now();
  const seen = agents.ids;
  for (const entry of queue.leased()) {
    const { execution_id, agent_id } = entry;
    if (agent_id === null) continue;
    // The agent may be back since another execution was told.
    const connected = seen.has(agent_id) || agents.socketOf(agent_id) !== undefined;
    const event = lossOf(entry, { connected, early: pool.isEarly(agent_id), now_ms });
    if (event) await apart(execution_id, act(pool, execution_id, event));
  }
}

/** Closes a socket without a hello. Messages still arrive until the other side has closed too; a late hello is ignored. */
export function closeUngreeted({ agents }: PoolState, socket: WebSocket): void {
  agents.remove(socket);
  socket.close(1008, NO_HELLO);
}

const NO_HELLO = "no hello";
