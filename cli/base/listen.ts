import { hostname } from "node:os";

/** Where a server listens for others than the programs of this command line. */
export interface Listen {
  host: string;
  /** The files of the certificate and its key. */
  tls?: { cert: string; key: string };
  /** Whether the scheme of a request is the one that a proxy names. */
  behind_proxy: boolean;
}

/** The engine's only address without other settings. */
export const LOCAL: Listen = { host: "127.0.0.1", behind_proxy: false };

/** Whether the server needs a socket beside the one for this command line's own programs. */
export function isBeside({ host, tls }: Listen): boolean {
  return tls !== undefined || (host !== LOCAL.host && host !== "localhost");
}

/** The address by which others reach the server. An address of every interface stands for this host's name. */
export function publicUrl({ host, tls }: Listen, port: number | undefined): string {
  const name = ["0.0.0.0", "::"].includes(host) ? hostname() : host;
  return `${tls ? "https" : "http"}://${hostText(name)}:${port}`;
}

/** A host as part of an address. */
export function hostText(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
