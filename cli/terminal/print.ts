import { styleText } from "node:util";
import { COMPLETED, type Status } from "../../protocol/base/status.ts";
import { writeYaml } from "../../protocol/base/yaml.ts";
import { poolOf } from "../../protocol/model/default-pool.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { labelsText } from "../../protocol/model/label.ts";
import { jsonText, nameText, wordsFor } from "./words.ts";

/** A status in its colour. */
export function coloured(status: Status): string {
  return styleText(colourOf(status), nameText(status));
}

export function colourOf(status: Status): Colour {
  if (status === "succeeded") return "green";
  return (COMPLETED as readonly string[]).includes(status) ? "red" : "yellow";
}

export type Colour = "green" | "red" | "yellow";

/** Writes a value as JSON, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${jsonText(value, 2)}\n`);
}

/** Writes a line. At a terminal, it can only set colours. */
export function print(line: string): void {
  process.stdout.write(`${wordsFor(process.stdout, line)}\n`);
}

/** Writes a line to stderr, for the user. At a terminal, it can only set colours. */
export function tell(line: string): void {
  process.stderr.write(`${wordsFor(process.stderr, line)}\n`);
}

/** Writes an execution's main fields in YAML, as StackStorm's client does. */
export function printExecution(execution: Execution): void {
  const elapsed =
    execution.elapsed_seconds === undefined ? "" : ` (${execution.elapsed_seconds.toFixed(1)}s elapsed)`;
  print(`id: ${execution.id}`);
  print(`action.ref: ${nameText(execution.action.ref)}`);
  print(`context.user: ${nameText(String(execution.context.user))}`);
  print(`parameters: ${inYaml(execution.parameters)}`);
  print(`status: ${coloured(execution.status)}${elapsed}`);
  if (execution.waiting) print(`waiting: ${execution.waiting.reason} (since ${execution.waiting.since})`);
  print(`pool: ${poolOf(execution)}${labelsSuffix(execution)}`);
  print(`start_timestamp: ${execution.start_timestamp}`);
  print(`end_timestamp: ${execution.end_timestamp ?? ""}`);
  print(`output: ${keptText(execution)}`);
  print(`log: ${inYaml(execution.log)}`);
  print(`result: ${inYaml(execution.result)}`);
}

function labelsSuffix({ labels = {} }: Execution): string {
  return Object.keys(labels).length === 0 ? "" : `, on an agent with ${labelsText(labels)}`;
}

/** The size of the output, and how long it is kept. */
export function keptText({ output, pinned }: Execution): string {
  if (!output) return "None";
  const { stdout, stderr, other } = output.bytes;
  const size = bytesText(stdout + stderr + other);
  if (output.expired) return `${size}, expired ${output.expired}`;
  if (pinned) return `${size}, pinned`;
  return output.expires ? `${size}, expires ${output.expires}` : size;
}

function inYaml(value: unknown): string {
  if (
    value === undefined ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0)
  ) {
    return "None";
  }
  return `\n${writeYaml(value, { indent: 2 }).trimEnd().replaceAll(/^/gm, "  ")}`;
}

/** A number of bytes, with separators. */
export function bytesText(bytes: number): string {
  return `${bytes.toLocaleString("en-US")} ${bytes === 1 ? "byte" : "bytes"}`;
}
