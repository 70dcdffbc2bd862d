import { join, resolve } from "node:path";
import { enginesOf } from "../../support/engines.ts";
import { ROOT } from "../../support/scratch.ts";
import { Kept } from "./kept.ts";
import type { Evict, Evicted } from "./server-program.ts";

/** How long a request that steers the Worker may take on this machine. */
const STEER_MS_MAX = 5_000;

/** The engine adds these to its messages: addresses in its own program. */
const STACK = /^stack: /;

/** The bindings of the objects that faults hit. */
export type ObjectBinding = "EXECUTION" | "RELAY" | "RUNNER_POOL" | "EVENT_HUB" | "CREDENTIAL";

export interface ServerOptions {
  port: number;
  state: string;
  vars: Record<string, string | number | boolean>;
  onLine: (line: string) => void;
}

/** The server of a world: a real one, in a process of its own, over an index that can fail. */
export class WorldServer {
  readonly url: string;
  readonly kept: Kept;
  readonly state: string;
  readonly #evicting = new Map<number, (was_awake: boolean) => void>();
  #evictions = 0;
  #key = "";

  constructor({ port, state, vars, onLine }: ServerOptions) {
    this.url = `http://127.0.0.1:${port}`;
    this.state = state;
    const program = resolve(import.meta.dirname, "server-program.ts");
    this.kept = new Kept({
      name: "server",
      cwd: ROOT,
      args: () => [program, String(port), join(state, "server"), JSON.stringify(vars)],
      isReady: (line) => line.startsWith("ready "),
      onLine: (line) => {
        // The line has the key.
        if (line.startsWith("ready ")) this.#key = line.slice("ready ".length);
        if (!STACK.test(line)) onLine(line.replace(/^ready .*/, "ready"));
      },
      onMessage: ({ number, was_awake }: Evicted) => this.#evicting.get(number)?.(was_awake),
    });
  }

  /** The first key, an administrator's. */
  get key(): string {
    return this.#key;
  }

  /** The processes of workerd. */
  get engines(): number[] {
    return this.kept.pid === undefined ? [] : enginesOf(this.kept.pid);
  }

  /** Evicts an object under its open sockets. Returns whether it was awake. */
  evict(binding: ObjectBinding, name: string): Promise<boolean> {
    const message: Evict = { number: ++this.#evictions, binding, name };
    return new Promise((resolve) => {
      const finish = (was_awake: boolean) => {
        clearTimeout(timer);
        this.#evicting.delete(message.number);
        resolve(was_awake);
      };
      const timer = setTimeout(() => finish(false), STEER_MS_MAX);
      this.#evicting.set(message.number, finish);
      this.kept.send(message);
    });
  }

  /** Aborts an object. False if the server was away. */
  async abort(binding: ObjectBinding, name: string): Promise<boolean> {
    return (await this.#steer("POST", "/faults/abort", { binding, name })) !== undefined;
  }

  async setIndexFaults(faults: object | undefined): Promise<boolean> {
    return (await this.#steer(faults ? "PUT" : "DELETE", "/faults/index", faults)) !== undefined;
  }

  /** The number of index calls that were disturbed since the engine started. */
  async indexFaultsHit(): Promise<number> {
    const answer = await this.#steer("GET", "/faults/index");
    if (!answer?.ok) return 0;
    const counts = (await answer.json()) as Record<string, number>;
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  }

  async #steer(method: string, path: string, body?: object): Promise<Response | undefined> {
    try {
      const answer = await fetch(`${this.url}${path}`, {
        method,
        signal: AbortSignal.timeout(STEER_MS_MAX),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return answer.ok ? answer : undefined;
    } catch {
      return undefined;
    }
  }
}
