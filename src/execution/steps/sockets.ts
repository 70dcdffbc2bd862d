import type { LeaseHolder } from "../../objects/lease.ts";
import { readProducerMessage } from "../../objects/producer.ts";
import { countOpen, isProducer, PRODUCER_TAG, producerOf } from "../../sockets/tags.ts";
import { follow } from "./follow.ts";
import type { Steps } from "./step.ts";
import { underLease } from "./under-lease.ts";

/** The sockets of an execution: its followers', and its producer's. */
export class Sockets {
  readonly #ctx: DurableObjectState;
  readonly #steps: Steps;

  constructor(ctx: DurableObjectState, steps: Steps) {
    this.#ctx = ctx;
    this.#steps = steps;
  }

  /** Opens the socket that a request of the Worker asks for. */
  open(request: Request): Response {
    const { state } = this.#steps;
    if (!state || state.expired) return new Response(null, { status: state ? 410 : 404 });
    const producer = producerOf(request);
    return producer === undefined ? follow(this.#steps, state, request) : this.#produce(JSON.parse(producer));
  }

  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    // A message may arrive after its socket has closed, and a closed socket has no tags.
    if (socket.readyState !== WebSocket.OPEN) return;
    if (isProducer(this.#ctx, socket)) this.#append(socket, message);
    else this.#steps.readers.followers.receive(socket, message);
  }

  /** How many sockets a credential has open. */
  openOf(credential: string): number {
    this.#steps.readers.followers.look();
    return countOpen(this.#ctx, credential);
  }

  gone(socket: WebSocket): void {
    this.#steps.readers.followers.remove(socket);
  }

  /** A producer has one socket: a new one replaces the earlier one. */
  #produce(holder: LeaseHolder): Response {
    if (!this.#steps.take({ kind: "check", holder }).answer) return new Response(null, { status: 403 });
    for (const socket of this.#ctx.getWebSockets(PRODUCER_TAG)) socket.close(1001, "replaced");
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server, [PRODUCER_TAG]);
    server.serializeAttachment(holder);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Appends a batch. The platform holds the answer back until the batch is stored. */
  #append(socket: WebSocket, message: string | ArrayBuffer): void {
    const holder: LeaseHolder = socket.deserializeAttachment();
    try {
      const { head, body } = readProducerMessage(String(message));
      socket.send(JSON.stringify(underLease(this.#steps, { kind: "append", holder, head, body })));
    } catch {
      // The producer sends the batch again by a request, and that failure is reported.
      socket.close(1011, "failed");
    }
  }
}
