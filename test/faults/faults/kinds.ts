import type { FaultKind } from "../fault.ts";
import { HOST_FAULTS } from "./hosts.ts";
import { MESSAGE_FAULTS } from "./messages.ts";
import { NETWORK_FAULTS } from "./network.ts";
import { OBJECT_FAULTS } from "./objects.ts";
import { PROCESS_FAULTS } from "./processes.ts";
import { USER_FAULTS } from "./users.ts";

/** Every kind of fault. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...NETWORK_FAULTS,
  ...MESSAGE_FAULTS,
  ...PROCESS_FAULTS,
  ...OBJECT_FAULTS,
  ...HOST_FAULTS,
  ...USER_FAULTS,
];

/** The kinds whose name contains one of the words, and that can be injected here. */
export function kindsOf(words: readonly string[], is_root: boolean): FaultKind[] {
  const kinds = FAULT_KINDS.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.split(/\W+/).includes(word)),
  );
  return kinds.filter(({ needs_root }) => is_root || !needs_root);
}

export function kindNamed(name: string): FaultKind {
  const kind = FAULT_KINDS.find((known) => known.name === name);
  if (kind === undefined) throw new Error(`no fault is called ${name}`);
  return kind;
}
