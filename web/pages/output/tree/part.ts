import { useEffect, useState } from "preact/hooks";
import { retry } from "../../../../protocol/base/retry.ts";
import { isTransient } from "../../../../protocol/client/client.ts";
import type { ViewerClient } from "../../../../protocol/client/viewer-client.ts";
import { PART } from "../../../base/address.ts";
import { href } from "../../../server/paths.ts";
import type { Session } from "../../../server/session.ts";

/**
 * The execution whose output is shown: the page's own, or one of its hosts or tasks. The address has it. An address that names another
 * execution shows the whole output. A link opens no parts.
 */
export function usePart(
  { client, is_guest }: Session,
  id: string,
  say: (text: string) => void,
): [part: string, show: (part: string) => void] {
  const [part, setPart] = useState(() => (is_guest ? id : readPart(id)));
  const take = (wanted: string) => {
    setPart(wanted);
    if (wanted === id) return;
    const leave = () => {
      if (readPart(id) !== wanted) return;
      say(`${wanted} is not a part of this execution`);
      history.replaceState(null, "", partHref(id, id));
      setPart(id);
    };
    isWithin(client, id, wanted).then(
      (within) => within || leave(),
      // The output's own request has the reason.
      () => undefined,
    );
  };
  useEffect(() => {
    if (is_guest) return;
    const back = () => take(readPart(id));
    back();
    window.addEventListener("popstate", back);
    return () => window.removeEventListener("popstate", back);
  }, [id]);
  const show = (wanted: string) => {
    history.pushState(null, "", partHref(id, wanted));
    setPart(wanted);
  };
  return [part, show];
}

/** The address of a part, which is searched and shown as this one. It has its own folds, and its own lines. */
export function partHref(id: string, part: string): string {
  const query = new URLSearchParams(location.search);
  for (const name of ["link", "fold", PART]) query.delete(name);
  if (part !== id) query.set(PART, part);
  return href(`/executions/${id}${query.size === 0 ? "" : `?${query}`}`);
}

/** Whether an execution is below another: its parent is, or the parent's parent, and so on. */
async function isWithin(client: ViewerClient, id: string, part: string): Promise<boolean> {
  for (let at = part; at !== id; ) {
    const { parent } = await retry(() => client.get(at), { isWorth: isTransient });
    if (parent === undefined) return false;
    at = parent;
  }
  return true;
}

function readPart(id: string): string {
  const part = new URLSearchParams(location.search).get(PART) ?? "";
  return /^\w+$/.test(part) ? part : id;
}
