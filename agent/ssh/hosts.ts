import { HOSTS_MAX } from "../../protocol/base/limits.ts";

/** One host of a remote run. */
export interface Host {
  /** Its name in results: without its port, unless two entries have the same name. */
  key: string;
  name: string;
  port: number | undefined;
  /** As it was written, without white space around it. */
  text: string;
}

/** The hosts in a parameter, which commas separate, each once. Throws with a text for the user. */
export function parseHosts(hosts: unknown, parameter = "hosts"): Host[] {
  if (typeof hosts !== "string") throw new Error(`The action has no ${parameter}.`);
  const texts = [...new Set(hosts.split(",").map((text) => text.trim()))].filter((text) => text !== "");
  if (texts.length === 0) throw new Error(`${parameter}: it names no host.`);
  if (texts.length > HOSTS_MAX)
    throw new Error(`${parameter}: it names ${texts.length} hosts, and a run has at most ${HOSTS_MAX}.`);
  const parsed = texts.map((text) => parseHost(text, parameter));
  return parsed.map((host) => {
    const isAlone = parsed.filter(({ name }) => name === host.name).length === 1;
    return { ...host, key: isAlone ? host.name : host.text };
  });
}

function parseHost(text: string, parameter: string): Omit<Host, "key"> {
  const bracketed = /^\[([0-9a-fA-F:.]+(?:%\w+)?)\](?::(\d{1,5}))?$/.exec(text);
  const named = /^(\w[\w.-]*)(?::(\d{1,5}))?$/.exec(text);
  const found = bracketed ?? named;
  const name = found?.[1] ?? (/^[0-9a-fA-F:]+$/.test(text) ? text : undefined);
  if (name === undefined)
    throw new Error(`${parameter}: "${text}" is not a host, like web1 or web1:2222 or [::1]:22.`);
  return { name, port: found?.[2] === undefined ? undefined : Number(found[2]), text };
}
