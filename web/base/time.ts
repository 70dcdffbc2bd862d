/** A timestamp of the wire as milliseconds since 1970; its microseconds are the fraction. */
export function chunkTimeMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`);
}

/** A duration as a short text. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** A distance to now: `just now`, `5 min ago`, `3 h ago`, `2 days ago`. */
export function agoText(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}

/**
 * A moment as a short local text, `2026-11-24 12:00:00`. Not by `toLocaleString`, whose first call on a page takes 20 ms.
 */
export function momentText(timestamp: string): string {
  const ms = chunkTimeMs(timestamp);
  return Number.isNaN(ms) ? timestamp : isoText(ms, false).slice(0, 19);
}

/** A moment as `2026-11-24 12:00:00.000`, in UTC or in this browser's zone; nothing without a moment. */
export function isoText(ms: number, is_utc: boolean): string {
  if (Number.isNaN(ms)) return "";
  const moved = is_utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000;
  return new Date(moved).toISOString().slice(0, 23).replace("T", " ");
}
