import { CHAIN_SECRETS_CHARS_MAX } from "../../../protocol/base/limits.ts";
import type { ChildEnd } from "../../objects/execution.ts";
import type { KeptEnd } from "../state/child.ts";
import { hostShare } from "./hosts.ts";
import type { Stored } from "./stored.ts";

/** Seals the part of a child's end that its parent keeps. */
export function keptEnd(stored: Stored, id: string, end: ChildEnd): KeptEnd {
  const { vault } = stored;
  const { status, result, secrets } = boundedEnd(stored, id, end);
  return {
    status,
    result: vault.seal([id, "result"], result),
    secrets: secrets.length === 0 ? null : vault.seal([id, "secrets"], secrets),
  };
}

function boundedEnd(
  { record, children }: Stored,
  id: string,
  { status, result, secrets }: ChildEnd,
): ChildEnd {
  if (record.existing.family?.kind === "hosts") {
    const all = children.all();
    const name = all.find((child) => child.id === id)?.name ?? id;
    // The schema of the parent names the secrets in it, and masks them there too.
    return { status, result: hostShare(result, name, all.length), secrets: [] };
  }
  const size = secrets.reduce((sum, { length }) => sum + length, 0);
  if (size <= CHAIN_SECRETS_CHARS_MAX) return { status, result, secrets };
  return { status, result: { error: "The result holds more secrets than can be kept." }, secrets: [] };
}
