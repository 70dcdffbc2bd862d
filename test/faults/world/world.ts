import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../../../protocol/client/client.ts";
import { SmallDisk } from "../../support/small-disk.ts";
import { HAS_SSHD, Sshd } from "../../support/sshd.ts";
import { clientOf } from "../../support/test-agent.ts";
import type { Act } from "../facts.ts";
import type { Targets } from "../plan.ts";
import { writePacks } from "../programs/packs.ts";
import type { Remote } from "../programs/pick.ts";
import type { Random } from "../random.ts";
import type { Timeline } from "../timeline.ts";
import { WorldAgent } from "./agent.ts";
import { freePorts } from "./ports.ts";
import { FaultyNetwork } from "./proxy.ts";
import { WorldServer } from "./server.ts";

/** The pools, and the number of their agents. */
const POOLS = { default: 2, east: 2 } as const;
const READERS = 3;
const USERS = 2;
const SLOTS = 12;
const REMOTE_HOSTS = 3;

const SERVER_DISK_BYTES = 512 * 1024 ** 2;
const AGENT_DISK_BYTES = 48 * 1024 ** 2;

export interface WorldOptions {
  folder: string;
  random: Random;
  timeline: Timeline;
  grace_seconds: number;
  is_root: boolean;
}

/** The targets of a round's faults, and everything that runs in it. */
export class World {
  readonly folder: string;
  readonly timeline: Timeline;
  readonly grace_seconds: number;
  readonly server: WorldServer;
  readonly agents: readonly WorldAgent[];
  readonly readers: readonly FaultyNetwork[];
  readonly users: readonly FaultyNetwork[];
  readonly disks: Map<string, SmallDisk>;
  readonly #sshd: Sshd | undefined;
  /** Ids of executions that are known to run. */
  readonly live = new Set<string>();
  readonly acts = new Map<string, Act[]>();
  readonly #faults = new AbortController();

  private constructor(parts: {
    options: WorldOptions;
    server: WorldServer;
    agents: WorldAgent[];
    readers: FaultyNetwork[];
    users: FaultyNetwork[];
    disks: Map<string, SmallDisk>;
    sshd: Sshd | undefined;
  }) {
    this.folder = parts.options.folder;
    this.timeline = parts.options.timeline;
    this.grace_seconds = parts.options.grace_seconds;
    this.server = parts.server;
    this.agents = parts.agents;
    this.readers = parts.readers;
    this.users = parts.users;
    this.disks = parts.disks;
    this.#sshd = parts.sshd;
  }

  static async start(options: WorldOptions): Promise<World> {
    const { folder, random, timeline, grace_seconds } = options;
    const names = Object.entries(POOLS).flatMap(([pool, count]) =>
      Array.from({ length: count }, (_, at) => ({ pool, name: `${pool}-${at + 1}` })),
    );
    const disks = new Map<string, SmallDisk>();
    MOUNTED.add(disks);
    const folderOf = (name: string, bytes: number) => {
      const path = join(folder, name);
      mkdirSync(path, { recursive: true });
      if (options.is_root) disks.set(name, new SmallDisk(path, bytes));
      return path;
    };
    const [port = 0, ...ports] = await freePorts(1 + names.length + READERS + USERS, random);
    const network = (name: string) => FaultyNetwork.open(name, ports.pop() ?? 0, port);
    const server = new WorldServer({
      port,
      state: folderOf("server", SERVER_DISK_BYTES),
      // With one follower at each object, the others follow at relays, of both levels.
      vars: { LEASE_GRACE_SECONDS: grace_seconds, BODY_WAIT_SECONDS: 5, FOLLOWERS_PER_OBJECT: 1 },
      onLine: (line) => timeline.note("server", line),
    });
    await server.kept.ready();
    const packs = join(folder, "packs");
    writePacks(packs, join(folder, "journals"));
    const client = clientOf(server.url, server.key);
    const keys = new Map<string, string>();
    for (const pool of Object.keys(POOLS))
      keys.set(pool, (await client.createKey({ user: `agents-${pool}`, role: "agent", pool })).key);
    const agents: WorldAgent[] = [];
    for (const { name, pool } of names) {
      agents.push(
        new WorldAgent({
          ...{ name, pool, key: keys.get(pool) ?? "", packs: [packs], slots: SLOTS },
          folder: folderOf(name, AGENT_DISK_BYTES),
          clock_folder: folder,
          network: await network(name),
          onLine: (line) => timeline.note(name, line),
        }),
      );
    }
    await Promise.all(agents.map(({ kept }) => kept.ready()));
    const several = (kind: string, count: number) =>
      Promise.all(Array.from({ length: count }, (_, at) => network(`${kind}-${at + 1}`)));
    const readers = await several("reader", READERS);
    const users = await several("user", USERS);
    const sshd = HAS_SSHD ? await Sshd.start({ hosts: REMOTE_HOSTS }) : undefined;
    return new World({ options, server, agents, readers, users, disks, sshd });
  }

  /** A client without faults. */
  get client(): Client {
    return clientOf(this.server.url, this.server.key);
  }

  get networks(): readonly FaultyNetwork[] {
    return [...this.agents.map(({ network }) => network), ...this.readers, ...this.users];
  }

  /** Remote hosts, if this machine can provide them. */
  get remote(): Remote | undefined {
    return this.#sshd && { hosts: this.#sshd.addresses.flat(), login: this.#sshd.login };
  }

  get pools(): string[] {
    return Object.keys(POOLS);
  }

  /** Aborts once the faults are over. */
  get signal(): AbortSignal {
    return this.#faults.signal;
  }

  agent(name: string): WorldAgent {
    return found(this.agents, name);
  }

  network(name: string): FaultyNetwork {
    return found(this.networks, name);
  }

  /** All targets. They are known without a world, as plans are made of seeds alone. */
  static get targets(): Targets {
    const agents = Object.entries(POOLS).flatMap(([pool, count]) =>
      Array.from({ length: count }, (_, at) => `${pool}-${at + 1}`),
    );
    const readers = Array.from({ length: READERS }, (_, at) => `reader-${at + 1}`);
    const users = Array.from({ length: USERS }, (_, at) => `user-${at + 1}`);
    return {
      agent: agents,
      "agent's network": agents,
      "reader's network": readers,
      network: [...agents, ...readers, ...users],
      server: ["server"],
      executions: ["executions"],
    };
  }

  /** Records a user's act on an execution. */
  noteAct(execution: string, act: Act): void {
    this.timeline.note("user", `${execution}: ${act.what}: ${act.answer}`);
    this.acts.set(execution, [...(this.acts.get(execution) ?? []), act]);
  }

  /** Ends all lasting faults. */
  endFaults(): void {
    this.#faults.abort();
  }

  async stop(): Promise<void> {
    await Promise.all(this.agents.map(({ kept }) => kept.stop()));
    await Promise.all(this.networks.map((network) => network.close()));
    await this.server.kept.stop();
    this.#sshd?.stop();
    giveBack(this.disks);
  }
}

const MOUNTED = new Set<Map<string, SmallDisk>>();

// Also when the harness is stopped, as mounts would stay.
process.once("exit", () => MOUNTED.forEach(giveBack));

function giveBack(disks: Map<string, SmallDisk>): void {
  for (const disk of disks.values()) disk.unmount();
  MOUNTED.delete(disks);
}

function found<T extends { name: string }>(all: readonly T[], name: string): T {
  const one = all.find((item) => item.name === name);
  if (one === undefined) throw new Error(`there is no ${name} in this world`);
  return one;
}
