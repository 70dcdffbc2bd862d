import { openSentence } from "../base/failure-text.ts";

/** Says once that the collector takes no spans, and once that it takes them again. */
export class DeliveryLog {
  readonly #warn: (text: string) => void;
  readonly #info: (text: string) => void;
  #dropped = 0;

  constructor(warn: (text: string) => void, info = warn) {
    this.#warn = warn;
    this.#info = info;
  }

  /** Spans are lost. */
  dropped(spans: number, why: string): void {
    if (this.#dropped === 0)
      this.#warn(
        `the collector does not take the trace: ${openSentence(why)}. Its spans are dropped; check OTEL_EXPORTER_OTLP_ENDPOINT`,
      );
    this.#dropped += spans;
  }

  /** The collector has taken spans. */
  taken(): void {
    if (this.#dropped > 0)
      this.#info(`the collector takes traces again; ${this.#dropped} spans were dropped before`);
    this.#dropped = 0;
  }
}
