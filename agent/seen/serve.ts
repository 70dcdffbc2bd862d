import { once } from "node:events";
import { chmodSync, lstatSync, rmSync } from "node:fs";
import type { Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import { failureText, openSentence } from "../../protocol/base/failure-text.ts";
import { METRICS_TYPE, metricsText } from "../../protocol/base/metrics.ts";
import { http } from "../base/http.ts";
import { log } from "../base/log.ts";
import { listenAddress } from "./address.ts";
import { type AgentStanding, agentMetrics } from "./metrics.ts";

/** Only the agent's user may ask at a socket. */
const SOCKET_MODE = 0o600;

/**
 * Serves `/healthz`, `/readyz` and `/metrics` of an agent, without authentication, at the address that its operator has chosen.
 * Throws if the address cannot be used.
 */
export async function serveSeen(address: string, standing: () => AgentStanding): Promise<Server> {
  const where = listenAddress(address);
  if (where.path !== undefined) await removeLeft(where.path);
  const server = http.createServer(({ method, url }, response) => {
    if (method !== "GET" && method !== "HEAD") answer(response, 405, { allow: "GET, HEAD" }, "");
    else if (url === "/healthz") json(response, 200, { ok: true });
    else if (url === "/readyz") ready(response, standing());
    else if (url === "/metrics")
      answer(response, 200, { "content-type": METRICS_TYPE }, metricsText(agentMetrics(standing())));
    else answer(response, 404, {}, "");
  });
  // It must not keep an agent that has stopped from ending.
  server.unref();
  server.listen(where);
  try {
    await once(server, "listening");
  } catch (error) {
    throw new Error(`--metrics ${address} cannot be used: ${openSentence(failureText(error))}`);
  }
  if (where.path !== undefined) chmodSync(where.path, SOCKET_MODE);
  // A connection that cannot be accepted, for example without a free descriptor, must not end the runs.
  server.on("error", (error) => log.warn(`--metrics ${address}: ${openSentence(failureText(error))}`));
  return server;
}

/**
 * Removes the socket of a process that was killed. Throws if a process serves it, such as an agent with another state folder. Any other
 * file stays: its path was given by mistake.
 */
async function removeLeft(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return;
  if (await isServed(path))
    throw new Error(`--metrics ${path} cannot be used: another process serves it. Name another path`);
  rmSync(path);
}

/** Whether a process accepts connections at a socket. A socket that this user may not open counts as served. */
async function isServed(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

/** The reason is one of three words: the details are in the log and in `tailrace agent list`. */
function ready(response: ServerResponse, { connected, draining, unable }: AgentStanding): void {
  const why = draining
    ? "draining"
    : unable !== undefined
      ? "unable"
      : connected
        ? undefined
        : "disconnected";
  if (why === undefined) json(response, 200, { ready: true });
  else json(response, 503, { ready: false, why });
}

function json(response: ServerResponse, status: number, body: object): void {
  answer(response, status, { "content-type": "application/json" }, JSON.stringify(body));
}

function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  response.writeHead(status, { "cache-control": "no-store", ...headers }).end(body);
}
