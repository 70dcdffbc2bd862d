import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import type { Listen } from "../base/listen.ts";
import type { OwnSettings } from "./server-settings.ts";

/** An address that only this host reaches. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Where the server listens. Refuses an address that others reach, unless the connections to it are encrypted. */
export function listenOf({
  host,
  tls_cert,
  tls_key,
  behind_proxy,
}: Pick<OwnSettings, "host" | "tls_cert" | "tls_key" | "behind_proxy">): Listen {
  if ((tls_cert === "") !== (tls_key === ""))
    throw new CliError("TLS takes a certificate and its key: give --tls-cert FILE and --tls-key FILE.");
  const listen = { host, behind_proxy };
  if (tls_cert !== "") return { ...listen, tls: checkedPair(resolve(tls_cert), resolve(tls_key)) };
  if (LOOPBACK.test(host) || behind_proxy) return listen;
  throw new CliError(
    `At ${host}, others on the network could read keys and output. Give a certificate (--tls-cert FILE --tls-key FILE), or say that a proxy in front has TLS (--behind-proxy).`,
  );
}

function checkedPair(cert: string, key: string): { cert: string; key: string } {
  const certificate = readPem(cert, "certificate", (text) => new X509Certificate(text));
  const private_key = readPem(key, "private key", (text) => createPrivateKey(text));
  if (!certificate.checkPrivateKey(private_key))
    throw new CliError(
      `The key in ${key} is not that of the certificate in ${cert}. Give the two that belong together.`,
    );
  return { cert, key };
}

function readPem<T>(file: string, what: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, "utf8"));
  } catch (error) {
    throw new CliError(`The ${what} in ${file} cannot be read: ${failureText(error)}. Give one as PEM.`);
  }
}
