import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { Connection } from "./connection.ts";
import type { Way } from "./messages.ts";
import { catches, type Snare } from "./snare.ts";
import { FAIR, type Weather } from "./weather.ts";

const BOTH: readonly Way[] = ["up", "down"];

/** A proxy before a server that breaks in every way in which a network does, also between any two messages and within one. */
export class FaultyNetwork {
  readonly name: string;
  readonly port: number;
  readonly #target: number;
  readonly #connections = new Set<Connection>();
  #snares: Snare[] = [];
  #listener: Server;
  #weather: Weather = FAIR;
  #is_black_hole = false;

  private constructor(name: string, port: number, target: number) {
    this.name = name;
    this.port = port;
    this.#target = target;
    this.#listener = this.#newListener();
  }

  static async open(name: string, port: number, target: number): Promise<FaultyNetwork> {
    const proxy = new FaultyNetwork(name, port, target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The connections that faults can still hit. */
  get live(): Connection[] {
    return [...this.#connections].filter(({ is_muted }) => !is_muted);
  }

  /** The number of muted connections that neither end has closed. */
  get muted_count(): number {
    return this.#connections.size - this.live.length;
  }

  set weather(weather: Weather) {
    this.#weather = weather;
  }

  /** Waits for a message. The returned function ends the wait. */
  setSnare(snare: Snare): () => void {
    this.#snares.push(snare);
    return () => {
      this.#snares = this.#snares.filter((other) => other !== snare);
    };
  }

  /** Refuses new connections until `accept`. False if they are refused already. */
  refuse(): boolean {
    if (!this.#listener.listening) return false;
    this.#listener.close();
    return true;
  }

  async accept(): Promise<void> {
    this.#listener = this.#newListener();
    await this.#listen();
  }

  /** Stops all traffic, with new connections, until `fillHole`. */
  openHole(): void {
    this.#is_black_hole = true;
    for (const connection of this.#connections) connection.mute(BOTH);
  }

  fillHole(): void {
    this.#is_black_hole = false;
  }

  /** Ends all open connections. */
  async close(): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.cut(false);
  }

  #newListener(): Server {
    return createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  async #listen(): Promise<void> {
    this.#listener.listen(this.port, "127.0.0.1");
    await once(this.#listener, "listening");
  }

  #accept(client: Socket): void {
    const connection: Connection = new Connection({
      client,
      port: this.#target,
      weather: () => this.#weather,
      takeSnare: (piece) => {
        const snare = this.#snares.find((waiting) => catches(waiting, piece));
        this.#snares = this.#snares.filter((other) => other !== snare);
        return snare;
      },
      onClosed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    if (this.#is_black_hole) connection.mute(BOTH);
  }
}
