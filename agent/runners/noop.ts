import type { Runner } from "./runner.ts";

/** `noop`: does nothing, and succeeds. */
export const noop: Runner = async () => ({
  pid: undefined,
  exit: Promise.resolve({ code: 0, signal: null, leftover_pids: [], answer: Buffer.alloc(0) }),
  end: () => ({ status: "succeeded", exit_code: 0, result: {} }),
});
