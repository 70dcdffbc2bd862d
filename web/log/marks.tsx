import { useEffect, useRef } from "preact/hooks";
import type { LogControl } from "./log-control.ts";

/** The places of matches, beside the scroll bar: one canvas for any number of matches. */
export function Marks({ control }: { control: LogControl | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const matches = control?.searching.search?.matches;
  const count = matches?.length ?? 0;
  const rows = control?.folding.count ?? 0;
  const current = control?.searching.current ?? -1;
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || !control) return;
    const height = element.clientHeight;
    element.width = 6;
    element.height = height;
    const style = getComputedStyle(element);
    context.fillStyle = style.color;
    for (const { place } of matches ?? []) {
      context.fillRect(
        0,
        Math.round((control.folding.shownRow(place) / Math.max(1, rows)) * (height - 3)),
        6,
        2,
      );
    }
    const match = matches?.[current];
    context.fillStyle = style.borderTopColor;
    if (match)
      context.fillRect(
        0,
        Math.round((control.folding.shownRow(match.place) / Math.max(1, rows)) * (height - 3)) - 1,
        6,
        4,
      );
  }, [count, rows, current, matches]);
  return count === 0 ? null : <canvas class="marks" ref={canvas} />;
}
