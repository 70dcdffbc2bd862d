import { styleText } from "node:util";
import { failureText } from "../../protocol/base/failure-text.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import { type EndEvent, type FollowRecord, isChunk } from "../../protocol/wire/record.ts";
import { ACTION_EXIT_MAX, EXIT } from "../base/exit-codes.ts";
import { type LookFlags, lookOf } from "../terminal/look.ts";
import { tell } from "../terminal/print.ts";
import { printerFor } from "./printer.ts";
import { tellWaiting } from "./waiting.ts";

export interface TailOptions extends LookFlags {
  type?: OutputType;
  includeMetadata?: boolean;
  after?: number;
  lines?: number;
  follow?: boolean;
  json?: boolean;
  signal?: AbortSignal;
  onChunk?: (chunk: Chunk) => void;
}

/** The result of an execution; undefined if it was not followed to its end. */
export type TailOutcome = EndEvent | undefined;

/** Prints an execution's output while it runs, with StackStorm's texts around it. A lost connection is resumed. */
export async function tail(client: Client, id: string, options: TailOptions): Promise<TailOutcome> {
  const printer = printerFor(id, { ...options, look: lookOf(options) });
  const tellReconnect = reconnectTeller();
  const records = client.follow(id, {
    transport: "websocket",
    ...(options.type === undefined ? {} : { type: options.type }),
    ...(options.after === undefined ? {} : { after: options.after }),
    ...(options.lines === undefined ? {} : { tail: options.lines }),
    ...(options.follow === undefined ? {} : { follow: options.follow }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onReconnect: (error, wait_ms) => {
      printer.interrupt();
      tellReconnect(error, wait_ms);
    },
  });
  const waiting = options.json ? undefined : tellWaiting(client, id);
  try {
    for await (const record of records) {
      if (hasBegun(record)) waiting?.stop();
      await printer.print(record);
      if (isChunk(record)) options.onChunk?.(record);
      else if (record.event === "end") return record;
    }
    return undefined;
  } finally {
    waiting?.stop();
    printer.close();
  }
}

/** Whether the record shows that an agent has taken the execution. */
export function hasBegun(record: FollowRecord): boolean {
  if (isChunk(record) || record.event === "end") return true;
  return record.event === "status" && record.status !== "requested" && record.status !== "scheduled";
}

/** The exit code for an execution's end: the action's own if it has one. */
export function exitCodeOf(end: Pick<EndEvent, "status" | "exit_code">): number {
  if (end.status === "succeeded") return EXIT.success;
  if (end.status === "timeout") return EXIT.timeout;
  if (end.status === "canceled") return EXIT.interrupted;
  const { exit_code } = end;
  return exit_code !== null && exit_code > 0 && exit_code <= ACTION_EXIT_MAX ? exit_code : EXIT.failure;
}

/** Before a wait this long, the connection has been lost for several seconds. */
const LONG_WAIT_MS = 2_500;

/**
 * Says on stderr that the connection is lost: at a terminal each time, and for a program once, when the loss lasts. The output resumes
 * without a gap.
 */
export function reconnectTeller(): (error: unknown, wait_ms: number) => void {
  let is_told = false;
  return (error, wait_ms) => {
    const { isTTY } = process.stderr;
    if (!isTTY && (is_told || wait_ms < LONG_WAIT_MS)) return;
    is_told = true;
    const again = isTTY ? `in ${(wait_ms / 1000).toFixed(1)} s` : "until the server answers";
    const words = `connection lost (${failureText(error)}), trying again ${again}`;
    tell(styleText("dim", words, { stream: process.stderr }));
  };
}
