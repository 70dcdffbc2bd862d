/**
 * The Worker as it is, with a crowd of followers inside the engine: `startServer` bundles it when it is given as the entry. A follower over
 * the network takes two of the files that a process may open; one in here takes none, and is served by the same routes and objects.
 *
 *   POST /crowd   {"path": …, "key": …, "count": N}: N followers. The answer comes once each has ended: `CrowdReport`
 *   GET  /crowd   how many followers are connected now
 */
import own from "../../src/worker.ts";
import { FollowerCheck } from "./check.ts";

export { Credential, EventHub, Execution, Relay, RunnerPool, TemplateEngine } from "../../src/worker.ts";

/** What a crowd got: the last sequence numbers, each with the number of followers that have it, and how many missed or repeated one. */
export interface CrowdReport {
  last_seqs: Record<string, number>;
  broken: number;
}

/** Followers that connect at the same time. */
const CONNECTS_AT_ONCE = 50;

/** A follower grants credit after this many characters. */
const GRANT_CHARS = 64 * 1024;

let connected = 0;

export default {
  async fetch(request, env, ctx) {
    const { pathname, origin } = new URL(request.url);
    if (pathname !== "/crowd") return own.fetch(request, env, ctx);
    if (request.method !== "POST") return Response.json(connected);
    const { path, key, count } = await request.json<{ path: string; key: string; count: number }>();
    const headers = { "st2-api-key": key, upgrade: "websocket" };
    const checks: Promise<FollowerCheck>[] = [];
    while (checks.length < count) {
      const some = Math.min(CONNECTS_AT_ONCE, count - checks.length);
      const answers = Array.from({ length: some }, () =>
        own.fetch(new Request(origin + path, { headers }), env, ctx),
      );
      for (const { webSocket, status } of await Promise.all(answers)) {
        if (!webSocket) throw new Error(`no WebSocket: ${status}`);
        checks.push(checked(webSocket));
      }
    }
    return Response.json(reportOf(await Promise.all(checks)));
  },
} satisfies ExportedHandler<Env>;

/** Resolves once the follower's socket has closed. */
function checked(socket: WebSocket): Promise<FollowerCheck> {
  const check = new FollowerCheck();
  let unread = 0;
  const { promise, resolve } = Promise.withResolvers<FollowerCheck>();
  socket.addEventListener("message", ({ data }) => {
    const message = String(data);
    check.take(message);
    unread += message.length;
    if (unread < GRANT_CHARS) return;
    socket.send(`{"credit":${unread}}`);
    unread = 0;
  });
  socket.addEventListener("close", () => {
    connected--;
    resolve(check);
  });
  connected++;
  socket.accept();
  return promise;
}

function reportOf(checks: FollowerCheck[]): CrowdReport {
  const last_seqs: Record<string, number> = {};
  for (const { last_seq } of checks) last_seqs[last_seq] = (last_seqs[last_seq] ?? 0) + 1;
  return { last_seqs, broken: checks.filter(({ is_broken }) => is_broken).length };
}
