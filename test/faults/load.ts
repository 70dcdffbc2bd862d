import { pause } from "../../protocol/base/backoff.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import type { Wanted } from "./facts.ts";
import { type Follower, startFollower } from "./followers/follower.ts";
import { pickExecution } from "./programs/pick.ts";
import type { Random } from "./random.ts";
import type { World } from "./world/world.ts";

/** How long a user waits for the answer to a creation. */
const CREATE_MS_MAX = 10_000;

/** How soon a user tries again after a failure. */
const AGAIN_MS = 300;

/** A requested execution. It has an id only if the answer came. */
export interface Launched {
  wanted: Wanted;
  id: string | undefined;
  followers: Follower[];
  /** The proxies that its readers use. */
  readers: string[];
}

export interface LoadOptions {
  world: World;
  random: Random;
  /** The executions at the same time, and the total number. */
  at_once: number;
  executions_max: number;
  /** Ends every follower, at any place. */
  signal: AbortSignal;
}

/** Users that start one execution after another for as long as the faults last, and readers of each. */
export class Load {
  readonly launched: Launched[] = [];
  readonly #options: LoadOptions;
  #users: Promise<void>[];

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#users = Array.from({ length: options.at_once }, (_, at) =>
      this.#use(options.random.fork(`user ${at}`)),
    );
  }

  /** Resolves when no user starts anything more and every reader has ended. */
  async finished(): Promise<void> {
    await Promise.all(this.#users);
    await Promise.all(this.launched.flatMap(({ followers }) => followers.map(({ done }) => done)));
  }

  /** The unfinished followers, for a violation's text. */
  get unfinished(): string[] {
    return this.launched.flatMap(({ id, followers }) =>
      followers.flatMap(({ seen }) => (seen.outcome.how === "unfinished" ? [`${id}: ${seen.name}`] : [])),
    );
  }

  async #use(random: Random): Promise<void> {
    const { world, executions_max, signal } = this.#options;
    for (let turn = 0; !world.signal.aborted && this.launched.length < executions_max; turn++) {
      const wanted = pickExecution(random, world);
      const launched: Launched = { wanted, id: undefined, followers: [], readers: [] };
      this.launched.push(launched);
      launched.id = await this.#create(wanted, random);
      if (launched.id === undefined) {
        await pause(AGAIN_MS, world.signal);
        continue;
      }
      const { id } = launched;
      world.live.add(id);
      launched.followers = Array.from({ length: random.integer(1, 3) }, (_, at) => {
        const reader = random.pick(world.readers);
        launched.readers.push(reader.name);
        const follower = startFollower({
          url: reader.url,
          key: world.server.key,
          execution: id,
          random: random.fork(`${turn} ${at}`),
          signal,
        });
        world.timeline.note("reader", `${id}: ${follower.seen.name} by ${reader.name}`);
        follower.done.then(({ how }) =>
          world.timeline.note("reader", `${id}: ${follower.seen.name}: ${how}`),
        );
        return follower;
      });
      await Promise.race(launched.followers.map(({ done }) => done));
      world.live.delete(id);
    }
  }

  /** The id, if the answer came. */
  async #create({ request }: Wanted, random: Random): Promise<string | undefined> {
    const { world } = this.#options;
    const url = random.pick(world.users).url;
    try {
      const answer = await fetch(`${url}/api/v1/executions`, {
        method: "POST",
        headers: { "st2-api-key": world.server.key, "content-type": "application/json" },
        body: JSON.stringify(request),
        signal: AbortSignal.timeout(CREATE_MS_MAX),
      });
      if (answer.ok) return ((await answer.json()) as Execution).id;
      world.timeline.note(
        "user",
        `creation refused with ${answer.status}: ${(await answer.text()).slice(0, 200)}`,
      );
    } catch (error) {
      world.timeline.note("user", `creation without an answer: ${error}`);
    }
    return undefined;
  }
}
