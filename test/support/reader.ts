import { createHash } from "node:crypto";
import type { Client, FollowOptions } from "../../protocol/client/client.ts";
import { chunkBytes, firstSeq } from "../../protocol/wire/chunk.ts";
import { type EndEvent, isChunk } from "../../protocol/wire/record.ts";

/** A follower's summary: the seqs that it saw, the bytes, the end. */
export interface Received {
  first_seq: number;
  last_seq: number;
  dense: boolean;
  bytes: number;
  sha256: string;
  by_type: { stdout: string; stderr: string };
  gaps: unknown[];
  end: EndEvent | undefined;
  /** Records that came after the end. */
  after_end: number;
}

/** Follows to the end. Returns the summary. */
export async function receive(client: Client, id: string, options: FollowOptions = {}): Promise<Received> {
  const all = createHash("sha256");
  const streams = { stdout: createHash("sha256"), stderr: createHash("sha256"), other: createHash("sha256") };
  const received: Received = {
    first_seq: 0,
    last_seq: options.after ?? 0,
    dense: true,
    bytes: 0,
    sha256: "",
    by_type: { stdout: "", stderr: "" },
    gaps: [],
    end: undefined,
    after_end: 0,
  };
  for await (const record of client.follow(id, options)) {
    if (received.end) received.after_end++;
    if (isChunk(record)) {
      const first_seq = firstSeq(record);
      received.first_seq ||= first_seq;
      received.dense &&= first_seq === received.last_seq + 1;
      received.last_seq = record.seq;
      if (record.gap) received.gaps.push(record.gap);
      const bytes = chunkBytes(record);
      received.bytes += bytes.length;
      all.update(bytes);
      streams[record.output_type].update(bytes);
    } else if (record.event === "end") received.end = record;
  }
  received.sha256 = all.digest("hex");
  received.by_type = { stdout: streams.stdout.digest("hex"), stderr: streams.stderr.digest("hex") };
  return received;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
