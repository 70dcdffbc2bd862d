import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What happens to a producer's socket: at its opening, at its first batch, at the answer to that, or behind the answer. */
export type Cut = "none" | "refuse" | "before the batch" | "behind the batch" | "silence" | "close";

/** A TCP proxy before a server that cuts producers' sockets, and passes all other connections on. */
export class AppendProxy {
  readonly url: string;
  cut: Cut = "none";
  /** Sockets that producers have asked for, and messages that came over them. */
  sockets = 0;
  messages = 0;
  readonly close: () => void;

  private constructor(port: number, close: () => void) {
    this.url = `http://127.0.0.1:${port}`;
    this.close = close;
  }

  static async before(target: string): Promise<AppendProxy> {
    const { port } = new URL(target);
    const server = createServer((socket) => proxy.#accept(socket, Number(port)));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const proxy: AppendProxy = new AppendProxy((server.address() as AddressInfo).port, () => server.close());
    return proxy;
  }

  #accept(client: Socket, port: number): void {
    const server = connect(port, "127.0.0.1");
    let is_producer = false;
    let has_sent = false;
    client.on("data", (data: Buffer) => {
      if (OPENING.test(data.toString("latin1"))) {
        is_producer = true;
        this.sockets++;
        if (this.cut === "refuse") client.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        if (this.cut === "refuse") return;
      } else if (is_producer && ((data[0] ?? 0) & OPCODE) === TEXT) {
        has_sent = true;
        this.messages++;
        if (this.cut === "before the batch") client.destroy();
        if (this.cut === "before the batch") return;
      } else if (has_sent && this.cut === "close") {
        // The answer to the close.
        client.end();
        return;
      }
      server.write(data);
    });
    server.on("data", (data: Buffer) => {
      if (has_sent && this.cut === "behind the batch") client.destroy();
      else if (has_sent && this.cut === "close") client.write(Buffer.concat([data, CLOSE]));
      else if (!has_sent || this.cut !== "silence") client.write(data);
    });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on("close", () => other.destroy());
      socket.on("error", () => socket.destroy());
    }
  }
}

/** The bits of a frame's first byte that say what it is, and those of a text. */
const OPCODE = 0x0f;
const TEXT = 1;

/** The frame with which a server closes a socket that was idle: code 1001. */
const CLOSE = Buffer.from([0x88, 2, 0x03, 0xe9]);

/** The request that opens a producer's socket. */
const OPENING = /^GET \/agent\/v1\/executions\/\w+\/chunks /;
