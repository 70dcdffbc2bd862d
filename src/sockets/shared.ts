/**
 * Messages by which an object sends a push once to each isolate of the Worker. One of the isolate's followers gets the lines, with the
 * push's id. The others get a reference to it. A follower whose isolate lacks the push asks for its lines again.
 */
export type SharedMessage =
  | { kind: "plain"; lines: string }
  | { kind: "carried"; id: string; lines: string }
  | { kind: "referred"; id: string; after: number; chars: number }
  | { kind: "again" };

const CARRIED = "carried ";
const REFERRED = "referred ";

/** The mark behind which an object sends again what was asked for. Messages before it are out of date. */
export const AGAIN = "again";

/** The lines of a push. No two pushes have the same id, even of one object. */
export function encodeCarried(id: string, lines: string): string {
  return `${CARRIED}${id}\n${lines}`;
}

/** A reference to a push: its lines come after a sequence number, and are this long. */
export function encodeReferred(id: string, after: number, chars: number): string {
  return `${REFERRED}${id} ${after} ${chars}`;
}

/** Reads a message of output, or of these forms. */
export function decodeShared(message: string): SharedMessage {
  if (message === AGAIN) return { kind: "again" };
  if (message.startsWith(CARRIED)) {
    const at = message.indexOf("\n");
    return { kind: "carried", id: message.slice(CARRIED.length, at), lines: message.slice(at + 1) };
  }
  if (!message.startsWith(REFERRED)) return { kind: "plain", lines: message };
  const [id = "", after, chars] = message.slice(REFERRED.length).split(" ");
  return { kind: "referred", id, after: Number(after), chars: Number(chars) };
}

/** A follower's request for the lines after a sequence number, because its isolate lacks a push. */
export function encodeMissed(after: number): string {
  return `{"missed":${after}}`;
}
