import { type Chunk, chunkBytes, firstSeq } from "../../../protocol/wire/chunk.ts";
import type { Facts, Replay, Seen, SeenChunk, SeenEnd, Violation } from "../facts.ts";
import { sumOf } from "../followers/recording.ts";

/** Checks that a follower got what a replay from its cursor gives: each record once and in order, and one end at the end. */
export function checkFollower(facts: Facts, seen: Seen, replay: Replay | undefined): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) =>
    found.push({ execution: facts.id, rule, text: `${seen.name}: ${text}` });
  checkEnding(facts, seen, violate);
  if (seen.ends.length > 1) violate("end", `the end came ${seen.ends.length} times`);
  if (seen.after_end > 0) violate("end", `${seen.after_end} records came behind the end`);
  if (seen.type === undefined && !seen.own_only) checkDense(seen, violate);
  if (replay === undefined) return found;
  const is_whole = seen.outcome.how === "end";
  const is_bytes = seen.bytes !== undefined || seen.partial.length > 0;
  const wrong = is_bytes ? wrongInBytes(seen, replay, is_whole) : wrongInChunks(seen, replay, is_whole);
  if (wrong) violate(wrong.rule, wrong.text);
  const [end] = seen.ends;
  if (end && replay.end) checkEnd(end, replay.end, violate);
  return found;
}

type Violate = (rule: string, text: string) => void;

/** Checks that a follower ended by the log's end, or as documented for an output or an execution that is gone. */
function checkEnding({ document, replay }: Facts, { outcome, ends }: Seen, violate: Violate): void {
  if (outcome.how === "end") {
    if (ends.length === 0) violate("end", "it was through without an end");
    return;
  }
  if (outcome.how === "error") {
    const is_gone = document === "gone" && ["execution_not_found", "expired"].includes(outcome.code);
    if (is_gone || (replay === "expired" && outcome.code === "expired")) return;
    violate("follower", `it was sent away: ${outcome.text} (${outcome.code})`);
    return;
  }
  violate("hung", `it was never through (${outcome.how})`);
}

function checkDense({ chunks, after }: Seen, violate: Violate): void {
  let next = after === undefined ? chunks[0]?.first_seq : after + 1;
  for (const { seq, first_seq } of chunks) {
    if (first_seq !== next) violate("dense", `chunk ${first_seq} came where ${next} belongs`);
    next = seq + 1;
  }
}

/** The first violation in a follower's records. */
type Wrong = Pick<Violation, "rule" | "text"> | undefined;

function wrongInChunks(seen: Seen, replay: Replay, is_whole: boolean): Wrong {
  // A request for the last lines of an empty log.
  if (seen.after === undefined && !seen.first) return undefined;
  const cut = replay.chunks.find(({ gap }) => gap?.reason === "limit");
  // A follower may have seen chunks that were cut out later.
  const isCut = ({ first_seq, seq }: Pick<SeenChunk, "first_seq" | "seq">) =>
    cut !== undefined && first_seq >= firstSeq(cut) && seq <= cut.seq;
  const first_seq = seen.after === undefined ? (seen.first?.seq ?? 0) : seen.after + 1;
  const expected = replay.chunks
    .filter((chunk) => chunk.seq >= first_seq && isWanted(chunk, seen))
    .map((chunk) => ({ seq: chunk.seq, first_seq: firstSeq(chunk), chunk }))
    .filter((chunk) => !isCut(chunk));
  const got = seen.chunks.filter((chunk) => !isCut(chunk));
  for (const [at, { seq, sum }] of got.entries()) {
    const chunk = expected[at]?.chunk;
    if (chunk === undefined) return { rule: "replay", text: `it got ${seq}, which the replay does not have` };
    if (chunk.seq !== seq) return { rule: "replay", text: `it got ${seq} where the replay has ${chunk.seq}` };
    const is_beginning = seen.after === undefined && seq === seen.first?.seq;
    if (is_beginning ? !isEndOf(seen.first, chunk) : sum !== sumOf(chunk))
      return { rule: "replay", text: `its chunk ${seq} is not the replay's` };
  }
  if (!is_whole || got.length >= expected.length) return undefined;
  return { rule: "lost", text: `it got ${got.length} chunks, and the replay has ${expected.length} for it` };
}

/** The last lines may begin within a chunk. */
function isEndOf(first: Chunk | undefined, chunk: Chunk): boolean {
  if (!first) return false;
  return chunk.data.endsWith(first.data) && sumOf({ ...chunk, data: "" }) === sumOf({ ...first, data: "" });
}

function wrongInBytes(seen: Seen, replay: Replay, is_whole: boolean): Wrong {
  // A text that was cut out later was complete in its time.
  if (replay.chunks.some(({ gap }) => gap?.reason === "limit")) return undefined;
  const wanted = replay.chunks.filter((chunk) => isWanted(chunk, seen));
  const all = Buffer.concat(wanted.map(chunkBytes));
  for (const part of [...seen.partial, seen.bytes ?? Buffer.alloc(0)]) {
    if (!all.subarray(0, part.length).equals(part))
      return { rule: "replay", text: "its bytes are not the beginning of what the replay has" };
  }
  const bytes = seen.bytes?.length ?? 0;
  if (!is_whole || bytes >= all.length) return undefined;
  return { rule: "lost", text: `it got ${bytes} bytes, and the replay has ${all.length}` };
}

function isWanted(chunk: Chunk, { type, own_only }: Seen): boolean {
  if (own_only && chunk.execution_id !== undefined) return false;
  return type === undefined || chunk.output_type === type || chunk.gap !== undefined;
}

function checkEnd(end: SeenEnd, replayed: NonNullable<Replay["end"]>, violate: Violate): void {
  for (const key of ["status", "exit_code", "last_seq", "bytes", "gaps"] as const) {
    if (end[key] === undefined) continue;
    const [got, expected] = [JSON.stringify(end[key]), JSON.stringify(replayed[key])];
    if (got !== expected) violate("end", `its end says ${key} ${got}, and the replay's ${expected}`);
  }
}
