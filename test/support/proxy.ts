import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy in front of a server, that breaks in the ways that networks do. */
export class FaultyProxy {
  readonly url: string;
  /** How many batches are still to lose their acknowledgement, once each, after the server has stored them. */
  acknowledgements_to_lose = 0;
  readonly #close: () => void;
  readonly #sockets = new Set<Socket>();
  readonly #lost = new Set<number>();
  #cut = false;

  private constructor(port: number, close: () => void) {
    this.url = `http://127.0.0.1:${port}`;
    this.#close = close;
  }

  static async before(target: string): Promise<FaultyProxy> {
    const { port } = new URL(target);
    const server = createServer((socket) => proxy.#accept(socket, Number(port)));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const proxy: FaultyProxy = new FaultyProxy((server.address() as AddressInfo).port, () => server.close());
    return proxy;
  }

  /** Nothing passes any more, and nobody is told. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** The cable is back; what was open before is dead. */
  mend(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.mend();
    this.#close();
  }

  #accept(client: Socket, port: number): void {
    const server = connect(port, "127.0.0.1");
    let batch: number | undefined;
    const lost = this.#lost;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      const other = socket === client ? server : client;
      socket.on("data", (data: Buffer) => {
        if (socket === client) batch = firstSeq(data) ?? batch;
        else if (batch !== undefined && this.acknowledgements_to_lose > 0 && !lost.has(batch)) {
          lost.add(batch);
          this.acknowledgements_to_lose--;
          client.destroy();
          return;
        }
        other.write(data);
      });
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.on("error", () => socket.destroy());
      if (this.#cut) socket.pause();
    }
  }
}

/** The first sequence number of the batch that a request carries, if it does. */
function firstSeq(request: Buffer): number | undefined {
  const seq = /^\{"seq":(\d+),/m.exec(request.toString("latin1"))?.[1];
  return seq === undefined ? undefined : Number(seq);
}
