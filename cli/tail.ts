import { once } from "node:events";
import { styleText } from "node:util";
import { type Chunk, chunkBytes, chunkText, type OutputType } from "../protocol/chunk.ts";
import type { Client } from "../protocol/client.ts";
import { type EndEvent, type FollowRecord, isChunk } from "../protocol/record.ts";

export interface TailOptions {
  type?: OutputType;
  includeMetadata?: boolean;
  after?: number;
  lines?: number;
  follow?: boolean;
  json?: boolean;
  /** stderr in another colour; where there is a terminal. */
  colour?: boolean;
  signal?: AbortSignal;
  onChunk?: (chunk: Chunk) => void;
}

/** What an execution came to; undefined where it was not followed to its end. */
export type TailOutcome = EndEvent | undefined;

/** Prints an execution's output as it is made, with StackStorm's words around it. A lost connection is resumed. */
export async function tail(client: Client, id: string, options: TailOptions): Promise<TailOutcome> {
  const writer = options.json ? printRecord : writerFor(id, options);
  const records = client.follow(id, {
    transport: "websocket",
    ...(options.type === undefined ? {} : { type: options.type }),
    ...(options.after === undefined ? {} : { after: options.after }),
    ...(options.lines === undefined ? {} : { tail: options.lines }),
    ...(options.follow === undefined ? {} : { follow: options.follow }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onReconnect: tellReconnect,
  });
  for await (const record of records) {
    await writer(record);
    if (isChunk(record)) options.onChunk?.(record);
    else if (record.event === "end") return record;
  }
  return undefined;
}

/** The exit code that an execution's end stands for: the action's own where it has one. */
export function exitCodeOf(end: Pick<EndEvent, "status" | "exit_code">): number {
  if (end.status === "succeeded") return 0;
  if (end.status === "timeout") return 124;
  if (end.status === "canceled") return 130;
  const { exit_code } = end;
  return exit_code !== null && exit_code > 0 && exit_code <= 125 ? exit_code : 1;
}

/** Tells a person that the connection is lost; a program sees only that nothing is. */
export function tellReconnect(error: unknown, wait_ms: number): void {
  if (!process.stderr.isTTY) return;
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(
    styleText("dim", `connection lost (${why}), again in ${(wait_ms / 1000).toFixed(1)} s\n`, {
      stream: process.stderr,
    }),
  );
}

type Writer = (record: FollowRecord) => Promise<void>;

function printRecord(record: FollowRecord): Promise<void> {
  return write(`${JSON.stringify(record)}\n`);
}

function writerFor(id: string, { includeMetadata, colour }: TailOptions): Writer {
  const metadata = new LabelledLines(metadataLabel);
  const paths = new LabelledLines((chunk) => `${pathLabel(chunk)} `);
  let started = false;
  return async (record) => {
    if (isChunk(record)) {
      if (record.gap) tellGap(record);
      else if (includeMetadata) await write(metadata.format(record));
      else if (pathLabel(record) !== "") await write(paint(record, paths.format(record), colour));
      else if (colour && record.output_type === "stderr")
        await write(paint(record, chunkText(record), colour));
      else await write(chunkBytes(record));
    } else if (record.event === "status" && record.status === "running" && !started) {
      // Said again on each connect; a reader has seen it once.
      started = true;
      await write(`Execution ${id} has started.\n\n`);
    } else if (record.event === "end") {
      await write(`\nExecution ${id} has completed (status=${record.status}).\n`);
    }
  };
}

function paint({ output_type }: Chunk, text: string, colour: boolean | undefined): string {
  return colour && output_type === "stderr" ? styleText("red", text) : text;
}

function tellGap({ gap, seq }: Chunk): void {
  const amount = gap?.bytes === null ? "an unknown number of bytes" : `${gap?.bytes} bytes`;
  process.stderr.write(`[output is missing here: ${amount} at ${seq}, ${gap?.reason}]\n`);
}

/** A label before each line; a line that two chunks share has it once, unless another stream cuts in. */
export class LabelledLines {
  readonly #label: (chunk: Chunk) => string;
  #open: string | undefined;

  constructor(label: (chunk: Chunk) => string) {
    this.#label = label;
  }

  format(chunk: Chunk): string {
    const text = chunkText(chunk);
    if (text === "") return "";
    const prefix = this.#label(chunk);
    const stream = `${chunk.execution_id ?? ""} ${chunk.host ?? ""} ${chunk.output_type}`;
    const continues = this.#open === stream;
    const cuts_in = this.#open !== undefined && !continues;
    this.#open = text.endsWith("\n") ? undefined : stream;
    const lines = text.replace(/\n(?!$)/g, `\n${prefix}`);
    return `${cuts_in ? "\n" : ""}${continues ? "" : prefix}${lines}`;
  }
}

/** Time and stream, as StackStorm's client writes them, and whose it is in a tree of executions. */
export function metadataLabel(chunk: Chunk): string {
  return `[${chunk.timestamp}][${chunk.output_type}]${pathLabel(chunk)} `;
}

/** The tasks and the host that lead to whoever wrote a chunk, `[task/host]`; what an execution wrote itself needs no label. */
function pathLabel({ path }: Chunk): string {
  return path === undefined ? "" : `[${path}]`;
}

/** Writes to stdout and waits while it is full, so that a slow terminal slows the reader and not the memory. */
export async function write(data: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(data)) await once(process.stdout, "drain");
}
