import { useEffect, useState } from "preact/hooks";
import { fromAddress, putInAddress } from "../../base/address.ts";

/** What is searched, and how. The address has it. */
export interface Searched {
  text: string;
  regex: boolean;
  match_case: boolean;
  /** Only lines that match are shown, with this many lines around each; undefined if all are shown. */
  only: number | undefined;
}

/** The most lines that are shown around a matching one. */
export const AROUND_LINES_MAX = 5;

/** The time after the last typed character at which the address gets the text. */
const TYPING_MS = 200;

export function useSearched(): [Searched, (part: Partial<Searched>) => void] {
  const [searched, setSearched] = useState(searchedOfAddress);
  const { text, regex, match_case, only } = searched;
  useEffect(() => {
    const is_searched = text !== "";
    const put = () =>
      putInAddress({
        q: is_searched ? text : undefined,
        regex: is_searched && regex ? "true" : undefined,
        case: is_searched && match_case ? "true" : undefined,
        only: only === undefined ? undefined : String(only),
      });
    const timer = setTimeout(put, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, regex, match_case, only]);
  return [searched, (part) => setSearched((before) => ({ ...before, ...part }))];
}

export function searchedOfAddress(): Searched {
  const only = fromAddress("only");
  return {
    text: fromAddress("q") ?? "",
    regex: fromAddress("regex") === "true",
    match_case: fromAddress("case") === "true",
    only: only !== null && /^\d$/.test(only) ? Math.min(AROUND_LINES_MAX, Number(only)) : undefined,
  };
}
