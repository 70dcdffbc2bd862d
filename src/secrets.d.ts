/** Secrets that a deployment need not have: the generated types know only the required ones. */
interface Env {
  /** The secret that was `TAILRACE_SECRET` before. */
  TAILRACE_SECRET_PREVIOUS?: string;
}
