import type { Client } from "../../protocol/client/client.ts";
import { credentialHeaders } from "../../protocol/client/credential.ts";
import type { Config } from "../settings/config.ts";
import { nameText } from "../terminal/words.ts";
import { type Finding, whyText } from "./finding.ts";

const RUN_MS_MAX = 15_000;

/** How long a WebSocket may take to open. */
const SOCKET_MS_MAX = 5_000;

/** Prints a word, the name of the run's locale, its character set, and the complaints of `locale`. */
export const LOCALE_COMMAND = `echo tailrace
echo "\${LC_ALL:-\${LC_CTYPE:-$LANG}}"
command -v locale >/dev/null && { locale charmap; locale >/dev/null; } 2>&1
true`;

/** Runs a command on an agent: how soon its output comes, and the locale that runs get there. */
export async function runEcho(client: Client, config: Config, pool: string): Promise<Finding[]> {
  const asked_at = performance.now();
  const advice = "See the agent's messages, and `tailrace execution get last`.";
  try {
    const { id } = await client.create({ action: "core.local", parameters: { cmd: LOCALE_COMMAND }, pool });
    const closed = await checkSockets(config, id);
    if (closed) return [closed];
    let seen_ms: number | undefined;
    for await (const record of client.follow(id, {
      transport: "websocket",
      signal: AbortSignal.timeout(RUN_MS_MAX),
    })) {
      if ("seq" in record) seen_ms ??= performance.now() - asked_at;
      if (!("event" in record) || record.event !== "end") continue;
      const ok = record.status === "succeeded" && seen_ms !== undefined;
      const output =
        seen_ms === undefined ? "without output" : `first output ${seen_ms.toFixed(0)} ms after the request`;
      const text = `an action ${record.status}, ${output}`;
      return [{ check: "run", ok, text, advice }, ...(ok ? [await findLocale(client, id)] : [])];
    }
    return [{ check: "run", ok: false, text: `no output within ${RUN_MS_MAX / 1000} s`, advice }];
  } catch (error) {
    return [{ check: "run", ok: false, text: whyText(error), advice }];
  }
}

/** Whether a WebSocket reaches the server: agents and live readers need one. Undefined if it does. */
async function checkSockets({ url, key }: Config, id: string): Promise<Finding | undefined> {
  const address = `${url.replace(/^http/, "ws")}/api/v1/executions/${id}/output`;
  const socket = new WebSocket(address, { headers: credentialHeaders(key) });
  const signal = AbortSignal.timeout(SOCKET_MS_MAX);
  const is_open = await new Promise<boolean>((answer) => {
    socket.addEventListener("open", () => answer(true), { once: true });
    for (const end of ["error", "close"]) socket.addEventListener(end, () => answer(false), { once: true });
    signal.addEventListener("abort", () => answer(false), { once: true });
  });
  socket.close();
  if (is_open) return undefined;
  const named = await proxyName(url);
  return {
    check: "socket",
    ok: false,
    text: `requests reach ${url}, and WebSockets do not`,
    advice: `${named ? `${named} answers for the server, and` : "A proxy in between"} must pass them on (nginx: proxy_http_version 1.1, and the headers Upgrade and Connection). Agents cannot connect without, and readers get server-sent events instead.`,
  };
}

/** What a proxy in between calls itself. Our own server calls itself nothing. */
async function proxyName(url: string): Promise<string | undefined> {
  const { headers } = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(SOCKET_MS_MAX) });
  const named = headers.get("via") ?? headers.get("server");
  return named === null ? undefined : nameText(named);
}

async function findLocale(client: Client, id: string): Promise<Finding> {
  const { agent, result } = await client.get(id);
  return localeFinding(agent?.name ?? "the agent", String(result?.stdout));
}

/** The locale, as the output of `LOCALE_COMMAND` reports it. A host without the program `locale` has one locale, with UTF-8. */
export function localeFinding(agent: string, stdout: string): Finding {
  const [, name = "", ...said] = stdout.split("\n");
  const is_missing = said.some((line) => line.startsWith("locale: "));
  const charmap = said.find((line) => !line.startsWith("locale: ")) ?? "UTF-8";
  const runs = `runs on ${agent} get the locale ${name}`;
  return {
    check: "locale",
    ok: !is_missing,
    text: is_missing ? `${runs}, which that host lacks: text is ${charmap}` : `${runs}: text is ${charmap}`,
    advice: `Install it there (sudo locale-gen ${name}), or start the agent with LANG=C.UTF-8.`,
  };
}
