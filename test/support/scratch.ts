import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

const scratched: string[] = [];
process.once("exit", removeScratched);

/** Removes the folders. Vitest ends its processes without their event `exit`, and calls this after each file. */
export function removeScratched(): void {
  for (const folder of scratched.splice(0)) {
    try {
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // A process that a failed test has left still writes there.
    }
  }
}

/** A folder that is removed after the tests of the file. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-test-"));
  scratched.push(folder);
  return folder;
}

/** How often a condition is asked. */
const ASK_MS_MIN = 10;
const ASK_MS_MAX = 100;

/**
 * Polls until a condition has a value, and returns it. After a time it fails with what it waited for. The longer it waits, the less
 * often it asks: many conditions are requests, and the program that they wait for shares the processor with them.
 */
export async function until<T>(
  what: string,
  holds: () => T | Promise<T>,
  ms_max = 30_000,
): Promise<NonNullable<T>> {
  const begun = performance.now();
  while (true) {
    const value = await holds();
    if (value !== undefined && value !== null && value !== false) return value;
    const waited_ms = performance.now() - begun;
    if (waited_ms > ms_max) throw new Error(`waited ${ms_max} ms in vain until ${what}`);
    await pause(Math.min(ASK_MS_MAX, Math.max(ASK_MS_MIN, waited_ms / 10)));
  }
}
