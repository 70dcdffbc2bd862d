import { UNABLE_CHARS_MAX } from "../protocol/base/limits.ts";
import type { AgentMessage } from "../protocol/wire/agent.ts";
import type { Log } from "./base/log.ts";
import type { Home } from "./state/home.ts";

/** Between two checks whether the agent can take new runs again. */
const LOOK_MS = 2_000;

/** How long a good check counts: offers come in bursts. A disk that fills up in between refuses the run's notes. */
const GOOD_MS = 250;

/** The reason of an agent that stops once its runs have ended. */
const DRAINING = "it stops once its runs have ended";

/** Knows why the agent takes no new runs now. Logs it once, and checks until it is over. */
export class Unable {
  readonly #home: Home;
  readonly #log: Log;
  readonly #say: (message: AgentMessage) => void;
  #why: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #good_at = Number.NEGATIVE_INFINITY;
  #is_draining = false;

  constructor(home: Home, log: Log, say: (message: AgentMessage) => void) {
    this.#home = home;
    this.#log = log;
    this.#say = say;
  }

  get why(): string | undefined {
    return this.#why;
  }

  /** Whether the agent stops once its runs have ended. */
  get is_draining(): boolean {
    return this.#is_draining;
  }

  /** The agent is to stop once its runs have ended: it takes no new ones from here on, whatever its disks say. */
  drain(): void {
    this.close();
    this.#is_draining = true;
    this.#why = DRAINING;
    this.#say({ type: "unable", why: DRAINING });
  }

  /** Checks the disks, unless a check was just good. Returns why no run can begin; undefined if one can. */
  look(): string | undefined {
    if (this.#is_draining) return this.#why;
    if (this.#why === undefined && performance.now() - this.#good_at < GOOD_MS) return undefined;
    const why = this.#home.refusal();
    if (why !== undefined) {
      this.because(why);
      return this.#why;
    }
    this.#good_at = performance.now();
    if (this.#why !== undefined) this.#over();
    return undefined;
  }

  /** A run could not begin. */
  because(why: string): void {
    if (this.#is_draining) return;
    if (this.#why === undefined) {
      this.#why = why.slice(0, UNABLE_CHARS_MAX);
      this.#log.warn(`the agent takes no new runs: ${why}`);
      this.#say({ type: "unable", why: this.#why });
    }
    this.#timer ??= setInterval(() => this.look(), LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #over(): void {
    this.#why = undefined;
    this.close();
    this.#log.info("the agent takes new runs again");
    this.#say({ type: "able" });
  }
}
