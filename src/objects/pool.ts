import type { Labels } from "../../protocol/model/label.ts";

/** What an execution asks of the agent that runs it. */
export interface Needs {
  runner: string;
  /** Empty where it is not known: the first release did not write it down. */
  pack: string;
  labels: Labels;
}

/** The same, and whose execution it is. */
export interface Wanted extends Needs {
  user: string;
}
