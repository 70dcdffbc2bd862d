import { failureText } from "../../protocol/base/failure-text.ts";
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
  #number: number | undefined;

  constructor(of: Awaiting, say: (text: string) => void) {
    this.#of = of;
    this.#say = say;
  }

  await(number: number): void {
    this.#number = number;
    if (!this.show()) this.#say(`Line ${grouped(number)} is not written yet: waiting for it`);
  }

  /** Shows the line, if it exists. Returns whether there was one to show. */
  show(): boolean {
    const number = this.#number;
    if (number === undefined) return false;
    const { log } = this.#of;
    const exists = log.last >= number;
    if (!exists && log.connection.kind !== "ended") return false;
    if (!exists) this.#say(`The output has ended before line ${grouped(number)}`);
    this.#number = undefined;
    void this.#go(number);
    return true;
  }

  async #go(number: number): Promise<void> {
    const { log, folding } = this.#of;
    try {
      folding.show(log.knownPlace(number) ?? (await log.placeOf(number)));
    } catch (error) {
      this.#say(failureText(error));
    }
  }

  /** The reader does not want to be moved later. */
  drop(): void {
    this.#number = undefined;
  }
}
