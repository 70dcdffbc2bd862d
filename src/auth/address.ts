import type { Context } from "hono";
import type { AppEnv } from "../routes/context.ts";

/** Characters of an address that are kept: those of the longest IPv6 address, with an IPv4 one in it. */
const ADDRESS_CHARS_MAX = 45;

/**
 * The address that a request comes from, by the header that stands in the setting `CLIENT_ADDRESS_HEADER`: one that what is in
 * front of the Worker sets itself, whatever a client sends. Empty where the setting is.
 */
export function clientAddress(c: Context<AppEnv>): string {
  const { CLIENT_ADDRESS_HEADER } = c.env;
  const address = CLIENT_ADDRESS_HEADER ? c.req.header(CLIENT_ADDRESS_HEADER) : undefined;
  return (address ?? "").replaceAll(/[^\da-f:.]/gi, "").slice(0, ADDRESS_CHARS_MAX);
}
