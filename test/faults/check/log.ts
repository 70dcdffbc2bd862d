import { chunkBytes, chunkSize, firstSeq } from "../../../protocol/wire/chunk.ts";
import type { Allowances, Facts, Replay, Violation } from "../facts.ts";

/** Checks the log by itself: dense, in order, ended once, with correct totals, and with gaps that a fault explains. */
export function checkLog({ id, allowances }: Facts, replay: Replay): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) => found.push({ execution: id, rule, text });
  let next = 1;
  for (const chunk of replay.chunks) {
    const first_seq = firstSeq(chunk);
    if (first_seq !== next) violate("dense", `chunk ${first_seq} stands where ${next} belongs`);
    next = chunk.seq + 1;
    if (chunk.gap && chunk.data !== "") violate("gap", `the gap ${chunk.seq} has data`);
    if (chunk.gap && !isAllowed(chunk.gap.reason, allowances)) {
      const size = chunk.gap.bytes ?? "an unknown number of";
      violate(
        "gap",
        `${size} bytes are missing at ${chunk.seq} (${chunk.gap.reason}), and no fault explains it`,
      );
    }
  }
  if (!replay.end) violate("end", "the log has no end");
  else found.push(...checkTotals(id, replay, replay.end, next - 1));
  if (!Buffer.concat(replay.chunks.map(chunkBytes)).equals(replay.text))
    violate("text", "the text is not what the chunks hold");
  return found;
}

function isAllowed(reason: string, { gap_reasons }: Allowances): boolean {
  return gap_reasons.includes(reason);
}

function checkTotals(
  id: string,
  { chunks }: Replay,
  end: NonNullable<Replay["end"]>,
  last_seq: number,
): Violation[] {
  const found: Violation[] = [];
  const violate = (text: string) => found.push({ execution: id, rule: "totals", text });
  if (end.last_seq !== last_seq) violate(`the end says ${end.last_seq} chunks, and there are ${last_seq}`);
  const cut = chunks.filter(({ gap }) => gap?.reason === "limit");
  const cut_bytes = cut.reduce((sum, { gap }) => sum + (gap?.bytes ?? 0), 0);
  const sizes = { stdout: 0, stderr: 0, other: 0 };
  for (const chunk of chunks) sizes[chunk.output_type] += chunkSize(chunk);
  const { stdout, stderr, other } = end.bytes;
  const held = sizes.stdout + sizes.stderr + sizes.other;
  if (stdout + stderr + other !== held + cut_bytes)
    violate(`the end says ${stdout + stderr + other} bytes, and there are ${held}, and ${cut_bytes} cut out`);
  if (cut.length === 0 && (stdout !== sizes.stdout || stderr !== sizes.stderr))
    violate(`the end says ${stdout} and ${stderr} bytes, and there are ${sizes.stdout} and ${sizes.stderr}`);
  const gaps = chunks.filter(({ gap }) => gap !== undefined).length;
  if (cut.length === 0 && end.gaps !== gaps) violate(`the end says ${end.gaps} gaps, and there are ${gaps}`);
  return found;
}
