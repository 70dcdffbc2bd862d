/** The events of a round, of faults and system together, by the harness's clock. */
export class Timeline {
  readonly #started_ms = performance.now();
  readonly #events: { at_ms: number; source: string; text: string }[] = [];

  note(source: string, text: string): void {
    this.#events.push({ at_ms: this.now_ms, source, text });
  }

  /** Milliseconds since the round began. */
  get now_ms(): number {
    return performance.now() - this.#started_ms;
  }

  /** One line for each event. With a word, only events that contain it, and every fault. */
  lines(about?: string): string[] {
    return this.#events
      .filter(({ source, text }) => about === undefined || source === "fault" || text.includes(about))
      .map(({ at_ms, source, text }) => `${at_ms.toFixed(0).padStart(7)} ms  ${source.padEnd(10)} ${text}`);
  }
}
