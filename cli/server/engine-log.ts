import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { logServer } from "../base/server-log.ts";

/** A line of the engine's log: of the engine itself, or of the Worker's console. */
export interface EngineLine {
  level: string;
  message: string;
}

/**
 * Notices of the engine about itself: that the flags disable its compile cache, that an alarm which was moved had just rung, that an
 * alarm found the disk full, which the server itself logs once, and stacks of addresses without names. A stack that follows the
 * notice of a crash is printed.
 */
const NOISE =
  /^NOSENTRY per-isolate bootstrap compile cache|SQLite alarm handler canceled|^NOSENTRY output lock broke after executing alarm .*SQLITE_FULL|LLVM_SYMBOLIZER is not set|took recursive isolate lock|CODE_MOVED for unknown code block|stack:( (\S+@)?(0|[a-f\d]{4,})){3,}/;
const CRASH = /^\*\*\* (std::terminate\(\)|Fatal uncaught|Received signal|Uncaught exception)/;

/** How long a repetition of a line is left out: a failure that still lasts, or comes back, is told again. */
const REPEATED_MS_MAX = 60_000;

/** Calls back for each line of the engine's two outputs, except the noise and a line that repeats the one before it soon. */
export function readEngineLog(outputs: Readable[], onLine: (line: EngineLine) => void): void {
  let has_crashed = false;
  let last: { message: string; at_ms: number } | undefined;
  const isRepeated = (message: string) =>
    message === last?.message && performance.now() - last.at_ms < REPEATED_MS_MAX;
  for (const output of outputs) {
    createInterface(output).on("line", (text) => {
      const line = parse(text);
      has_crashed ||= CRASH.test(line.message);
      if (!has_crashed && (NOISE.test(line.message) || isRepeated(line.message))) return;
      last = { message: line.message, at_ms: performance.now() };
      onLine(line);
    });
  }
}

/** Prints a line of the log. */
export function printEngineLine({ level, message }: EngineLine): void {
  logServer(level === "error" || level === "warn" ? level : "info", message);
}

function parse(text: string): EngineLine {
  try {
    const line = JSON.parse(text) as Partial<EngineLine> | null;
    if (typeof line?.level === "string" && typeof line.message === "string")
      return { level: line.level, message: line.message };
  } catch {
    // The engine's last words at a crash are plain text.
  }
  return { level: "error", message: text };
}
