/** One line on stderr: what is measured, how much is done, and about how long the rest takes. */
export class Progress {
  readonly #rounds: number;
  readonly #started_ms = performance.now();
  #round = 0;
  #measurements = 0;
  #done = 0;

  constructor(rounds: number) {
    this.#rounds = rounds;
  }

  /** A round of so many measurements begins. */
  begin(round: number, measurements: number): void {
    this.#round = round;
    this.#measurements = measurements;
  }

  next(what: string): void {
    const all = this.#measurements * this.#rounds;
    const left_ms = ((performance.now() - this.#started_ms) / Math.max(1, this.#done)) * (all - this.#done);
    const left = this.#done === 0 ? "" : `, about ${Math.ceil(left_ms / 60_000)} min left`;
    this.#done++;
    this.#write(`round ${this.#round} of ${this.#rounds}, ${this.#done} of ${all}${left}: ${what} …`);
  }

  end(): void {
    this.#write("");
  }

  /** At a terminal, each line takes the place of the last. */
  #write(line: string): void {
    if (process.stderr.isTTY) process.stderr.write(`${line}\x1b[K\r`);
    else if (line !== "") process.stderr.write(`${line}\n`);
  }
}
