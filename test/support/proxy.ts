import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy before a server that fails as networks fail. */
export class FaultyProxy {
  readonly url: string;
  /** How many batches will still lose their acknowledgement, once each, after the server has stored them. */
  acknowledgements_to_lose = 0;
  /** The server's bytes that pass in a second, on each connection. */
  bytes_per_second = Number.POSITIVE_INFINITY;
  /** An HTTP answer that each request gets instead of the server's, as text. */
  page: string | undefined;
  /** The same for requests that ask for a WebSocket. */
  upgrade_page: string | undefined;
  /** The same for requests that carry a batch. */
  batch_page: string | undefined;
  /** Whether requests that ask for a WebSocket are swallowed, without an answer. */
  swallows_upgrades = false;
  /** How it calls itself in the server's answers. */
  name: string | undefined;
  /** How many requests have got one of these answers. */
  answered = 0;
  readonly #close: () => void;
  readonly #sockets = new Set<Socket>();
  readonly #silent = new WeakSet<Socket>();
  readonly #upgraded = new WeakSet<Socket>();
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

  /** Stops everything without telling either end. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) this.#silence(socket);
  }

  /** Repairs the cable. Earlier connections stay dead. */
  mend(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Repairs the cable. Earlier WebSockets stay dead without telling their ends. A browser closes idle connections by itself
   * when its network changes.
   */
  mendSilently(): void {
    this.cut();
    this.#cut = false;
    for (const socket of this.#sockets) if (!this.#upgraded.has(socket)) socket.destroy();
  }

  /** Makes open connections dead without telling either end. New connections work. */
  leaveHalfOpen(): void {
    this.cut();
    this.#cut = false;
  }

  close(): void {
    this.mend();
    this.#close();
  }

  /** Reads nothing from a socket for the time that this many bytes take. */
  #delay(socket: Socket, bytes: number): void {
    const ms = (bytes / this.bytes_per_second) * 1000;
    if (ms === 0) return;
    socket.pause();
    setTimeout(() => this.#silent.has(socket) || socket.resume(), ms);
  }

  #named(answer: Buffer): Buffer {
    if (this.name === undefined) return answer;
    const header = `$&server: ${this.name}\r\n`;
    return Buffer.from(answer.toString("latin1").replace(/^HTTP\/1\.1 \d+ .*\r\n/, header), "latin1");
  }

  #silence(socket: Socket): void {
    this.#silent.add(socket);
    socket.pause();
  }

  #accept(client: Socket, port: number): void {
    const server = connect(port, "127.0.0.1");
    let batch: number | undefined;
    const lost = this.#lost;
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      const other = socket === client ? server : client;
      socket.on("data", (data: Buffer) => {
        const is_upgrade = socket === client && UPGRADE.test(data.toString("latin1"));
        const is_batch = socket === client && firstSeq(data) !== undefined;
        const own_page =
          (is_upgrade ? this.upgrade_page : undefined) ?? (is_batch ? this.batch_page : undefined);
        const page = socket === client ? (own_page ?? this.page) : undefined;
        if (is_upgrade && this.swallows_upgrades) {
          this.answered++;
          return;
        }
        if (page !== undefined) {
          this.answered++;
          client.end(page);
          return;
        }
        if (socket === client) {
          batch = firstSeq(data) ?? batch;
          if (is_upgrade) for (const end of [client, server]) this.#upgraded.add(end);
        } else if (batch !== undefined && this.acknowledgements_to_lose > 0 && !lost.has(batch)) {
          lost.add(batch);
          this.acknowledgements_to_lose--;
          client.destroy();
          return;
        }
        other.write(socket === server ? this.#named(data) : data);
        if (socket === server) this.#delay(socket, data.length);
      });
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.on("error", () => socket.destroy());
      if (this.#cut) this.#silence(socket);
    }
  }
}

/** A request that asks for a WebSocket. */
const UPGRADE = /^upgrade: websocket\r$/im;

/** The first sequence number of a request's batch, if it has one. */
function firstSeq(request: Buffer): number | undefined {
  const seq = /^\{"seq":(\d+),/m.exec(request.toString("latin1"))?.[1];
  return seq === undefined ? undefined : Number(seq);
}
