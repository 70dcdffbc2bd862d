import { TailraceError } from "../../../protocol/base/errors.ts";
import type { Client } from "../../../protocol/client/client.ts";
import type { Chunk } from "../../../protocol/wire/chunk.ts";
import { isChunk } from "../../../protocol/wire/record.ts";
import type { Facts, Replay } from "../facts.ts";

/** The log as it reads at the end, on a connection without faults: its records, and its text. */
export async function readReplay(client: Client, id: string): Promise<Facts["replay"]> {
  try {
    const chunks: Chunk[] = [];
    let end: Replay["end"];
    for await (const record of client.follow(id, { follow: false })) {
      if (isChunk(record)) chunks.push(record);
      else if (record.event === "end") end = record;
    }
    const response = await client.output(id, { follow: "false", format: "text" });
    return { chunks, end, text: Buffer.from(await response.arrayBuffer()) };
  } catch (error) {
    if (error instanceof TailraceError && error.code === "expired") return "expired";
    if (isGone(error)) return "gone";
    throw error;
  }
}

/** Whether the server answers that the execution does not exist. */
export function isGone(error: unknown): boolean {
  return error instanceof TailraceError && error.code === "execution_not_found";
}
