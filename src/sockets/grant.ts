import * as v from "valibot";
import { CreditGrant } from "../../protocol/wire/record.ts";

/** Characters of the longest message that a follower may send: a grant. */
const GRANT_CHARS_MAX = 100;

/** The characters that a follower reports as consumed; undefined for a message that is not a grant. */
export function readGrant(message: string | ArrayBuffer): number | undefined {
  if (typeof message !== "string" || message.length > GRANT_CHARS_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  const grant = v.safeParse(CreditGrant, value);
  return grant.success ? grant.output.credit : undefined;
}
