import type { Log, LogLevel, Miniflare, MiniflareOptions } from "miniflare";
import { failureText } from "../../protocol/base/failure-text.ts";
import { retry } from "../../protocol/base/retry.ts";

/** Miniflare's code for an engine that did not come up. */
const FAILED = "ERR_RUNTIME_FAILURE";

/**
 * Starts the engine again until it is up. Miniflare tries only once after a crash: an engine that ends while it starts, or whose
 * disk is full at that moment, would stay down.
 */
export class Revival {
  readonly #stopping = new AbortController();
  readonly #onUp: () => void;
  #revive: (() => Promise<void>) | undefined;
  #is_reviving = false;

  constructor(onUp: () => void) {
    this.#onUp = onUp;
  }

  /** A log for Miniflare, which reports only there that it has given up. */
  log(OwnLog: typeof Log, level: LogLevel): Log {
    const giveUp = () => void this.#begin();
    return new (class extends OwnLog {
      override error(error: Error): void {
        if ("code" in error && error.code === FAILED) giveUp();
        else super.error(error);
      }
    })(level);
  }

  /** From now on, starts a lost engine again with these options. */
  watch(miniflare: Miniflare, options: MiniflareOptions): void {
    this.#revive = () => miniflare.setOptions(options);
  }

  stop(): void {
    this.#stopping.abort();
  }

  async #begin(): Promise<void> {
    const { signal } = this.#stopping;
    const revive = this.#revive;
    if (revive === undefined || this.#is_reviving) return;
    this.#is_reviving = true;
    const attempt = async () => {
      await revive();
      // stop() ends this engine too, and its guard may already be released.
      if (!signal.aborted) this.#onUp();
    };
    try {
      await retry(attempt, { signal, onWait: tellFailure });
    } catch {
      // Only stop() ends the attempts.
    } finally {
      this.#is_reviving = false;
    }
  }
}

function tellFailure(error: unknown, wait_ms: number): void {
  const wait_s = (wait_ms / 1000).toFixed(1);
  process.stderr.write(`The engine does not start (${failureText(error)}); trying again in ${wait_s} s.\n`);
}
