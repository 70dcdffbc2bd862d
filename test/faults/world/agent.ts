import { renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../support/scratch.ts";
import { Kept } from "./kept.ts";
import type { FaultyNetwork } from "./proxy.ts";

/** A stop lets short runs end, and ends long ones, as a host with a bounded stop does. */
const DRAIN_SECONDS = 3;

/** After three silences, the remote programs of a lost agent have to end: within the time in which a round settles. */
const SSH_ALIVE_SECONDS = 2;

export interface AgentOptions {
  name: string;
  pool: string;
  /** The pool's key. */
  key: string;
  packs: string[];
  slots: number;
  /** The folder with all its files. */
  folder: string;
  /** The folder of the file with its clock's offset, on a disk that is never full. */
  clock_folder: string;
  network: FaultyNetwork;
  onLine: (line: string) => void;
}

/** An agent of a world: a real one, with its own proxy to the server and its own clock. */
export class WorldAgent {
  readonly name: string;
  readonly pool: string;
  readonly state: string;
  readonly network: FaultyNetwork;
  readonly kept: Kept;
  readonly #clock: string;

  constructor(options: AgentOptions) {
    const { name, pool, key, packs, slots, folder, clock_folder, network, onLine } = options;
    this.name = name;
    this.pool = pool;
    this.network = network;
    this.state = join(folder, "agent");
    this.#clock = join(clock_folder, `${name}.offset-ms`);
    this.setClock(0);
    const preload = pathToFileURL(resolve(ROOT, "test/support/shifted-clock.ts"));
    preload.searchParams.set("offset", this.#clock);
    this.kept = new Kept({
      name,
      cwd: ROOT,
      env: { TAILRACE_API_KEY: key },
      args: () => [
        ...["--import", preload.href, "agent/main.ts", "--url", network.url, "--state", this.state],
        ...["--name", name, "--pool", pool, "--slots", String(slots), "--stop-with-stdin"],
        ...["--drain-timeout", String(DRAIN_SECONDS)],
        ...["--ssh-alive-seconds", String(SSH_ALIVE_SECONDS)],
        ...packs.flatMap((pack) => ["--packs", pack]),
      ],
      isReady: (line) => line.includes("agent ready"),
      onLine,
    });
  }

  /** Sets its wall clock off by this much. */
  setClock(offset_ms: number): void {
    // In one step, as the process may be reading it.
    writeFileSync(`${this.#clock}.new`, String(offset_ms));
    renameSync(`${this.#clock}.new`, this.#clock);
  }
}
