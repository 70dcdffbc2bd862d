import { readFileSync } from "node:fs";

/**
 * Preloaded into a process (`--import`). Moves its wall clock by the milliseconds in a file that the module's own address
 * names. The file is read again and again, as a host's clock may jump. Timers and `performance.now()` are not moved, as in a
 * real jump.
 */
const file = new URL(import.meta.url).searchParams.get("offset") ?? "";

/** How long a read offset is used, so that not every look at the clock reads the file. */
const READ_MS = 5;

const RealDate = Date;
let offset_ms = readOffset();
let read_ms = performance.now();

function readOffset(): number {
  return Number(readFileSync(file, "utf8"));
}

function now(): number {
  const at_ms = performance.now();
  if (at_ms - read_ms >= READ_MS) {
    offset_ms = readOffset();
    read_ms = at_ms;
  }
  return RealDate.now() + offset_ms;
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

// The process's begin is by its own clock too.
const timeOrigin = performance.timeOrigin + offset_ms;
Object.defineProperty(performance, "timeOrigin", { get: () => timeOrigin });
