import { messageOf } from "../../protocol/base/failure-text.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import type { ActionSpec } from "../../protocol/model/action.ts";
import { parameterSchema, resolveParameters } from "../../protocol/model/parameters.ts";
import { runnerOf } from "../../protocol/model/runners.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { parseHosts } from "../ssh/hosts.ts";
import type { LoadedPack } from "./load.ts";

/** A leased execution with the action from this host's own pack, and the pack. */
export interface OwnExecution {
  execution: LeasedExecution;
  pack: LoadedPack;
}

/**
 * Takes the action from this host's own pack: its runner, entry point, schemas, defaults and immutable parameters. From the lease it
 * takes only the parameters that a user may give. Throws if the pool's registration differs from the pack: then it comes from another
 * host's pack, or from another version.
 */
export function ownExecution(leased: LeasedExecution, packs: ReadonlyMap<string, LoadedPack>): OwnExecution {
  const { pack: ref, name, runner_type } = leased.action;
  const pack = packs.get(ref);
  if (!pack) throw new Error(`The pack "${ref}" is not on this host.`);
  const own = pack.own_actions.get(name);
  const differs = (why: string) =>
    new Error(
      `The action ${ref}.${name} on this host ${why}: the pool's registration is of another version${versionOf(pack)}.`,
    );
  if (!own) throw new Error(`The pack "${ref}" on this host${versionOf(pack)} has no action "${name}".`);
  if (own.runner_type !== runner_type) {
    throw differs(`is run by ${own.runner_type}, and not by ${runner_type}`);
  }
  if (!own.enabled) throw new Error(`The action ${ref}.${name} is disabled on this host.`);
  const given = givenTo(leased, own);
  const schema = parameterSchema(own, runnerOf(own));
  const all = { ...schema.action, ...schema.runner };
  const unknown = Object.keys(given).find((parameter) => !Object.hasOwn(all, parameter));
  if (unknown !== undefined) throw differs(`has no parameter "${unknown}"`);
  const resolved = resolvedHere(own, given, differs);
  const leased_values: Record<string, unknown> = { ...leased.action_parameters, ...leased.runner_parameters };
  const own_values: Record<string, unknown> = { ...resolved.action, ...resolved.runner };
  for (const [parameter, { immutable }] of Object.entries(own.parameters)) {
    const isHost = leased.host !== undefined && parameter === HOSTS;
    if (immutable && !isHost && !isSame(leased_values[parameter], own_values[parameter])) {
      throw differs(`fixes the parameter "${parameter}" to another value`);
    }
  }
  const action = { ...own, runner_type };
  const parameters = { runner_parameters: resolved.runner, action_parameters: resolved.action };
  return { execution: { ...leased, action, ...parameters }, pack };
}

/**
 * The parameters of a child on one host, if its action fixes the hosts: with this child's host alone. Throws if it is none of the
 * action's hosts. `rendered` are the parameters as this host has rendered them.
 */
export function ownHost(leased: LeasedExecution, rendered: Record<string, unknown>): Record<string, unknown> {
  const address = leased.parameters[HOSTS];
  if (leased.host === undefined || rendered[HOSTS] === address) return rendered;
  if (parseHosts(rendered[HOSTS]).some(({ text }) => text === address)) {
    return { ...rendered, [HOSTS]: address };
  }
  const { pack, name } = leased.action;
  throw new Error(`The action ${pack}.${name} on this host is not for the host ${address}.`);
}

const HOSTS = "hosts";

/** The parameters that a user gave. A child's host comes from its parent and not from a user. */
function givenTo({ parameters, host }: LeasedExecution, own: ActionSpec): Record<string, unknown> {
  if (host === undefined || !own.parameters[HOSTS]?.immutable) return parameters;
  const { [HOSTS]: _, ...given } = parameters;
  return given;
}

function resolvedHere(own: ActionSpec, given: Record<string, unknown>, differs: (why: string) => Error) {
  try {
    return resolveParameters(own, runnerOf(own), given);
  } catch (error) {
    throw differs(`does not accept the given parameters (${messageOf(error)})`);
  }
}

/** Compares as JSON, because one of the values has been on the wire. */
function isSame(one: unknown, other: unknown): boolean {
  return writeExact(one) === writeExact(other);
}

function versionOf({ version }: LoadedPack): string {
  return version === "" ? "" : ` (${version} here)`;
}
