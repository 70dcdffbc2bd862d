import { OUTPUT_TYPES } from "../../../protocol/wire/chunk.ts";
import { Collapsed } from "../../frame/collapsed.tsx";
import { zoneText } from "../../log/line-time.ts";
import type { LogControl } from "../../log/log-control.ts";
import type { Session } from "../../server/session.ts";
import { Downloads } from "./downloads.tsx";
import { FoldAll } from "./fold-all.tsx";
import { SearchBar } from "./search-bar.tsx";
import { type OutputView, readTime } from "./view.ts";

interface OutputToolbarProps {
  session: Session;
  id: string;
  view: OutputView;
  /** The log that is searched; undefined while the children are shown in lanes. */
  control: LogControl | undefined;
  has_children: boolean;
  /** Whether its hosts and tasks can be shown at the side. */
  has_parts: boolean;
  say: (text: string) => void;
}

/** The head of an output: the shown streams, and how they are shown. */
export function OutputToolbar({
  session,
  id,
  view,
  control,
  has_children,
  has_parts,
  say,
}: OutputToolbarProps) {
  const { settings, change, types, lanes, details } = view;
  return (
    <div class="tools" role="toolbar" aria-label="Output">
      <Collapsed label="View">
        <fieldset class="group" aria-label="Streams">
          {OUTPUT_TYPES.map((type) => (
            <button
              key={type}
              type="button"
              aria-pressed={types.includes(type)}
              onClick={() => view.toggleType(type)}
            >
              {type}
            </button>
          ))}
        </fieldset>
        {has_parts && (
          <button type="button" aria-pressed={view.tree} onClick={() => view.setTree(!view.tree)}>
            Parts
          </button>
        )}
        {has_children && !has_parts && <span class="soft">A link shows its parts merged</span>}
        {has_parts && (
          <fieldset class="group" aria-label="Hosts and children">
            <button type="button" aria-pressed={!lanes} onClick={() => view.setLanes(false)}>
              Merged
            </button>
            <button type="button" aria-pressed={lanes} onClick={() => view.setLanes(true)}>
              Lanes
            </button>
          </fieldset>
        )}
        <select
          aria-label="Time of each line"
          value={settings.time}
          onChange={(event) => change({ time: readTime(event.currentTarget.value) })}
        >
          <option value="none">no time</option>
          <option value="elapsed">elapsed</option>
          <option value="wall">wall clock, {zoneText(Date.now())}</option>
          <option value="utc">UTC</option>
          <option value="between">since the line before</option>
        </select>
        <button type="button" aria-pressed={settings.wrap} onClick={() => change({ wrap: !settings.wrap })}>
          Wrap
        </button>
        <button
          type="button"
          aria-pressed={settings.numbers}
          onClick={() => change({ numbers: !settings.numbers })}
        >
          Numbers
        </button>
        <button type="button" aria-pressed={view.full} onClick={() => view.setFull(!view.full)} title="z">
          Full window
        </button>
        {control && <FoldAll control={control} />}
      </Collapsed>
      <span class="grow" />
      {control && !view.searching && (
        <button type="button" onClick={view.openSearch} title="Ctrl-F">
          Search
        </button>
      )}
      {control && view.searching && (
        <SearchBar
          session={session}
          id={id}
          control={control}
          types={types}
          onClose={view.closeSearch}
          searched={view.searched}
          search={view.search}
          own={settings.own_search}
          onOwn={(own_search) => change({ own_search })}
        />
      )}
      <Downloads session={session} id={id} say={say} />
      <button type="button" aria-pressed={details} onClick={() => view.setDetails(!details)}>
        Details
      </button>
    </div>
  );
}
