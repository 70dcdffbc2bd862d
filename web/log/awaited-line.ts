import { grouped } from "../base/grouped.ts";
import type { Folding } from "./folding.ts";
import type { OutputLog } from "./output-log.ts";

/** The log whose line is awaited. */
interface Awaiting {
  readonly log: OutputLog;
  readonly folding: Folding;
}

/** The line that the address names, until it exists and is shown. */
export class AwaitedLine {
  readonly #of: Awaiting;
  readonly #say: (text: string) => void;
  #place: number | undefined;

  constructor(of: Awaiting, say: (text: string) => void) {
    this.#of = of;
    this.#say = say;
  }

  await(place: number): void {
    this.#place = place;
    if (!this.show()) this.#say(`Line ${grouped(place)} is not written yet: waiting for it`);
  }

  /** Shows the line, if it exists. Returns whether there was one to show. */
  show(): boolean {
    if (this.#place === undefined) return false;
    const { log, folding } = this.#of;
    const exists = log.rowOf(this.#place) < log.count;
    if (!exists && log.connection.kind !== "ended") return false;
    if (!exists) this.#say(`The output has ended before line ${grouped(this.#place)}`);
    folding.show(this.#place);
    this.#place = undefined;
    return true;
  }

  /** The reader does not want to be moved later. */
  drop(): void {
    this.#place = undefined;
  }
}
