import { useState } from "preact/hooks";
import { isoText } from "../../base/time.ts";
import type { Filter } from "./filter.ts";

/** The choice that shows fields for a first and a last moment. */
const OWN = "own";

interface TimeRangeProps {
  filter: Filter;
  change: (part: Partial<Filter>) => void;
}

/** The filter by the time of the start: a range that ends now, or from one moment to another. */
export function TimeRange({ filter, change }: TimeRangeProps) {
  const { since, from, to } = filter;
  const [is_open, setOpen] = useState(false);
  const is_own = is_open || from !== "" || to !== "";
  const choose = (value: string) => {
    setOpen(value === OWN);
    if (value !== OWN) change({ since: value, from: "", to: "" });
  };
  return (
    <>
      <select
        aria-label="Started"
        value={is_own ? OWN : since}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">at any time</option>
        <option value="1h">in the last hour</option>
        <option value="24h">in the last 24 hours</option>
        <option value="7d">in the last 7 days</option>
        <option value="30d">in the last 30 days</option>
        <option value={OWN}>from … to …</option>
      </select>
      {is_own && (
        <>
          <input
            type="datetime-local"
            aria-label="Started after"
            value={localText(from)}
            onChange={(event) => change({ since: "", from: momentOf(event.currentTarget.value) })}
          />
          <input
            type="datetime-local"
            aria-label="Started before"
            value={localText(to)}
            onChange={(event) => change({ since: "", to: momentOf(event.currentTarget.value) })}
          />
        </>
      )}
    </>
  );
}

/** A field has the reader's own time zone; the address has none, so that it means the same to each reader. */
function momentOf(local: string): string {
  return local === "" ? "" : new Date(local).toISOString();
}

function localText(moment: string): string {
  return isoText(Date.parse(moment), false).slice(0, 16).replace(" ", "T");
}
