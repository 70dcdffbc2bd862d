import { failureText } from "../../protocol/base/failure-text.ts";
import type { Status } from "../../protocol/base/status.ts";
import type { Run } from "../../protocol/screen/runs.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import { isFolded, isSameLook, type ShownLine, shownRuns } from "../../protocol/wire/shown-line.ts";
import type { Session } from "../server/session.ts";
import { AwaitedLine } from "./awaited-line.ts";
import { ErrorLines, type ErrorStep, errorAt } from "./error-lines.ts";
import { Folding } from "./folding.ts";
import { LineSelection } from "./line-selection.ts";
import { needsBefore } from "./line-time.ts";
import { OutputLog } from "./output-log.ts";
import { emptyRow, type RowLook } from "./row.ts";
import { Searching } from "./searching.ts";
import { readHash } from "./selection.ts";
import type { Settings } from "./settings.ts";
import { Viewport } from "./viewport.ts";

/** The inputs of a row: the same inputs make the same row. */
interface Made {
  line: ShownLine | undefined;
  /** The line before, if the row has its time. */
  previous: ShownLine | undefined;
  /** What the row shows; undefined if it has no height. */
  runs: readonly Run[] | undefined;
  /** How it is dressed as a part of a group. */
  dress: string | undefined;
  epoch: number;
}

/** How the rows of a log are shown. */
export interface LogViewing {
  settings: Settings;
  /** Whether rows say which host or child wrote them. */
  labels: boolean;
  /** When the execution began. */
  start_ms: number;
}

/** The page's controls of the log that it shows. */
export class LogControl {
  readonly log: OutputLog;
  readonly viewport: Viewport;
  readonly selection: LineSelection;
  readonly folding: Folding;
  readonly searching: Searching;
  readonly #scroller: HTMLElement;
  readonly #onChange: () => void;
  readonly #say: (text: string) => void;
  readonly #errors: ErrorLines;
  #view: LogViewing;
  /** The number of rows when the reader left the end. */
  #left_at: number | undefined;
  #epoch = 0;
  readonly #awaited: AwaitedLine;
  readonly #made = new WeakMap<HTMLElement, Made>();

  constructor(
    scroller: HTMLElement,
    session: Session,
    id: string,
    view: LogViewing,
    tell: {
      changed: () => void;
      status: (status: Status) => void;
      say: (text: string) => void;
      linked: boolean;
    },
  ) {
    this.#scroller = scroller;
    this.#view = view;
    this.#onChange = tell.changed;
    this.#say = tell.say;
    this.#errors = new ErrorLines(session, id);
    const { changed, linked } = tell;
    this.folding = new Folding(this, scroller, { session, id, errors: this.#errors, linked, changed });
    const { folds } = this.folding;
    this.#awaited = new AwaitedLine(this, tell.say);
    this.log = new OutputLog(session, id, {
      changed: () => {
        this.viewport.grown();
        this.searching.search?.grown(this.log.searchable);
        this.#awaited.show();
        this.folding.look();
        tell.changed();
      },
      top: () => this.folding.top,
      moveTo: (row) => this.folding.moveTo(row),
      status: tell.status,
      opened: (lines, next, types) => folds.restart(lines, next, types),
      ended: (lines) => folds.take(lines),
    });
    this.viewport = new Viewport(scroller, {
      count: () => this.folding.count,
      key: (row) => this.folding.map.row(row),
      row: (row, before) => this.#row(this.folding.map.row(row), before),
      seen: (first, last) => {
        this.folding.seen(first, last);
        this.searching.drawn();
      },
      following: (follows) => {
        this.#left_at = follows ? undefined : this.log.count;
        // A reader that moves does not want to be moved later.
        if (!follows) this.#awaited.drop();
        tell.changed();
      },
    });
    this.selection = new LineSelection({
      scroller,
      log: this.log,
      viewport: this.viewport,
      folding: this.folding,
      linked: tell.linked,
      changed: () => this.redraw(),
      say: tell.say,
    });
    this.searching = new Searching(this, scroller);
    this.#wrap();
  }

  /** Applies new settings, if they change how rows look. The start of the execution matters only for elapsed times. */
  show(view: LogViewing): void {
    const before = this.#view;
    this.#view = view;
    const is_same = before.settings === view.settings && before.labels === view.labels;
    if (is_same && (before.start_ms === view.start_ms || view.settings.time !== "elapsed")) return;
    this.#wrap();
    this.redraw();
  }

  /** The look of the rows has changed: draws them again, and what is around them. */
  redraw(): void {
    this.#epoch++;
    this.viewport.reset();
    this.#onChange();
  }

  #wrap(): void {
    const { wrap } = this.#view.settings;
    this.#scroller.classList.toggle("wrap", wrap);
    this.viewport.heights_vary = wrap;
  }

  filter(types: readonly OutputType[]): void {
    // Its matches have places among the lines of the streams before.
    this.searching.drop();
    void this.log.open(types);
    this.redraw();
    this.viewport.follow();
  }

  get new_lines(): number {
    return this.#left_at === undefined ? 0 : Math.max(0, this.log.count - this.#left_at);
  }

  /** Goes to the lines that the address names. */
  async goToHash(): Promise<void> {
    const { range, seq } = readHash(location.hash);
    const line = seq === undefined ? undefined : await this.log.lineOfSeq(seq);
    const named = line === undefined ? range : { from: line, to: line };
    if (named === undefined) return;
    this.selection.take(named);
    this.#awaited.await(named.from);
  }

  /** Selects an error of the output and shows it. */
  async showError(step: ErrorStep): Promise<void> {
    try {
      this.#say("Searching for errors …");
      const { errors, complete } = await this.#errors.read(step, this.log.types);
      const found = errorAt(errors, this.selection.range, step);
      if (!found) return this.#say("No shown line is on stderr or looks like an error");
      this.selection.take(found);
      this.folding.show(await this.log.placeOf(found.from));
      const place = errors.indexOf(found) + 1;
      this.#say(complete ? `Error ${place} of ${errors.length}` : `Error ${place}`);
    } catch (error) {
      this.#say(failureText(error));
    }
  }

  showMatch(step: number): void {
    this.searching.step(step);
  }

  #row(row: number, before: HTMLElement | undefined): HTMLElement {
    const line = this.log.line(row);
    // Later output may have drawn on this line.
    const runs = line && !isFolded(line) ? shownRuns(line) : undefined;
    const made = before && this.#made.get(before);
    const previous = needsBefore(this.#view.settings.time) ? this.log.line(row - 1) : undefined;
    const dress = line && this.folding.dressOf(line);
    const is_same =
      made?.line === line &&
      made?.previous === previous &&
      made?.dress === dress &&
      made?.epoch === this.#epoch;
    if (before && is_same && (made.runs && runs ? isSameLook(made.runs, runs) : made.runs === runs))
      return before;
    const element = line ? this.folding.build(line, runs, this.#look(previous)) : emptyRow(row + 1);
    this.searching.dress(element, row);
    this.#made.set(element, { line, previous, runs, dress, epoch: this.#epoch });
    return element;
  }

  #look(before: ShownLine | undefined): RowLook {
    const { settings, labels, start_ms } = this.#view;
    return {
      time: settings.time,
      numbers: settings.numbers,
      labels,
      start_ms,
      before,
      selected: ({ number }) => this.selection.has(number),
      mark: (line) => this.searching.markOf(line),
    };
  }
}
