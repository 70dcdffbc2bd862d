/** What a deployment need not have: the generated types know only what is required. */
interface Env {
  /** The secret that was `TAILRACE_SECRET` before. */
  TAILRACE_SECRET_PREVIOUS?: string;
  /** The local server's own: whether the disk under its state is full. */
  DISK?: Fetcher;
}
