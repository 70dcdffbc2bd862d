import type { OutputType } from "../../protocol/chunk.ts";
import { visibleText } from "../../protocol/plain.ts";
import type { Status } from "../../protocol/status.ts";
import type { OutputSearch } from "../search.ts";
import { hashOf, type LineRange, ordered, readHash } from "../selection.ts";
import type { Session } from "../session.ts";
import type { Settings } from "../settings.ts";
import { OutputLog } from "./output-log.ts";
import { buildRow, emptyRow } from "./row.ts";
import type { ShownLine } from "./screen.ts";
import { Viewport } from "./viewport.ts";

/** Lines that are copied at once; more of them are what downloads are for. */
const COPY_LINES_MAX = 100_000;

/** What a page does with the log that it shows. */
export class LogControl {
  readonly log: OutputLog;
  readonly #scroller: HTMLElement;
  readonly viewport: Viewport;
  readonly #onChange: () => void;
  readonly #say: (text: string) => void;
  settings: Settings;
  labels = false;
  start_ms = 0;
  search: OutputSearch | undefined;
  current_match = -1;
  range: LineRange | undefined;
  /** Rows that there were when the reader left the end. */
  left_at: number | undefined;
  #epoch = 0;
  #made = new WeakMap<
    HTMLElement,
    { line: ShownLine | undefined; chars: number; epoch: number; drawn: number }
  >();
  #drag: { line: number; is_text: boolean } | undefined;
  #linked = false;

