import type { Link } from "../model/identity.ts";
import { type Connection, call, segment } from "./request.ts";

/** Makes a link that lets every bearer read one execution. `ttl` is in seconds. */
export function makeLink(to: Connection, execution_id: string, ttl?: number): Promise<Link> {
  return call(
    to,
    "POST",
    `/api/v1/executions/${segment(execution_id)}/links`,
    ttl === undefined ? {} : { ttl },
  );
}
