import type { ExecutionSpec } from "../../objects/spec.ts";
import { withoutSecretDefaults } from "./mask.ts";
import { type Packed, packed, unpacked } from "./packed.ts";
import type { ExecutionState } from "./state.ts";
import type { Vault } from "./vault.ts";

/** What an execution was given to run with. It may hold secrets, so it is stored sealed, apart from the state. */
const GIVEN = ["parameters", "resolved", "secrets"] as const;
export type Given = Pick<ExecutionSpec, (typeof GIVEN)[number]>;

/** The state as it is stored. */
export type StoredState = Omit<ExecutionState, "spec"> & { spec: Omit<ExecutionSpec, keyof Given> };

/** What is stored of a state: all but what was given, and what an action's metadata has of secrets. */
export function storedState({ spec, ...state }: ExecutionState): StoredState {
  return { ...state, spec: storedSpec(spec) };
}

/** Without a look at what was given, which may still be sealed. */
function storedSpec(spec: ExecutionSpec): StoredState["spec"] {
  const kept = Object.keys(spec).filter((name) => !GIVEN.some((given) => given === name));
  const stored = Object.fromEntries(kept.map((name) => [name, spec[name as keyof ExecutionSpec]]));
  const { action } = spec;
  return {
    ...(stored as StoredState["spec"]),
    action: { ...action, parameters: withoutSecretDefaults(action.parameters) },
  };
}

/** The state that was stored. What was given is opened once it is asked for: much can be done and said without it. */
export function wholeState(stored: StoredState, open: () => Given): ExecutionState {
  let given: Given | undefined;
  const lazily = () => {
    given ??= open();
    return given;
  };
  const spec = Object.defineProperties(
    { ...stored.spec },
    Object.fromEntries(
      GIVEN.map((name) => [name, { configurable: true, enumerable: true, get: () => lazily()[name] }]),
    ),
  );
  return { ...stored, spec: spec as ExecutionSpec };
}

/** What was given is another now. */
export function giveAnew(spec: ExecutionSpec, given: Given): void {
  for (const name of GIVEN) {
    const value = given[name];
    Object.defineProperty(spec, name, { configurable: true, enumerable: true, writable: true, value });
  }
}

export function sealGiven(vault: Vault, { id, parameters, resolved, secrets }: ExecutionSpec): Uint8Array {
  return vault.seal([id, "given"], packed<Given>({ parameters, resolved, secrets }));
}

export function openGiven(vault: Vault, id: string, sealed: Uint8Array): Given {
  return unpacked(vault.open<Packed<Given>>([id, "given"], sealed));
}
