import type { Status } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { grouped } from "../../base/grouped.ts";
import { Ago, Duration } from "../../frame/duration.tsx";
import type { ServerClock } from "../../server/server-clock.ts";
import type { Filter } from "./filter.ts";
import type { Counted, Overview } from "./overview.ts";

interface OverviewProps {
  overview: Overview | undefined;
  clock: ServerClock;
  filter: Filter;
  change: (part: Partial<Filter>) => void;
}

/** What runs, what failed, and since when. A click shows only these, a second one all again. */
export function OverviewButtons({ overview, clock, filter, change }: OverviewProps) {
  const button = (status: Status, { total, one }: Counted, since: (one: Execution) => preact.JSX.Element) => (
    <button
      type="button"
      aria-pressed={filter.status === status}
      onClick={() => change({ status: filter.status === status ? "" : status })}
    >
      <span class={total > 0 ? `status ${status}` : "soft"}>
        {grouped(total)} {status}
      </span>{" "}
      {one && <span class="soft">{since(one)}</span>}
    </button>
  );
  return (
    <div class="overview">
      {overview &&
        button("running", overview.running, (one) => (
          <>
            longest <Duration execution={one} clock={clock} />
          </>
        ))}
      {overview &&
        button("failed", overview.failed, (one) => (
          <>
            last one <Ago timestamp={one.end_timestamp ?? one.start_timestamp} clock={clock} />
          </>
        ))}
    </div>
  );
}
