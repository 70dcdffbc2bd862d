import { TailraceError } from "../../protocol/base/errors.ts";

/** How long an object waits for the index before it goes on without. */
export const INDEX_WAIT_MS_MAX = 20_000;

/** What the index answers, or `index_unavailable` where it does not in time. What it was asked to do, it may still do. */
export function answered<T>(call: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timeout = setTimeout(() => reject(new TailraceError("index_unavailable")), INDEX_WAIT_MS_MAX);
  call.then(resolve, reject).finally(() => clearTimeout(timeout));
  return promise;
}
