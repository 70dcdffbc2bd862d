import { TailraceError } from "../../protocol/base/errors.ts";

/** How long an object waits for the index before it goes on without it. */
export const INDEX_WAIT_MS_MAX = 20_000;

/** The index's answer, or `index_unavailable` if it takes too long. The index may still do the work. */
export function answered<T>(call: Promise<T>, wait_ms = INDEX_WAIT_MS_MAX): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timeout = setTimeout(() => reject(new TailraceError("index_unavailable")), wait_ms);
  call.then(resolve, reject).finally(() => clearTimeout(timeout));
  return promise;
}
