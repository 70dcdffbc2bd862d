import { EXIT } from "../base/exit-codes.ts";
import { tell } from "../terminal/print.ts";

/** Reads until the end or Ctrl-C. After Ctrl-C the execution continues, and a message says how to follow or cancel it. */
export async function detachable<T>(
  id: string,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const outcome = await read(interrupt.signal);
    if (!interrupt.signal.aborted) return outcome;
    tell(
      `\nDetached; the execution continues.\n  follow it: tailrace execution tail ${id}\n  cancel it: tailrace execution cancel ${id}`,
    );
    process.exitCode = EXIT.interrupted;
    return undefined;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
