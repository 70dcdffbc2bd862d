import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { tryJson } from "../../protocol/base/json.ts";
import { VERSION } from "../../protocol/base/version.ts";
import type { HttpAnswer } from "../../protocol/client/client.ts";
import { CLOCK_SKEW_MS_MAX, Health, offsetOf, skewText } from "../../protocol/wire/clock.ts";
import { agree, PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText, readRange } from "../../protocol/wire/version.ts";
import { fetchByHttp } from "../base/fetch.ts";
import type { Config } from "../settings/config.ts";
import type { Finding } from "./finding.ts";

const REACH_MS_MAX = 5_000;

/** Whether the URL is a server's, of which release, and how far its clock is from this host's. */
export async function checkServer({ url, source }: Config): Promise<Finding[]> {
  const from = `The URL comes from: ${source.url}.`;
  const { pathname } = new URL(url);
  if (pathname !== "/") return [wrongUrl(`${url} has a path`, `Give the URL without ${pathname}. ${from}`)];
  let response: HttpAnswer;
  const asked_ms = Date.now();
  try {
    response = await fetchByHttp(`${url}/healthz`, { signal: AbortSignal.timeout(REACH_MS_MAX) });
  } catch (error) {
    const why = failureText(error);
    return [wrongUrl(`${url} does not answer: ${why}`, `${adviceFor(why, url)} ${from}`)];
  }
  const health = v.safeParse(Health, tryJson(await response.text().catch(() => "")));
  if (!health.success) return [wrongUrl(`${url} answers, but is not Tailrace`, `${REACHED_OTHER} ${from}`)];
  const answered_ms = Date.now();
  const { version, time } = health.output;
  const { offset_ms, error_ms } = offsetOf({ asked_ms, told_ms: Date.parse(time), answered_ms });
  const took_ms = answered_ms - asked_ms;
  return [
    { check: "url", ok: true, text: `${url} is Tailrace ${version}, ${took_ms} ms away` },
    ...releaseFinding(version, response.headers.get(PROTOCOL_HEADER)),
    clockFinding("this host", -offset_ms, error_ms),
  ];
}

/** Compares a host's clock with the server's. All times in documents and outputs are the server's. */
export function clockFinding(host: string, skew_ms: number, error_ms = 0): Finding {
  const ok = Math.abs(skew_ms) <= CLOCK_SKEW_MS_MAX + error_ms;
  const text = ok
    ? `agrees with the server's to ${Math.max(1, error_ms / 1000).toFixed(0)} s`
    : `is ${skewText(skew_ms)} of the server's`;
  return {
    check: "clock",
    ok,
    text: `the clock of ${host} ${text}`,
    advice:
      "Set the clock: timedatectl set-ntp true. Times in documents and outputs are the server's in any case.",
  };
}

const REACHED_OTHER =
  "Another program, or a proxy's page, is at this address: give the server's URL (--url URL).";

function wrongUrl(text: string, advice: string): Finding {
  return { check: "url", ok: false, text, advice };
}

/** The next step after a request that got no answer, by its cause. */
function adviceFor(why: string, url: string): string {
  const { host, protocol } = new URL(url);
  if (/ENOTFOUND|EAI_AGAIN/.test(why))
    return `Check the name ${host} (getent hosts ${new URL(url).hostname}).`;
  if (/certificate/i.test(why))
    return "Name the file of the authority that has signed it: NODE_EXTRA_CA_CERTS=FILE.";
  if (protocol === "https:" && /WRONG_VERSION|no TLS/.test(why))
    return `It speaks no TLS there: try http://${host}.`;
  return "Is it running? `tailrace start` starts one here.";
}

/** A server without a common version refuses every other request. */
function releaseFinding(version: string, stated: string | null): Finding[] {
  const theirs = readRange(stated ?? "");
  const kind = theirs === undefined ? "too_old" : agree(theirs).kind;
  if (kind === "spoken") return [];
  const spoken = theirs === undefined ? "an older protocol" : `version ${rangeText(theirs)} of the protocol`;
  return [
    {
      check: "release",
      ok: false,
      text: `the server (${version}) speaks ${spoken}, and this command line (${VERSION}) ${rangeText(PROTOCOL_RANGE)}`,
      advice: kind === "too_old" ? "Upgrade the server." : "Upgrade this command line.",
    },
  ];
}
