import type { Key, KeyScope, SetKey } from "../model/key.ts";
import { type Connection, call, pages, segment, send } from "./request.ts";

/** The keys' scope, `system` by default. Only an administrator may name a user. */
export interface KeysOf {
  scope?: KeyScope | "all";
  user?: string;
}

/** All keys with a prefix, page by page. */
export function listKeys(to: Connection, prefix: string, of: KeysOf): Promise<Key[]> {
  return pages(to, "/api/v1/keys", { prefix, ...of });
}

/** One key; a secret value is masked unless `decrypt` asks for it. */
export function readKey(
  to: Connection,
  name: string,
  { decrypt = false, ...of }: KeysOf & { decrypt?: boolean | undefined },
): Promise<Key> {
  const query = new URLSearchParams({ decrypt: String(decrypt), ...of });
  return call(to, "GET", `/api/v1/keys/${segment(name)}?${query}`);
}

/** Creates a key or replaces its value. */
export function setKey(to: Connection, name: string, value: SetKey): Promise<Key> {
  return call(to, "PUT", `/api/v1/keys/${segment(name)}`, value);
}

/** Deletes a key. */
export async function deleteKey(to: Connection, name: string, of: KeysOf): Promise<void> {
  await send(to, `/api/v1/keys/${segment(name)}?${new URLSearchParams({ ...of })}`, { method: "DELETE" });
}
