import { connect, type Socket } from "node:net";
import { pause } from "../../../protocol/base/backoff.ts";
import { Messages, newConversation, type Piece, type Way } from "./messages.ts";
import type { Snare } from "./snare.ts";
import type { Weather } from "./weather.ts";

/** The bytes that a proxy queues for one direction; beyond them, the sender waits. */
const QUEUED_BYTES_MAX = 1024 * 1024;

/** How long the answer to a repeated request may take. */
const REPEATED_MS_MAX = 10_000;

/** Text has no heartbeats. A silent connection is closed after this time, as TCP's keepalive would do. */
const KEEPALIVE_MS = 15_000;

const BOTH: readonly Way[] = ["up", "down"];

export interface ConnectionOptions {
  client: Socket;
  /** The server's port on loopback. */
  port: number;
  weather: () => Weather;
  /** Removes and returns the snare for this message, if one waits. */
  takeSnare: (piece: Piece) => Snare | undefined;
  onClosed: () => void;
}

/** One connection through a proxy. Each message waits for the one before it. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #server: Socket;
  readonly #conversation = newConversation();
  readonly #ends: Record<Way, Direction>;
  #losing_answer = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { client, port, onClosed } = options;
    this.#server = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    client.setNoDelay(true);
    this.#ends = {
      up: this.#direction("up", client, this.#server),
      down: this.#direction("down", this.#server, client),
    };
    let open = 2;
    for (const socket of [client, this.#server]) {
      // The close follows, and is enough.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        if (--open === 0) onClosed();
      });
    }
  }

  /** Its purpose: `connect`, `follow`, `chunks` … */
  get use(): string {
    return this.#conversation.use;
  }

  get is_muted(): boolean {
    return this.#ends.up.is_muted || this.#ends.down.is_muted;
  }

  /** Ends it for both sides: by a reset, or by a close. */
  cut(by_reset: boolean): void {
    for (const way of BOTH) this.#ends[way].stop();
    for (const socket of [this.#options.client, this.#server]) {
      if (by_reset) socket.resetAndDestroy();
      // Earlier messages arrive first.
      else socket.destroySoon();
    }
  }

  /** Stops this direction without telling either side. */
  mute(ways: readonly Way[]): void {
    for (const way of ways) this.#ends[way].mute();
    const is_text = this.#conversation.use === "follow" && !this.#conversation.is_socket;
    if (is_text) setTimeout(() => this.cut(true), KEEPALIVE_MS).unref();
  }

  #direction(way: Way, from: Socket, to: Socket): Direction {
    const direction: Direction = new Direction(from, to, {
      messages: new Messages(way, this.#conversation),
      weather: this.#options.weather,
      isMuted: () => this.is_muted,
      // False: nothing more may pass in this direction.
      pass: (piece) => this.#pass(direction, piece),
    });
    return direction;
  }

  async #pass(direction: Direction, piece: Piece): Promise<boolean> {
    if (piece.way === "down" && this.#losing_answer) {
      this.cut(true);
      return false;
    }
    const snare = this.#options.takeSnare(piece);
    if (snare === undefined) return direction.write(piece.bytes);
    snare.onCaught(piece);
    return this.#spring(snare, direction, piece.bytes);
  }

  async #spring({ deed }: Snare, direction: Direction, bytes: Buffer): Promise<boolean> {
    switch (deed.deed) {
      case "cut before":
        this.cut(true);
        return false;
      case "cut within":
        await direction.write(part(bytes, deed.fraction));
        this.cut(false);
        return false;
      case "cut behind":
        await direction.write(bytes);
        this.cut(false);
        return false;
      case "fall silent within":
        await direction.write(part(bytes, deed.fraction));
        this.mute(BOTH);
        return false;
      case "hold":
        await pause(deed.ms);
        return direction.write(bytes);
      case "repeat":
        void repeat(this.#options.port, bytes, deed.later_ms);
        return direction.write(bytes);
      case "lose answer":
        this.#losing_answer = true;
        return direction.write(bytes);
      case "truncate":
        await direction.write(part(bytes, deed.fraction));
        this.#server.end();
        this.#options.client.resetAndDestroy();
        return false;
    }
  }
}

interface DirectionOptions {
  messages: Messages;
  weather: () => Weather;
  isMuted: () => boolean;
  pass: (piece: Piece) => Promise<boolean>;
}

/** One direction of a connection. It cuts bytes into messages, which pass one after another. */
class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #options: DirectionOptions;
  #queue: Piece[] = [];
  #queued_bytes = 0;
  #is_over = false;
  #is_passing = false;
  is_muted = false;

  constructor(from: Socket, to: Socket, options: DirectionOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    from.on("data", (data: Buffer) => {
      for (const piece of options.messages.push(data)) {
        this.#queue.push(piece);
        this.#queued_bytes += piece.bytes.length;
      }
      if (this.#queued_bytes > QUEUED_BYTES_MAX) from.pause();
      void this.#run();
    });
    from.on("end", () => {
      this.#is_over = true;
      void this.#run();
    });
    from.on("close", () => {
      this.#is_over = true;
      // A dead wire does not pass a close on.
      if (!options.isMuted()) void this.#run().then(() => to.destroySoon());
    });
  }

  mute(): void {
    this.stop();
    this.#from.pause();
  }

  /** Stops the direction. */
  stop(): void {
    this.is_muted = true;
    this.#queue = [];
  }

  /** Resolves when the next message may pass; false if none may. */
  async write(bytes: Buffer): Promise<boolean> {
    const { bytes_per_second } = this.#options.weather();
    if (Number.isFinite(bytes_per_second)) await pause((bytes.length / bytes_per_second) * 1000);
    if (this.is_muted || this.#to.destroyed) return false;
    if (!this.#to.write(bytes)) await drained(this.#to);
    return true;
  }

  async #run(): Promise<void> {
    if (this.#is_passing || this.is_muted) return;
    this.#is_passing = true;
    for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
      const { delay_ms } = this.#options.weather();
      if (delay_ms > 0) await pause(delay_ms);
      if (this.is_muted || !(await this.#options.pass(piece))) return;
      this.#queued_bytes -= piece.bytes.length;
      if (this.#queued_bytes <= QUEUED_BYTES_MAX) this.#from.resume();
    }
    this.#is_passing = false;
    if (this.#is_over && !this.#options.isMuted()) this.#to.end();
  }
}

function part(bytes: Buffer, fraction: number): Buffer {
  return bytes.subarray(0, Math.max(1, Math.min(bytes.length - 1, Math.floor(bytes.length * fraction))));
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}

/** Sends a request again, as a network or a client does that does not know of its arrival. */
async function repeat(port: number, bytes: Buffer, later_ms: number): Promise<void> {
  await pause(later_ms);
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.once("data", () => socket.destroy());
  socket.setTimeout(REPEATED_MS_MAX, () => socket.destroy());
  socket.write(bytes);
}
