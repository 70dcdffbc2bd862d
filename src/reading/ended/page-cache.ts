import { failureText } from "../../../protocol/base/failure-text.ts";
import { ENDED_PAGE_SECONDS_MAX } from "../../../protocol/base/reader-limits.ts";

/** Keeps pages by key. It may lose any of them at any time. */
export interface PageCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, page: Uint8Array): Promise<void>;
}

/** The name of our cache: what `fetch` stores, and what a request from outside can find, is in another one. */
const CACHE_NAME = "tailrace-ended";

let is_reported = false;

/**
 * The cache of the data center that runs this isolate. The platform wants keys with the host of the Worker. Where there is no
 * cache, it finds nothing and stores nothing; a failure counts as that, and is reported once.
 */
export function edgeCache(origin: string): PageCache {
  const addressOf = (key: string) => `${origin}/ended/${key}`;
  return {
    async get(key) {
      try {
        const found = await (await caches.open(CACHE_NAME)).match(addressOf(key));
        return found && new Uint8Array(await found.arrayBuffer());
      } catch (error) {
        report(error);
        return undefined;
      }
    },
    async put(key, page) {
      try {
        const headers = { "cache-control": `public, max-age=${ENDED_PAGE_SECONDS_MAX}` };
        await (await caches.open(CACHE_NAME)).put(addressOf(key), new Response(page, { headers }));
      } catch (error) {
        report(error);
      }
    },
  };
}

function report(error: unknown): void {
  if (!is_reported)
    console.error(`the edge's cache fails, and outputs are read from objects: ${failureText(error)}`);
  is_reported = true;
}