  constructor(
    scroller: HTMLElement,
    session: Session,
    id: string,
    settings: Settings,
    tell: {
      changed: () => void;
      status: (status: Status) => void;
      say: (text: string) => void;
      linked: boolean;
    },
  ) {
    this.#scroller = scroller;
    this.settings = settings;
    this.#onChange = tell.changed;
    this.#say = tell.say;
    this.#linked = tell.linked;
    this.log = new OutputLog(session, id, {
      changed: () => {
        this.viewport.changed();
        this.search?.grown();
        tell.changed();
      },
      top: () => this.viewport.top,
      moveTo: (row) => this.viewport.moveTo(row),
      status: tell.status,
    });
    this.viewport = new Viewport(scroller, {
      count: () => this.log.count,
      row: (row, before) => this.#row(row, before),
      seen: (first, last) => this.log.look(first, last),
      following: (follows) => {
        this.left_at = follows ? undefined : this.log.count;
        tell.changed();
      },
    });
    scroller.addEventListener("pointerdown", (event) => this.#pressed(event));
    scroller.addEventListener("click", (event) => this.#clicked(event));
  }

  /** Rows look otherwise now. */
  relook(): void {
    this.#epoch++;
    this.#scroller.classList.toggle("wrap", this.settings.wrap);
    this.viewport.heights_vary = this.settings.wrap;
    this.viewport.reset();
  }

  filter(types: readonly OutputType[]): void {
    void this.log.open(types);
    this.relook();
    this.viewport.follow();
  }

  get new_lines(): number {
    return this.left_at === undefined ? 0 : Math.max(0, this.log.count - this.left_at);
  }

  /** Goes where the address says, once there is something to go to. */
  async goToHash(): Promise<void> {
    const { range, seq } = readHash(location.hash);
    if (range) {
      this.range = range;
      this.relook();
      this.viewport.show(this.log.rowOf(range.from));
    } else if (seq !== undefined) {
      const place = await this.log.placeOfSeq(seq);
      if (place === undefined) return;
      this.range = { from: place, to: place };
      this.relook();
      this.viewport.show(this.log.rowOf(place));
    }
    this.#onChange();
  }

  select(range: LineRange | undefined, share: boolean): void {
    this.range = range;
    this.relook();
    this.#onChange();
    if (!this.#linked) return;
    const hash = range ? hashOf(range) : "";
    history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
    if (share && range) void this.#copyText(`${location.origin}${location.pathname}${hash}`, "Link copied");
  }

  selectAll(): void {
    if (this.log.count === 0) return;
    const first = this.log.line(0);
    const last = this.log.line(this.log.count - 1);
    this.select({ from: first?.number ?? 1, to: last?.number ?? this.log.count }, false);
    this.#say(`${this.log.count.toLocaleString()} lines selected: Ctrl-C copies them`);
  }

  /** Copies the lines that are selected, those too that have never been on the screen. */
  async copySelection(): Promise<boolean> {
    const { range } = this;
    if (!range) return false;
    const count = range.to - range.from + 1;
    if (count > COPY_LINES_MAX) {
      this.#say(`${count.toLocaleString()} lines are too many to copy: download them`);
      return true;
    }
    const parts: string[] = [];
    for await (const line of this.log.lines(this.log.rowOf(range.from), this.log.rowOf(range.to))) {
      if (!line.gap && !line.folded) parts.push(visibleText(line.text));
    }
    await this.#copyText(`${parts.join("\n")}\n`, `${parts.length.toLocaleString()} lines copied`);
    return true;
  }

  /** Copies a link to the chunk that the selection begins in. */
  async copyChunkLink(): Promise<void> {
    const line = this.range && this.log.line(this.log.rowOf(this.range.from));
    if (line)
      await this.#copyText(`${location.origin}${location.pathname}#S${line.seq}`, "Link to the chunk copied");
  }

  showMatch(step: number): void {
    const { search } = this;
    if (!search || search.matches.length === 0) return;
    const count = search.matches.length;
    if (this.current_match >= 0) this.current_match = (this.current_match + step + count) % count;
    else {
      // The first that is in sight or below; backwards, the last that is in sight or above.
      const { top, page } = this.viewport;
      const rows = search.matches.map(({ place }) => this.log.rowOf(place));
      const found =
        step > 0 ? rows.findIndex((row) => row >= top) : rows.findLastIndex((row) => row < top + page);
      this.current_match = found >= 0 ? found : step > 0 ? 0 : count - 1;
    }
    const match = search.matches[this.current_match];
    if (!match) return;
    this.relook();
    this.viewport.show(this.log.rowOf(match.place));
    this.#onChange();
  }

  async #copyText(text: string, said: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.#say(said);
    } catch {
      this.#say("The browser does not let this page copy");
    }
  }

  #row(row: number, before: HTMLElement | undefined): HTMLElement {
    const line = this.log.line(row);
    const drawn = line?.drawn?.length ?? -1;
    const made = before && this.#made.get(before);
    const same =
      made && made.line === line && made.chars === (line?.text.length ?? 0) && made.epoch === this.#epoch;
    // What is drawn over from below changes without a sign.
    if (before && same && drawn === -1 && !(line?.folded && !before.classList.contains("folded")))
      return before;
    const element = line ? buildRow(line, this.#look()) : emptyRow(row + 1);
    this.#made.set(element, { line, chars: line?.text.length ?? 0, epoch: this.#epoch, drawn });
    return element;
  }

  #look() {
    const { time, numbers } = this.settings;
    return {
      time,
      numbers,
      labels: this.labels,
      start_ms: this.start_ms,
      selected: ({ number }: ShownLine) =>
        this.range !== undefined && number >= this.range.from && number <= this.range.to,
      mark: ({ place }: ShownLine) => {
        const match = this.search?.at(place);
        if (!match) return undefined;
        const current = this.search?.matches[this.current_match] === match;
        return { text: match.text, match_case: true, current };
      },
    };
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

  /** A selection that leaves the rows in sight becomes one of whole lines, and the rows move on under it. */
  #dragged(event: PointerEvent): void {
    const drag = this.#drag;
    if (!drag) return;
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const beyond = event.clientY < top ? event.clientY - top : Math.max(0, event.clientY - bottom);
    if (drag.is_text && beyond === 0) return;
    drag.is_text = false;
    if (beyond !== 0) this.viewport.moveRows(Math.sign(beyond) * Math.ceil(Math.abs(beyond) / 20));
    getSelection()?.removeAllRanges();
    const y = Math.min(bottom - 2, Math.max(top + 2, event.clientY));
    const under = document.elementFromPoint(this.#scroller.getBoundingClientRect().left + 10, y);
    const line = under ? lineOf(under) : undefined;
    if (line !== undefined) this.select(ordered(drag.line, line), false);
  }

  #clicked(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest<HTMLElement>("a.number") : null;
    if (!link) return;
    event.preventDefault();
    const line = Number(link.dataset.line);
    const anchor = this.range;
    if (event.shiftKey && anchor) {
      this.select(line < anchor.from ? { from: line, to: anchor.to } : { from: anchor.from, to: line }, true);
    } else if (anchor && anchor.from === line && anchor.to === line) this.select(undefined, false);
    else this.select({ from: line, to: line }, true);
    this.#scroller.focus({ preventScroll: true });
  }
}

function lineOf(element: Element): number | undefined {
  const number = element.closest(".row")?.querySelector<HTMLElement>(".number")?.dataset.line;
  return number === undefined ? undefined : Number(number);
}
