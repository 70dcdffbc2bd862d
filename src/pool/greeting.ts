import { TailraceError } from "../../protocol/base/errors.ts";
import type { Hello, LeaseKey } from "../../protocol/wire/agent.ts";
import { agree } from "../../protocol/wire/version.ts";
import type { PlaceEvent } from "./handover.ts";

/** What a hello comes to: an agent by its identity, one from before there were identities, or why it is neither. */
export type Greeting =
  | { kind: "agent"; agent_id: string; protocol: number }
  | { kind: "legacy"; agent_id: string }
  | { kind: "refused"; why: TailraceError };

/**
 * Whose hello it is. `registered` is the agent whose secret opened the socket; without it the pool's key did, which speaks
 * for agents from before there were identities alone, and for none that has one.
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

/** What a hello says of executions: what its agent should hold and does not is missing, what it holds is claimed. */
export function saidOf(
  agent_id: string,
  { leases }: Pick<Hello, "leases">,
  should_hold: readonly LeaseKey[],
): { execution_id: string; event: PlaceEvent }[] {
  // While it removes what is over, an agent may list two leases of one execution.
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

/** What an agent from before there were identities is told: it may finish, and gets nothing new. */
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
