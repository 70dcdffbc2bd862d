import { UNABLE_CHARS_MAX } from "../protocol/base/limits.ts";
import type { AgentMessage } from "../protocol/wire/agent.ts";
import type { Log } from "./base/log.ts";
import type { Home } from "./state/home.ts";

/** Between two checks whether the agent can take new runs again. */
const LOOK_MS = 2_000;

/** Knows why the agent takes no new runs now. Logs it once, and checks until it is over. */
export class Unable {
  readonly #home: Home;
  readonly #log: Log;
  readonly #say: (message: AgentMessage) => void;
  #why: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(home: Home, log: Log, say: (message: AgentMessage) => void) {
    this.#home = home;
    this.#log = log;
    this.#say = say;
  }

  get why(): string | undefined {
    return this.#why;
  }

  /** Checks the disks. Returns why no run can begin; undefined if one can. */
  look(): string | undefined {
    const why = this.#home.refusal();
    if (why !== undefined) this.because(why);
    else if (this.#why !== undefined) this.#over();
    return this.#why;
  }

  /** A run could not begin. */
  because(why: string): void {
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
