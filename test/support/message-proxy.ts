import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** One message of an agent's socket, and the side that says it. */
export interface Said {
  by: "agent" | "pool";
  type: string;
}

/** The fate of a message: it passes, or the connection breaks before or after it passes. */
export type Fate = "pass" | "cut before" | "cut after";

/**
 * A TCP proxy before a server. It reads the messages of agents and pools, and can break a connection between exactly two
 * messages. It passes everything else on, unless the cable is cut.
 */
export class MessageProxy {
  readonly url: string;
  /** Decides over each message, in the order in which they come by. */
  decide: (said: Said) => Fate = () => "pass";
  readonly #close: () => void;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(port: number, close: () => void) {
    this.url = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  static async before(target: string): Promise<MessageProxy> {
    const { port } = new URL(target);
    const server = createServer((socket) => proxy.#accept(socket, Number(port)));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const proxy: MessageProxy = new MessageProxy((server.address() as AddressInfo).port, () =>
      server.close(),
    );
    return proxy;
  }

  /** Breaks every connection, and accepts none. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#close();
  }

  #accept(client: Socket, port: number): void {
    if (this.#cut) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    let isUpgraded = false;
    const frames = { agent: new Frames(), pool: new Frames() };
    const pass = (from: Socket, to: Socket, by: Said["by"], bytes: Buffer) => {
      if (!isUpgraded) {
        to.write(bytes);
        return;
      }
      for (const { whole, type } of frames[by].add(bytes)) {
        const fate = type === undefined ? "pass" : this.decide({ by, type });
        if (fate !== "cut before") to.write(whole);
        if (fate === "pass") continue;
        // Written bytes still arrive.
        to.end();
        from.destroy();
        return;
      }
    };
    let isAnswered = false;
    client.on("data", (data: Buffer) => {
      const isRequest = !isUpgraded && UPGRADE.test(data.toString("latin1"));
      if (!isRequest) pass(client, server, "agent", data);
      else {
        isUpgraded = true;
        // The proxy cannot read compressed messages.
        server.write(data.toString("latin1").replace(/^sec-websocket-extensions:.*\r\n/im, ""), "latin1");
      }
    });
    server.on("data", (data: Buffer) => {
      const end = isUpgraded && !isAnswered ? data.indexOf("\r\n\r\n") + 4 : 0;
      isAnswered ||= isUpgraded;
      if (end > 0) client.write(data.subarray(0, end));
      if (end < data.length) pass(server, client, "pool", data.subarray(end));
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.end();
      });
      socket.on("error", () => socket.destroy());
    }
  }
}

/** A request that asks for a WebSocket. */
const UPGRADE = /^upgrade: websocket\r$/im;

/** The frames of one direction of a WebSocket, each once it is whole. */
class Frames {
  #held = Buffer.alloc(0);

  add(bytes: Buffer): { whole: Buffer; type: string | undefined }[] {
    this.#held = Buffer.concat([this.#held, bytes]);
    const frames = [];
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): { whole: Buffer; type: string | undefined } | undefined {
    const held = this.#held;
    if (held.length < 2) return undefined;
    const isMasked = ((held[1] ?? 0) & 0x80) !== 0;
    const short = (held[1] ?? 0) & 0x7f;
    const size_bytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    const start = 2 + size_bytes + (isMasked ? 4 : 0);
    if (held.length < start) return undefined;
    const size =
      size_bytes === 0 ? short : held.readUIntBE(size_bytes === 2 ? 2 : 4, size_bytes === 2 ? 2 : 6);
    if (held.length < start + size) return undefined;
    this.#held = held.subarray(start + size);
    const whole = held.subarray(0, start + size);
    const payload = Buffer.from(whole.subarray(start));
    const mask = whole.subarray(start - 4, start);
    if (isMasked) for (let at = 0; at < size; at++) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
    return { whole, type: /^\{"type":"(\w+)"/.exec(payload.toString("utf8"))?.[1] };
  }
}
