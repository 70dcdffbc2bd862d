import { useLayoutEffect, useState } from "preact/hooks";
import { retry } from "../../protocol/base/retry.ts";
import { isTransient } from "../../protocol/client/client.ts";
import type { User } from "../../protocol/model/identity.ts";
import { eachGrant, type Rights } from "../../protocol/model/permissions.ts";
import { USER_PATH } from "./paths.ts";
import type { Session } from "./session.ts";

/** A link gives no right to change anything. */
const NONE: Rights = { is_admin: false, grants: [] };

/**
 * The visitor's rights; undefined until the server has answered, so that no control appears and then vanishes. Beside them, why it has not
 * answered so far. The server decides on each request, also if the rights have changed since.
 */
export function useRights(session: Session): [rights: Rights | undefined, failure: unknown] {
  const [failure, setFailure] = useState<unknown>();
  const [rights, setRights] = useState(() => {
    if (session.is_guest) return NONE;
    const text = session.textAhead(USER_PATH);
    return text === undefined ? undefined : rightsOf(text);
  });
  // A layout effect, so that reading begins before the first paint.
  useLayoutEffect(() => {
    if (rights !== undefined) return;
    const abort = new AbortController();
    void readRights(session, abort.signal, setFailure).then(setRights);
    return () => abort.abort();
  }, [session]);
  return [rights, rights ? undefined : failure];
}

async function readRights(
  session: Session,
  signal: AbortSignal,
  onWait: (error: unknown) => void,
): Promise<Rights | undefined> {
  const attempt = async () => rightsOf(await session.text(USER_PATH, signal));
  try {
    return await retry(attempt, { signal, isWorth: isTransient, onWait });
  } catch {
    return signal.aborted ? undefined : NONE;
  }
}

function rightsOf(text: string): Rights {
  const { rbac }: User = JSON.parse(text);
  return { is_admin: rbac.is_admin, grants: eachGrant(rbac.permission_grants) };
}
