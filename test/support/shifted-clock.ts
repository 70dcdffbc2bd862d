import { readFileSync } from "node:fs";

/**
 * Preloaded into a process (`--import`), whose wall clock it moves by as many milliseconds as the file says that its own address
 * names: read again and again, as the clock of a host may jump. What measures spans (timers, `performance.now()`) stays, as it
 * does there.
 */
const file = new URL(import.meta.url).searchParams.get("offset") ?? "";

/** How long an offset that was read holds: the file is not read for each look at the clock. */
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

// The moment at which the process began is by its own clock too.
const timeOrigin = performance.timeOrigin + offset_ms;
Object.defineProperty(performance, "timeOrigin", { get: () => timeOrigin });
