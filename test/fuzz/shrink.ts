import { attempt, type Failure } from "./attempt.ts";
import type { Target } from "./target.ts";

/** How many shorter inputs are tried, and for how long. */
const TRIES_MAX = 2_000;
const SHRINK_MS_MAX = 10_000;

/** A shorter input that fails for the same reason, found by leaving out pieces. */
export async function shrunk(
  target: Target,
  input: string,
  { key }: Failure,
  onTry: (input: string) => void,
): Promise<string> {
  const until = performance.now() + SHRINK_MS_MAX;
  let best = input;
  let tries = 0;
  for (let length = Math.ceil(best.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let at = 0; at < best.length; ) {
      if (tries++ > TRIES_MAX || performance.now() > until) return best;
      const shorter = best.slice(0, at) + best.slice(at + length);
      onTry(shorter);
      const failure = await attempt(target, shorter);
      if (failure?.key === key) best = shorter;
      else at += length;
    }
  }
  return best;
}
