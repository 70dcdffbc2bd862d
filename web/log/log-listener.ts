import type { Status } from "../../protocol/base/status.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import type { ShownLine } from "../../protocol/wire/shown-line.ts";

/** The log's notices to its views. */
export interface LogListener {
  /** Lines have arrived, or the state of the connection has changed. */
  changed: () => void;
  /** Row numbers have changed, because the log has a hole: the reader's top row before, and its new number. */
  top: () => number;
  moveTo: (row: number) => void;
  /** The execution's status has changed. */
  status: (status: Status) => void;
  /** The log has been read again: its last lines, the place of the next one, and the streams. */
  opened: (lines: readonly ShownLine[], next: number, types: readonly OutputType[]) => void;
  /** Further lines have ended. */
  ended: (lines: readonly ShownLine[]) => void;
}
