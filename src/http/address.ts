import type { Context } from "hono";
import type { AppEnv } from "./context.ts";

/** Characters of an address that are kept: enough for the longest IPv6 address with an IPv4 address in it. */
const ADDRESS_CHARS_MAX = 45;

/**
 * The client's address, from the header that the setting `CLIENT_ADDRESS_HEADER` names: the proxy in front of the Worker sets
 * it and overwrites what a client sends. Empty if the setting is.
 */
export function clientAddress(c: Context<AppEnv>): string {
  const { CLIENT_ADDRESS_HEADER } = c.env;
  const address = CLIENT_ADDRESS_HEADER ? c.req.header(CLIENT_ADDRESS_HEADER) : undefined;
  return (address ?? "").replaceAll(/[^\da-f:.]/gi, "").slice(0, ADDRESS_CHARS_MAX);
}

/**
 * The source of an address: an IPv4 address, or the first 64 bits of an IPv6 address, because one host has all addresses that
 * begin with them.
 */
export function sourceOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (!address.includes(":")) return address;
  const [head = "", tail] = address.toLowerCase().split("::");
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? 0 : tail.split(":").length;
  const zeros = tail === undefined ? 0 : Math.max(0, IPV6_GROUPS - groups.length - behind);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...(tail ? tail.split(":") : [])];
  const network = all.slice(0, IPV6_GROUPS / 2).map((group) => group.replace(/^0+(?=.)/, ""));
  return `${network.join(":")}::`;
}

const IPV6_GROUPS = 8;
