/** The time between two reports of the progress. */
const TELL_MS = 1_000;

/** Tells how far a long work is, as a line: at its first portion, then every second, and at the end. */
export function progress(
  verb: string,
  things: string,
  all: number,
  write: (line: string) => void,
): (done: number) => void {
  let told_at = Number.NEGATIVE_INFINITY;
  return (done) => {
    if (done < all && performance.now() - told_at < TELL_MS) return;
    told_at = performance.now();
    write(`${verb} ${done} of ${all} ${things}`);
  };
}
