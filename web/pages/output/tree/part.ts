import { useEffect, useState } from "preact/hooks";
import { href } from "../../../server/paths.ts";

/** The query parameter that names the part of an execution whose output is shown. */
const PART = "part";

/** The execution whose output is shown: the page's own, or one of its hosts or tasks. The address has it. */
export function usePart(id: string): [part: string, show: (part: string) => void] {
  const [part, setPart] = useState(() => readPart(id));
  useEffect(() => {
    const back = () => setPart(readPart(id));
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, [id]);
  const show = (wanted: string) => {
    history.pushState(null, "", partHref(id, wanted));
    setPart(wanted);
  };
  return [part, show];
}

export function partHref(id: string, part: string): string {
  return href(part === id ? `/executions/${id}` : `/executions/${id}?${PART}=${part}`);
}

function readPart(id: string): string {
  const part = new URLSearchParams(location.search).get(PART) ?? "";
  return /^\w+$/.test(part) ? part : id;
}
