import { useEffect, useState } from "preact/hooks";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { grouped } from "../../base/grouped.ts";
import type { LogControl } from "../../log/log-control.ts";
import type { OutputSearch } from "../../log/search.ts";
import type { Session } from "../../server/session.ts";
import { AROUND_LINES_MAX, type Searched } from "./searched.ts";

/** The id of the search field. */
export const SEARCH_FIELD = "search-field";

/** How long a search waits after the last typed character. */
const TYPING_MS = 200;

interface SearchBarProps {
  session: Session;
  id: string;
  control: LogControl;
  types: readonly OutputType[];
  onClose: () => void;
  searched: Searched;
  search: (part: Partial<Searched>) => void;
  own: boolean;
  onOwn: (own: boolean) => void;
}

/** Searches the whole output, also while it grows. */
export function SearchBar({
  session,
  id,
  control,
  types,
  onClose,
  searched,
  search: change,
  own,
  onOwn,
}: SearchBarProps) {
  const { text, regex, match_case, only } = searched;
  const [, redraw] = useState(0);
  const { searching } = control;
  useEffect(() => {
    if (text === "") return searching.drop();
    const query = { text, regex, match_case, types };
    const timer = setTimeout(
      () => searching.start(session, id, query, () => redraw((turn) => turn + 1)),
      TYPING_MS,
    );
    return () => clearTimeout(timer);
  }, [text, regex, match_case, types, searching]);
  useEffect(() => searching.showOnly(only, () => change({ only: undefined })), [only, searching]);
  useEffect(() => () => searching.drop(), [searching]);
  const { search, current } = searching;
  const step = (by: number) => {
    const begun = search?.query;
    const is_begun = begun?.text === text && begun.regex === regex && begun.match_case === match_case;
    // What has been typed is searched a moment later.
    if (is_begun) control.showMatch(by);
    else if (text !== "") searching.await(by);
    redraw((turn) => turn + 1);
  };
  return (
    <search class="search">
      <input
        id={SEARCH_FIELD}
        type="search"
        aria-label="Search the whole output"
        placeholder={regex ? "regular expression" : "search"}
        value={text}
        onInput={(event) => change({ text: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          step(event.shiftKey ? -1 : 1);
        }}
      />
      <button
        type="button"
        aria-pressed={match_case}
        aria-label="Match case"
        title="Match case"
        onClick={() => change({ match_case: !match_case })}
      >
        Aa
      </button>
      <button
        type="button"
        aria-pressed={regex}
        aria-label="Regular expression"
        title="Regular expression"
        onClick={() => change({ regex: !regex })}
      >
        .*
      </button>
      <button
        type="button"
        aria-pressed={only !== undefined}
        title="Only matching lines"
        onClick={() => change({ only: only === undefined ? 0 : undefined })}
      >
        Only
      </button>
      {only !== undefined && (
        <select
          aria-label="Lines around each match"
          value={only}
          onChange={(event) => change({ only: Number(event.currentTarget.value) })}
        >
          {Array.from({ length: AROUND_LINES_MAX + 1 }, (_, lines) => (
            <option key={lines} value={lines}>
              ±{lines}
            </option>
          ))}
        </select>
      )}
      <button type="button" aria-label="Previous match" onClick={() => step(-1)}>
        ↑
      </button>
      <button type="button" aria-label="Next match" onClick={() => step(1)}>
        ↓
      </button>
      <span class={search?.error ? "error" : "soft"}>{countText(search, current, only !== undefined)}</span>
      <span role="status" class="visually-hidden">
        {announcement(search, current)}
      </span>
      <button
        type="button"
        class="wide"
        aria-pressed={own}
        title="Whether Ctrl-F opens this search"
        onClick={() => onOwn(!own)}
      >
        Ctrl-F
      </button>
      <button type="button" aria-label="Close the search" onClick={onClose}>
        ×
      </button>
    </search>
  );
}

function countText(search: OutputSearch | undefined, current: number, is_only: boolean): string {
  if (!search) return "";
  if (search.error) return search.error;
  const count = grouped(search.count);
  if (search.found === undefined && search.total === 0) return "searching …";
  const shown =
    is_only && search.matches.length < search.count ? `, ${grouped(search.matches.length)} shown` : "";
  const found = `${current === -1 ? `${count} found` : `${grouped(current + 1)} of ${count}`}${shown}`;
  if (search.searched >= search.total) return found;
  return `${found}, ${Math.floor((search.searched / Math.max(1, search.total)) * 100)} % searched`;
}

/** The text for screen readers: the search's result and each step, not each number while it runs. */
function announcement(search: OutputSearch | undefined, current: number): string {
  if (!search) return "";
  if (search.error) return search.error;
  if (current !== -1) return `match ${current + 1}`;
  if (search.found === undefined) return "";
  return search.found === 1 ? "1 match" : `${search.found} matches`;
}
