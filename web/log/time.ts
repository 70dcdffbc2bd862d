/** A timestamp of the wire as milliseconds since 1970; its microseconds are the fraction. */
export function chunkTimeMs(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`);
}

/** How long something took, as people say it. */
export function durationText(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}

/** A moment as a short local text. */
export function momentText(timestamp: string): string {
  const ms = chunkTimeMs(timestamp);
  return Number.isNaN(ms) ? timestamp : new Date(ms).toLocaleString(undefined, { hour12: false });
}
