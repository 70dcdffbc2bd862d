/** How long a page may take to be painted once it has been drawn. */
const PAINT_MS_MAX = 1_000;

/** Resolves after the page's first paint, or immediately if it is past. A hidden tab does not wait for it. */
export function firstPaint(): Promise<void> {
  if (document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(resolve, PAINT_MS_MAX);
    const painted = new PerformanceObserver(() => {
      painted.disconnect();
      clearTimeout(late);
      resolve();
    });
    painted.observe({ type: "paint", buffered: true });
  });
}
