import type { ComponentChildren } from "preact";
import { STATUSES } from "../../../protocol/base/status.ts";
import { Collapsed } from "../../frame/collapsed.tsx";
import { ConnectionText } from "../../frame/connection.tsx";
import type { Connection } from "../../server/connection.ts";
import type { Filter } from "./filter.ts";
import { TimeRange } from "./time-range.tsx";

/** The id of the field that a key goes to. */
export const FILTER_FIELD = "filter-action";

interface ListToolbarProps {
  filter: Filter;
  change: (part: Partial<Filter>) => void;
  connection: Connection;
  /** Further controls, before the state of the connection. */
  children: ComponentChildren;
}

/** The head of the list: its filters, and the state of the connection. */
export function ListToolbar({ filter, change, connection, children }: ListToolbarProps) {
  return (
    <div class="tools" role="toolbar" aria-label="Filters">
      <Collapsed label="Filters">
        <select
          aria-label="Status"
          value={filter.status}
          onChange={(event) => change({ status: event.currentTarget.value })}
        >
          <option value="">any status</option>
          {STATUSES.map((status) => (
            <option key={status} value={status}>
              {status}
            </option>
          ))}
        </select>
        <input
          id={FILTER_FIELD}
          aria-label="Action"
          placeholder="part of an action"
          value={filter.action}
          onChange={(event) => change({ action: event.currentTarget.value.trim() })}
        />
        <input
          aria-label="User"
          placeholder="part of a user"
          value={filter.user}
          onChange={(event) => change({ user: event.currentTarget.value.trim() })}
        />
        <TimeRange filter={filter} change={change} />
        {children}
      </Collapsed>
      <span class="grow" />
      <span role="status" class="soft">
        <ConnectionText connection={connection} />
      </span>
    </div>
  );
}
