import { ACTION_BYTES_MAX, PAGE_ACTIONS_MAX, REGISTER_PAGE_BYTES_MAX } from "../base/limits.ts";
import { writeExact } from "../base/numbers.ts";

/** Identifies a pack's registration: the SHA-256 of its whole content. */
export async function digestOf(pack: unknown, actions: readonly unknown[]): Promise<string> {
  const bytes = new TextEncoder().encode(writeExact([pack, actions]));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A pack's actions in pages, one for each request: at least one page, which may be empty. */
export function* pagesOf<T>(actions: readonly T[]): Generator<{ first: number; actions: T[] }, void, void> {
  let first = 0;
  let page: T[] = [];
  let bytes = 0;
  for (const action of actions) {
    const size = bytesOf(action);
    if (page.length === PAGE_ACTIONS_MAX || (page.length > 0 && bytes + size > PAGE_BYTES)) {
      yield { first, actions: page };
      first += page.length;
      page = [];
      bytes = 0;
    }
    page.push(action);
    bytes += size;
  }
  yield { first, actions: page };
}

/** Bytes of a page's actions. The rest is for the pack and the numbers. */
const PAGE_BYTES = REGISTER_PAGE_BYTES_MAX - 64 * 1024;

/** Why an action is too large to be registered; undefined if it is not. */
export function oversize(action: unknown): string | undefined {
  const bytes = bytesOf(action);
  if (bytes <= ACTION_BYTES_MAX) return undefined;
  return `its metadata has ${bytes} bytes, and an action's may have ${ACTION_BYTES_MAX}`;
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(writeExact(value)).length;
}
