import type { Key, KeyScope, SetKey } from "../model/key.ts";
import { type Connection, call, pages, segment, send } from "./request.ts";

/** The owner of keys: their scope, `system` by default, and a user, which only an administrator may name. */
export interface KeyOwner {
  scope?: KeyScope | "all";
  user?: string;
}

/** All keys with a prefix, page by page. */
export function listKeys(to: Connection, prefix: string, owner: KeyOwner): Promise<Key[]> {
  return pages(to, "/api/v1/keys", { prefix, ...owner });
}

/** One key; a secret value is masked unless `decrypt` asks for it. */
export function readKey(
  to: Connection,
  name: string,
  { decrypt = false, ...owner }: KeyOwner & { decrypt?: boolean | undefined },
): Promise<Key> {
  const query = new URLSearchParams({ decrypt: String(decrypt), ...owner });
  return call(to, "GET", `/api/v1/keys/${segment(name)}?${query}`);
}

/** Creates a key or replaces its value. */
export function setKey(to: Connection, name: string, value: SetKey): Promise<Key> {
  return call(to, "PUT", `/api/v1/keys/${segment(name)}`, value);
}

/** Deletes a key. */
export async function deleteKey(to: Connection, name: string, owner: KeyOwner): Promise<void> {
  await send(to, `/api/v1/keys/${segment(name)}?${new URLSearchParams({ ...owner })}`, { method: "DELETE" });
}
