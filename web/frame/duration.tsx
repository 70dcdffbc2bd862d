import { useEffect, useState } from "preact/hooks";
import { isCompleted } from "../../protocol/base/status.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { agoText, chunkTimeMs, durationText, momentText } from "../base/time.ts";
import type { ServerClock } from "../server/server-clock.ts";

/** The server's time, read again and again; undefined until the server has been asked. Without a period, it is not asked. */
export function useNow(clock: ServerClock, period_ms: number | undefined): number | undefined {
  const [, tick] = useState(0);
  useEffect(() => {
    if (period_ms === undefined) return;
    const look = async () => {
      await clock.keep();
      tick((turn) => turn + 1);
    };
    void look();
    const timer = setInterval(() => void look(), period_ms);
    return () => clearInterval(timer);
  }, [clock, period_ms]);
  return clock.now_ms();
}

/** How long an execution has taken, or takes already. */
export function Duration({ execution, clock }: { execution: Execution; clock: ServerClock }) {
  const { status, start_timestamp, elapsed_seconds } = execution;
  const now_ms = useNow(clock, isCompleted(status) ? undefined : 1_000);
  if (elapsed_seconds !== undefined) return <>{durationText(elapsed_seconds * 1000)}</>;
  return <>{now_ms === undefined ? "…" : durationText(now_ms - chunkTimeMs(start_timestamp))}</>;
}

/** How often a text like `5 min ago` is made again. */
const AGO_MS = 15_000;

/** A moment as its distance to now. The exact one is its title. */
export function Ago({ timestamp, clock }: { timestamp: string; clock: ServerClock }) {
  const now_ms = useNow(clock, AGO_MS);
  const moment = momentText(timestamp);
  return (
    <time dateTime={timestamp} title={moment}>
      {now_ms === undefined ? "…" : agoText(now_ms - chunkTimeMs(timestamp))}
    </time>
  );
}
