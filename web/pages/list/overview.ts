import { useEffect, useRef, useState } from "preact/hooks";
import { readExact } from "../../../protocol/base/numbers.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Session } from "../../server/session.ts";
import { NO_FILTER, pageQuery } from "./filter.ts";

/** The overview is read again at most this often, however many executions change. */
const READ_MS_MIN = 5_000;

/** How many executions have a status, and one of them. */
export interface Counted {
  total: number;
  one: Execution | undefined;
}

/** What runs, with the one that runs longest, and what has failed, with the last one. */
export interface Overview {
  running: Counted;
  failed: Counted;
}

/** The overview, and the function that has it read again because an execution has changed. It is undefined until it is read. */
export function useOverview(session: Session): [overview: Overview | undefined, touch: () => void] {
  const [overview, setOverview] = useState<Overview>();
  const timer = useRef(0);
  const read_ms = useRef(Number.NEGATIVE_INFINITY);
  const read = async () => {
    timer.current = 0;
    read_ms.current = performance.now();
    const [running, failed] = await Promise.all([
      count(session, "running", "sort_asc"),
      count(session, "failed", "sort_desc"),
    ]);
    setOverview({ running, failed });
  };
  const touch = () => {
    if (timer.current !== 0) return;
    const wait_ms = Math.max(0, read_ms.current + READ_MS_MIN - performance.now());
    // If it cannot be read now, the list's connection shows why, and reads it again.
    timer.current = window.setTimeout(() => read().catch(() => undefined), wait_ms);
  };
  useEffect(() => {
    touch();
    return () => clearTimeout(timer.current);
  }, []);
  return [overview, touch];
}

async function count(session: Session, status: string, order: "sort_asc" | "sort_desc"): Promise<Counted> {
  const query = pageQuery({ ...NO_FILTER, status }, 0);
  query.delete("sort_desc");
  query.set(order, "true");
  query.set("limit", "1");
  const answer = await session.request(`/api/v1/executions?${query}`);
  const [one] = readExact(await answer.text()) as Execution[];
  return { total: Number(answer.headers.get("x-total-count")), one };
}
