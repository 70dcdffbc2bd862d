import { useEffect, useState } from "preact/hooks";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { grouped } from "../../base/grouped.ts";
import type { LogControl } from "../../log/log-control.ts";
import { OutputSearch } from "../../log/search.ts";
import type { Session } from "../../server/session.ts";
import type { Searched } from "./searched.ts";

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
  const { text, regex, match_case } = searched;
  const [, redraw] = useState(0);
  useEffect(() => {
    const drop = () => {
      control.search?.close();
      control.search = undefined;
      control.current_match = -1;
      control.redraw();
    };
    if (text === "") {
      drop();
      return;
    }
    const timer = setTimeout(() => {
      control.search?.close();
      control.current_match = -1;
      control.search = new OutputSearch(session, id, { text, regex, match_case, types }, () => {
        redraw((turn) => turn + 1);
        control.redraw();
      });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, regex, match_case, types, control]);
  useEffect(
    () => () => {
      control.search?.close();
      control.search = undefined;
      control.current_match = -1;
      control.redraw();
    },
    [control],
  );
  const { search } = control;
  const step = (by: number) => {
    control.showMatch(by);
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
      <button type="button" aria-label="Previous match" onClick={() => step(-1)}>
        ↑
      </button>
      <button type="button" aria-label="Next match" onClick={() => step(1)}>
        ↓
      </button>
      <span class={search?.error ? "error" : "soft"}>{countText(search, control.current_match)}</span>
      <span role="status" class="visually-hidden">
        {announcement(search, control.current_match)}
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

function countText(search: OutputSearch | undefined, current: number): string {
  if (!search) return "";
  if (search.error) return search.error;
  const count = grouped(search.count);
  if (search.found === undefined && search.total === 0) return "searching …";
  const found = current === -1 ? `${count} found` : `${grouped(current + 1)} of ${count}`;
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
