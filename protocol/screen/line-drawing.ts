/** What DEC's line drawing set has instead of ` to ~. */
const DRAWN = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";

/** The sets that `ESC` and one of these designate. */
const DESIGNATED = "()*+";

/** The sequences behind `ESC` that invoke a set, by its number. */
const INVOKED: Record<string, number> = { n: 2, o: 3 };

/** Whether letters draw lines: programs of the screen draw frames with them. All other sets are read as Unicode. */
export class LineDrawing {
  /** Whether the set in use draws lines. */
  isOn = false;
  #sets = [false, false, false, false];
  #used = 0;

  /** Text in the set in use. */
  translate(text: string): string {
    if (!this.isOn) return text;
    return text.replace(/[`-~]/g, (letter) => DRAWN.charAt(letter.charCodeAt(0) - 0x60));
  }

  /** A sequence that designates or invokes a set. */
  escape(intermediates: string, final: string): void {
    const slot = DESIGNATED.indexOf(intermediates);
    if (intermediates === "") {
      const invoked = INVOKED[final];
      if (invoked !== undefined) this.use(invoked);
    } else if (intermediates === "%") {
      this.use(0);
      this.#designate(0, false);
    } else if (intermediates.length === 1 && slot !== -1) this.#designate(slot, final === "0");
  }

  use(slot: number): void {
    this.#used = slot;
    this.isOn = this.#sets[slot] ?? false;
  }

  reset(): void {
    this.#sets = [false, false, false, false];
    this.use(0);
  }

  #designate(slot: number, draws: boolean): void {
    this.#sets[slot] = draws;
    if (slot === this.#used) this.isOn = draws;
  }
}
