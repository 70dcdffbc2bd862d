import { DurableObject } from "cloudflare:workers";
import { writeExact } from "../../protocol/base/numbers.ts";
import { EVENT_BACKLOG_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import type { Changes, HubStub } from "../objects/hub.ts";
import { readGrant } from "../sockets/grant.ts";
import { countOpen, DROPPED_CODE, DROPPED_REASON, tagsOf } from "../sockets/tags.ts";
import { openSchema } from "../storage/schema.ts";
import { HUB_STEPS } from "./schema.ts";

/**
 * One shard of the global event stream. It passes published changes on to every listener, and stores nothing. It gets no
 * output: a listener that wants output follows the log of each execution.
 */
export class EventHub extends DurableObject<Env> implements HubStub {
  /** Characters that were sent to a listener and that it has not consumed yet. Hibernation forgets those of quiet listeners. */
  readonly #backlog = new Map<WebSocket, number>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openSchema(ctx, HUB_STEPS);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async publish(changes: Changes): Promise<void> {
    const listeners = this.ctx.getWebSockets();
    if (listeners.length === 0) return;
    const message = writeExact(changes);
    for (const socket of listeners) this.#send(socket, message);
  }

  /** A listener connects. After the answer, it gets everything that is published. */
  override async fetch(request: Request): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server, tagsOf(request));
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Closes the listeners of a credential: it is void. */
  async drop(credential: string): Promise<void> {
    for (const socket of this.ctx.getWebSockets(credential)) socket.close(DROPPED_CODE, DROPPED_REASON);
  }

  /** How many listeners of a credential are open. */
  async openOf(credential: string): Promise<number> {
    return countOpen(this.ctx, credential);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    const backlog = (this.#backlog.get(socket) ?? 0) - (readGrant(message) ?? 0);
    this.#backlog.set(socket, Math.max(0, backlog));
  }

  override webSocketClose(socket: WebSocket): void {
    this.#backlog.delete(socket);
    socket.close();
  }

  override webSocketError(socket: WebSocket): void {
    this.#backlog.delete(socket);
  }

  /**
   * A listener that does not read would fill the memory. Its socket is closed, which tells it that it has missed events.
   */
  #send(socket: WebSocket, message: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    const backlog = (this.#backlog.get(socket) ?? 0) + message.length;
    if (backlog > EVENT_BACKLOG_CHARS_MAX) {
      socket.close(1013, "too slow");
      this.#backlog.delete(socket);
      return;
    }
    this.#backlog.set(socket, backlog);
    socket.send(message);
  }
}
