import { styleText } from "node:util";
import Table from "cli-table3";
import { stringify } from "yaml";
import type { Execution } from "../protocol/execution.ts";
import { COMPLETED, type Status } from "../protocol/status.ts";

/** A status with its colour, where there is a terminal. */
export function coloured(status: Status): string {
  if (status === "succeeded") return styleText("green", status);
  if ((COMPLETED as readonly string[]).includes(status)) return styleText("red", status);
  return styleText("yellow", status);
}

/** Writes a value as JSON, for programs. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Writes a line. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes rows below a head. */
export function printTable(head: string[], rows: string[][]): void {
  const table = new Table({
    head: head.map((text) => styleText("bold", text)),
    style: { head: [], border: [] },
  });
  table.push(...rows);
  print(table.toString());
}

/** Writes an execution as StackStorm's client shows it: YAML of what one looks for. */
export function printExecution(execution: Execution): void {
  const elapsed =
    execution.elapsed_seconds === undefined ? "" : ` (${execution.elapsed_seconds.toFixed(1)}s elapsed)`;
  print(`id: ${execution.id}`);
  print(`action.ref: ${execution.action.ref}`);
  print(`context.user: ${execution.context.user}`);
  print(`parameters: ${inYaml(execution.parameters)}`);
  print(`status: ${coloured(execution.status)}${elapsed}`);
  print(`start_timestamp: ${execution.start_timestamp}`);
  print(`end_timestamp: ${execution.end_timestamp ?? ""}`);
  print(`output: ${keptText(execution)}`);
  print(`log: ${inYaml(execution.log)}`);
  print(`result: ${inYaml(execution.result)}`);
}

/** How much output there is, or was, and how long it is kept. */
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
  return `\n${stringify(value, { indent: 2 }).trimEnd().replaceAll(/^/gm, "  ")}`;
}

/** A number of bytes with separators, as one compares it. */
export function bytesText(bytes: number): string {
  return `${bytes.toLocaleString("en-US")} ${bytes === 1 ? "byte" : "bytes"}`;
}
