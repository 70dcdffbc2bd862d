import type { ExecutionSpec } from "../../objects/spec.ts";
import { withoutSecretDefaults } from "./mask.ts";
import { type Packed, packed, unpacked } from "./packed.ts";
import type { Vault } from "./vault.ts";

/** The values that an execution was given to run with. They may hold secrets, so they are stored sealed, apart from the state. */
export type Given = Pick<ExecutionSpec, "parameters" | "resolved" | "secrets">;

/** The part of a spec that the state holds. */
export type KeptSpec = Omit<ExecutionSpec, keyof Given>;

/** Removes the given values from a spec, and the secret defaults of the action's metadata. */
export function keptSpec({ parameters: _, resolved: __, secrets: ___, ...spec }: ExecutionSpec): KeptSpec {
  const { action } = spec;
  return { ...spec, action: { ...action, parameters: withoutSecretDefaults(action.parameters) } };
}

export function sealGiven(vault: Vault, id: string, { parameters, resolved, secrets }: Given): Uint8Array {
  return vault.seal([id, "given"], packed<Given>({ parameters, resolved, secrets }));
}

export function openGiven(vault: Vault, id: string, sealed: Uint8Array): Given {
  return unpacked(vault.open<Packed<Given>>([id, "given"], sealed));
}
