import { failureText } from "../../protocol/base/failure-text.ts";
import { isFolded, shownText } from "../../protocol/wire/shown-line.ts";
import { fromAddress, PART } from "../base/address.ts";
import { grouped } from "../base/grouped.ts";
import { type KeySelectable, LineCursor } from "./line-cursor.ts";
import { hashOf, type LineRange, ordered, sharedAddress } from "./selection.ts";

/** The most lines that are copied. For more, there are downloads. */
const COPY_LINES_MAX = 100_000;

/** How long the address of a selection that changes again and again is not written: browsers ignore what changes too often. */
const ADDRESS_MS = 250;

/** The log that a selection belongs to, and its callbacks. */
export interface Selectable extends Omit<KeySelectable, "selection"> {
  /** Whether the address names the selected lines. */
  linked: boolean;
  changed: () => void;
  say: (text: string) => void;
}

/** The selection of whole lines, also those that are not on the screen, by clicks, a drag or keys. */
export class LineSelection {
  readonly #of: Selectable;
  readonly cursor: LineCursor;
  #range: LineRange | undefined;
  #address = 0;
  #drag: { line: number; is_text: boolean } | undefined;

  constructor(of: Selectable) {
    this.#of = of;
    this.cursor = new LineCursor({ ...of, selection: this });
    of.scroller.addEventListener("pointerdown", (event) => this.#pressed(event));
    of.scroller.addEventListener("click", (event) => this.#clicked(event));
  }

  get range(): LineRange | undefined {
    return this.#range;
  }

  has(line: number): boolean {
    return this.#range !== undefined && line >= this.#range.from && line <= this.#range.to;
  }

  /** Selects the lines that the address names. */
  take(range: LineRange): void {
    this.#range = range;
    this.#of.changed();
  }

  select(range: LineRange | undefined, share: boolean): void {
    this.#range = range;
    this.#of.changed();
    if (!this.#of.linked) return;
    const hash = range ? hashOf(range) : "";
    const part = fromAddress(PART);
    // Another part has other lines.
    const write = () => {
      if (fromAddress(PART) === part)
        history.replaceState(null, "", location.pathname + location.search + hash);
    };
    clearTimeout(this.#address);
    if (range && !share) this.#address = window.setTimeout(write, ADDRESS_MS);
    else write();
    if (share && range) void this.#copyText(location.origin + sharedAddress(hash), "Link copied");
  }

  /** Another log is shown: the address does not get the lines of this one. */
  close(): void {
    clearTimeout(this.#address);
  }

  selectAll(): void {
    const { log, say } = this.#of;
    if (log.count === 0) return;
    const first = log.line(0);
    const last = log.line(log.count - 1);
    this.select({ from: first?.number ?? 1, to: last?.number ?? log.count }, false);
    say(`${grouped(log.count)} lines selected; copy them with Ctrl-C`);
  }

  /** Copies the lines, also those that were never on the screen. */
  async copy(): Promise<void> {
    const { log, say } = this.#of;
    if (!this.#range) return;
    const { from, to } = this.#range;
    const parts: string[] = [];
    try {
      // The lines between are those of the shown streams.
      const [first, next] = await Promise.all([log.placeOf(from), log.placeOf(to + 1)]);
      const count = next - first;
      if (count > COPY_LINES_MAX) return say(`${grouped(count)} lines are too many to copy: use Download`);
      for await (const line of log.lines(log.rowOf(first), log.rowOf(next - 1))) {
        if (!line.gap && !isFolded(line)) parts.push(shownText(line));
      }
    } catch (error) {
      return say(`Not copied: ${failureText(error)}`);
    }
    await this.#copyText(`${parts.join("\n")}\n`, `${grouped(parts.length)} lines copied`);
  }

  /** Copies a link to the chunk that the selection begins in. */
  async copyChunkLink(): Promise<void> {
    const { log } = this.#of;
    const line = this.#range && log.line(log.rowOf(await log.placeOf(this.#range.from)));
    if (line)
      await this.#copyText(location.origin + sharedAddress(`#S${line.seq}`), "Link to the chunk copied");
  }

  async #copyText(text: string, said: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#of.say(said);
    } catch {
      this.#of.say("The browser does not allow this page to copy");
    }
  }

  #pressed(event: PointerEvent): void {
    if (event.button !== 0 || event.pointerType === "touch" || !(event.target instanceof Element)) return;
    const line = lineOf(event.target);
    if (line === undefined) return;
    this.#drag = { line, is_text: event.target.closest(".number") === null };
    const moved = (move: PointerEvent) => this.#dragged(move);
    const released = () => {
      this.#drag = undefined;
      window.removeEventListener("pointermove", moved);
    };
    window.addEventListener("pointermove", moved);
    window.addEventListener("pointerup", released, { once: true });
  }

  /** A drag that leaves the visible rows selects whole lines, and scrolls. */
  #dragged(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    const { left, top, bottom } = this.#of.scroller.getBoundingClientRect();
    const beyond = event.clientY < top ? event.clientY - top : Math.max(0, event.clientY - bottom);
    if (drag.is_text && beyond === 0) return;
    drag.is_text = false;
    if (beyond !== 0) this.#of.viewport.moveRows(Math.sign(beyond) * Math.ceil(Math.abs(beyond) / 20));
    getSelection()?.removeAllRanges();
    const y = Math.min(bottom - 2, Math.max(top + 2, event.clientY));
    const under = document.elementFromPoint(left + 10, y);
    const line = under ? lineOf(under) : undefined;
    if (line !== undefined) this.select(ordered(drag.line, line), false);
  }

  #clicked(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a.number") : null;
    if (!link) return;
    event.preventDefault();
    const line = Number(link.dataset.line);
    const anchor = this.#range;
    if (event.shiftKey && anchor) {
      this.select(line < anchor.from ? { from: line, to: anchor.to } : { from: anchor.from, to: line }, true);
    } else if (anchor && anchor.from === line && anchor.to === line) this.select(undefined, false);
    else this.select({ from: line, to: line }, true);
    this.#of.scroller.focus({ preventScroll: true });
  }
}

function lineOf(element: Element): number | undefined {
  const number = element.closest(".row")?.querySelector<HTMLElement>(".number")?.dataset.line;
  return number === undefined ? undefined : Number(number);
}
