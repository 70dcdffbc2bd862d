import type { Status } from "../../protocol/base/status.ts";
import { FLOW } from "./mark.tsx";

/** What a tab shows of a status: a mark in the title, and the colour of the icon's dot. */
interface StatusMark {
  mark: string;
  color: string;
}

const GOOD: StatusMark = { mark: "✓", color: "#1f9d55" };
const BAD: StatusMark = { mark: "✗", color: "#d93025" };
const STOPPED: StatusMark = { mark: "■", color: "#c77700" };
const ACTIVE: StatusMark = { mark: "▶", color: "#2f7fe0" };
const WAITING: StatusMark = { mark: "…", color: "#8b95a4" };

const MARKS: Record<Status, StatusMark> = {
  requested: WAITING,
  scheduled: WAITING,
  delayed: WAITING,
  running: ACTIVE,
  succeeded: GOOD,
  failed: BAD,
  timeout: BAD,
  abandoned: BAD,
  canceling: STOPPED,
  canceled: STOPPED,
  pending: WAITING,
  pausing: STOPPED,
  paused: STOPPED,
  resuming: ACTIVE,
};

/** Shows a status in the tab: its mark before the title, and its colour in the icon. */
export function showInTab(status: Status, title: string): void {
  const { mark, color } = MARKS[status];
  document.title = `${mark} ${status} · ${title} · Tailrace`;
  const icon = document.querySelector<HTMLLinkElement>("link[rel=icon]");
  const href = iconOf(color);
  if (icon && icon.href !== href) icon.href = href;
}

/** The mark with a dot. `web/page.html` has it without one. */
function iconOf(color: string): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cc0"/><path d="${FLOW}" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/><circle cx="24" cy="9" r="8" fill="${color}" stroke="#fff" stroke-width="2"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
