import type { Status } from "../../../protocol/base/status.ts";

/** One child: planned (not made yet), running (made), paused, done, or dropped (it is never made). */
export interface Child {
  position: number;
  id: string;
  /** The parent's name for it: its host, or its task. */
  name: string;
  state: "planned" | "running" | "paused" | "done" | "dropped";
  status: Status | null;
  /** The next sequence number that the parent expects from the child, in the child's own log. */
  next: number;
  /** When it was planned, and when it ended. */
  created: string;
  updated: string;
}

/** A child that is to be made. `draft` is sealed: the values from which its parent makes it. */
export interface NewChild {
  id: string;
  name: string;
  draft: Uint8Array;
}

/** The part of a child's end that its parent stores. Its result and the texts that no document may show are sealed. */
export interface KeptEnd {
  status: Status;
  result: Uint8Array | null;
  secrets: Uint8Array | null;
}

/** Whether a child has ended or was dropped. */
export function isOver({ state }: Child): boolean {
  return state === "done" || state === "dropped";
}

/** Whether a child was made and has not ended. */
export function isMade({ state }: Child): boolean {
  return state === "running" || state === "paused";
}
