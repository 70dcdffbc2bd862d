import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

const scratched: string[] = [];
process.once("exit", () => {
  for (const folder of scratched) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is removed after the tests of the process. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-test-"));
  scratched.push(folder);
  return folder;
}

/** How often a condition is asked. */
const ASK_MS_MIN = 10;
const ASK_MS_MAX = 50;

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
