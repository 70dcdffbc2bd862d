import * as v from "valibot";
import { CreditGrant } from "../../protocol/wire/record.ts";

/** Characters of the longest message that a follower may send. */
const MESSAGE_CHARS_MAX = 100;

const Missed = v.strictObject({ missed: v.pipe(v.number(), v.integer(), v.minValue(0)) });

/** The characters that a follower reports as consumed; undefined for a message that is not a grant. */
export function readGrant(message: string | ArrayBuffer): number | undefined {
  return read(CreditGrant, message)?.credit;
}

/** The number after which a follower lacks lines, as `encodeMissed` writes it; undefined for another message. */
export function readMissed(message: string | ArrayBuffer): number | undefined {
  return read(Missed, message)?.missed;
}

function read<S extends v.GenericSchema>(
  schema: S,
  message: string | ArrayBuffer,
): v.InferOutput<S> | undefined {
  if (typeof message !== "string" || message.length > MESSAGE_CHARS_MAX) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return undefined;
  }
  const parsed = v.safeParse(schema, value);
  return parsed.success ? parsed.output : undefined;
}
