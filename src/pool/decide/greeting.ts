import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Hello, LeaseKey } from "../../../protocol/wire/agent.ts";
import { agree } from "../../../protocol/wire/version.ts";
import type { PlaceEvent } from "./place.ts";

/** The result of a hello: an agent with an identity, an agent from before there were identities, or the reason of a refusal. */
export type Greeting =
  | { kind: "agent"; agent_id: string; protocol: number }
  | { kind: "legacy"; agent_id: string }
  | { kind: "refused"; why: TailraceError };

/**
 * Finds the agent of a hello. `registered` is the agent whose secret opened the socket. Without it, the pool's key opened the
 * socket, and that key speaks only for agents that have no identity.
 */
export function greet(
  hello: Hello,
  registered: string | undefined,
  isKnown: (agentId: string) => boolean,
): Greeting {
  const { protocol, protocol_min = protocol, agent_id } = hello;
  if (protocol === undefined || protocol_min === undefined) {
    if (registered !== undefined || agent_id === undefined)
      return refused(new TailraceError("protocol_too_old"));
    if (!isKnown(agent_id)) return { kind: "legacy", agent_id };
    return refused(
      new TailraceError("forbidden", "This agent has an identity: the pool's key does not speak for it."),
    );
  }
  const agreement = agree({ min: protocol_min, max: protocol });
  if (agreement.kind !== "spoken") return refused(new TailraceError(`protocol_${agreement.kind}`));
  if (registered !== undefined) return { kind: "agent", agent_id: registered, protocol: agreement.version };
  return refused(
    new TailraceError("forbidden", "A pool's key registers agents; an agent connects with its own secret."),
  );
}

/**
 * The events of a hello's leases: leases that its agent should hold and does not list are missing; leases that it lists are
 * claimed.
 */
export function leaseEventsOf(
  agent_id: string,
  { leases }: Pick<Hello, "leases">,
  should_hold: readonly LeaseKey[],
): { execution_id: string; event: PlaceEvent }[] {
  // An agent may list two leases of one execution while it removes the old one.
  const listed = new Set(leases.map(textOf));
  return [
    ...should_hold
      .filter((key) => !listed.has(textOf(key)))
      .map(({ execution_id, epoch }) => ({ execution_id, event: { kind: "missing" as const, epoch } })),
    ...leases.map(({ execution_id, epoch }) => ({
      execution_id,
      event: { kind: "claimed" as const, lease: { epoch, agent_id } },
    })),
  ];
}

/** The answer to an agent from before there were identities. */
export const UPGRADE_AGENT = new TailraceError(
  "protocol_too_old",
  "This agent is of an older release: it may finish what it runs, and gets no new work. Upgrade the agent.",
);

function textOf({ execution_id, epoch }: LeaseKey): string {
  return `${execution_id}.${epoch}`;
}

function refused(why: TailraceError): Greeting {
  return { kind: "refused", why };
}
