import { once } from "node:events";
import { percentile } from "../statistics.ts";
import { startTailrace, type TailraceServer } from "../systems/tailrace.ts";

const REPEATS = 20;
const EXECUTIONS = 5;

/** Milliseconds from the request to delete a key until all its open streams have ended: the median and the slowest. */
export async function revocation(): Promise<{ p50_ms: number; max_ms: number }> {
  const server = await startTailrace();
  try {
    await server.client.register({
      actions: [{ pack: "core", name: "local", runner_type: "local-shell-cmd", parameters: {}, tags: [] }],
    });
    const ids: string[] = [];
    while (ids.length < EXECUTIONS) {
      const { id } = await server.client.create({ action: "core.local", parameters: { cmd: "true" } });
      ids.push(id);
    }
    const took_ms: number[] = [];
    while (took_ms.length < REPEATS) took_ms.push(await revoke(server, ids));
    return { p50_ms: percentile(took_ms, 50), max_ms: percentile(took_ms, 100) };
  } finally {
    await server.stop();
  }
}

/** Each execution is followed by server-sent events and by a WebSocket. */
async function revoke({ url, client }: TailraceServer, ids: string[]): Promise<number> {
  const { id: key_id, key } = await client.identity.createApiKey({ role: "admin" });
  const headers = { "st2-api-key": key };
  const ends: Promise<unknown>[] = [];
  for (const id of ids) {
    const path = `/api/v1/executions/${id}/output`;
    const response = await fetch(`${url}${path}`, { headers: { ...headers, accept: "text/event-stream" } });
    ends.push(response.text().catch(() => "broken off"));
    const socket = new WebSocket(`${url.replace("http", "ws")}${path}`, { headers });
    await once(socket, "open");
    // The engine may report the close late, so the error record counts as the end.
    ends.push(dropped(socket));
  }
  const started_ms = performance.now();
  await client.identity.deleteApiKey(key_id);
  await Promise.all(ends);
  return performance.now() - started_ms;
}

/** Resolves when a follower gets the error record. */
async function dropped(socket: WebSocket): Promise<void> {
  await new Promise<void>((told) => {
    socket.addEventListener("message", ({ data }) => {
      if (String(data).includes('"code":"unauthorized"')) told();
    });
  });
  socket.close();
}
