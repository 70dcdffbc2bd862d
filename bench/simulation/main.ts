import { COSTS_MS, FOLLOWER_MB, LIMITS, OBJECT_MB, REGIONS, type RegionName } from "./platform.ts";
import { join, newExecution, objectsOf, type Settings, type SimulatedObject } from "./tree.ts";

// What breaks first when many readers in six regions follow one execution: `node bench/simulation/main.ts`. Followers come evenly
// over a time, and output is pushed at a rate. The busiest object of each kind is compared with the platform's limits.

const FOLLOWERS = 100_000;

interface Scenario extends Settings {
  name: string;
  /** Within how long all followers come. */
  come_seconds: number;
  pushes_per_second: number;
}

const RELAYS = { followers_per_object: 500, levels: 2, is_regional: true };
const SCENARIOS: Scenario[] = [
  { name: "one object", ...RELAYS, levels: 0, is_regional: false, come_seconds: 600, pushes_per_second: 5 },
  { name: "relays, all come in 10 minutes", ...RELAYS, come_seconds: 600, pushes_per_second: 5 },
  { name: "relays, 50 pushes a second", ...RELAYS, come_seconds: 600, pushes_per_second: 50 },
  { name: "relays, all come in a minute", ...RELAYS, come_seconds: 60, pushes_per_second: 5 },
  {
    name: "the same with 5,000 followers an object",
    ...RELAYS,
    followers_per_object: 5_000,
    come_seconds: 600,
    pushes_per_second: 5,
  },
];

/** The greatest load of an object, as shares of the limits. */
type Load = Record<keyof typeof LIMITS, number>;

interface Outcome {
  relays: number;
  execution: Load;
  relay: Load;
  /** Copies of each push that leave the execution's region. */
  copies: number;
  /** The time from a push to the last follower, in milliseconds. */
  last_ms: number;
}

function simulate(scenario: Scenario): Outcome {
  const execution = newExecution();
  const peaks = new Map<SimulatedObject, number>();
  const each_second = FOLLOWERS / scenario.come_seconds;
  let come = 0;
  for (let second = 1; second <= scenario.come_seconds; second++) {
    for (; come < each_second * second; come++) join(execution, regionOf(come), scenario);
    for (const object of objectsOf(execution)) {
      peaks.set(object, Math.max(object.joins, peaks.get(object) ?? 0));
      object.joins = 0;
    }
  }
  const { pushes_per_second } = scenario;
  const loadOf = (object: SimulatedObject): Load => {
    const joins = peaks.get(object) ?? 0;
    // An execution's own are the posts of its agent.
    const feeds = pushes_per_second;
    return {
      requests_per_second: (joins + feeds) / LIMITS.requests_per_second,
      sockets: object.followers / LIMITS.sockets,
      memory_mb: (OBJECT_MB + object.followers * FOLLOWER_MB) / LIMITS.memory_mb,
      busy_share: (pushes_per_second * pushMs(object) + joins * COSTS_MS.request) / 1000 / LIMITS.busy_share,
    };
  };
  const relays = [...objectsOf(execution)].slice(1);
  return {
    relays: relays.length,
    execution: loadOf(execution),
    relay: greatest(relays.map(loadOf)),
    copies: copiesOf(execution),
    last_ms: lastMs(execution),
  };
}

/** The region of the n-th follower. The regions come mixed, by their shares. */
function regionOf(nth: number): RegionName {
  let at = (nth * 0.618_033_988_75) % 1;
  for (const { name, share } of REGIONS) {
    at -= share;
    if (at < 0) return name;
  }
  return REGIONS[0].name;
}

function pushMs({ followers, relays }: SimulatedObject): number {
  return followers * COSTS_MS.send + relays.length * COSTS_MS.call;
}

function awayMs(region: RegionName): number {
  return REGIONS.find(({ name }) => name === region)?.away_ms ?? 0;
}

/** An execution writes to its followers wherever they are; a relay is in their region. */
function copiesOf(execution: SimulatedObject): number {
  const far = execution.relays.filter(({ region }) => region !== execution.region).length;
  const has_relays = execution.relays.length > 0;
  const distant_share = 1 - REGIONS[0].share;
  return far + (has_relays ? 0 : Math.round(execution.followers * distant_share));
}

/** The last follower of a region gets a push once all before it are written, at each level. */
function lastMs(object: SimulatedObject): number {
  const own_ms = pushMs(object);
  const below_ms = object.relays.map((relay) => {
    const away_ms = relay.region === object.region ? 1 : awayMs(relay.region);
    return away_ms + lastMs(relay);
  });
  const direct_ms =
    object.relays.length === 0 && object.name === "execution"
      ? Math.max(...REGIONS.map(({ away_ms }) => away_ms))
      : 0;
  return own_ms + Math.max(direct_ms, ...below_ms);
}

function greatest(loads: Load[]): Load {
  const none: Load = { requests_per_second: 0, sockets: 0, memory_mb: 0, busy_share: 0 };
  return loads.reduce(
    (most, load) => ({
      requests_per_second: Math.max(most.requests_per_second, load.requests_per_second),
      sockets: Math.max(most.sockets, load.sockets),
      memory_mb: Math.max(most.memory_mb, load.memory_mb),
      busy_share: Math.max(most.busy_share, load.busy_share),
    }),
    none,
  );
}

const WORDS: Record<keyof Load, string> = {
  requests_per_second: "requests",
  sockets: "sockets",
  memory_mb: "memory",
  busy_share: "processor",
};

/** The limit that is nearest, or the furthest beyond. */
function firstOf(load: Load): string {
  const [first] = (Object.keys(WORDS) as (keyof Load)[]).toSorted((one, other) => load[other] - load[one]);
  return first ? `${WORDS[first]} ${percent(load[first])}` : "";
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

process.stdout.write(
  "| scenario | relays | copies that leave the region | last follower, ms | the execution is nearest to | a relay is nearest to |\n| --- | --- | --- | --- | --- | --- |\n",
);
for (const scenario of SCENARIOS) {
  const { relays, copies, last_ms, execution, relay } = simulate(scenario);
  const cells = [
    scenario.name,
    relays.toLocaleString("en"),
    copies.toLocaleString("en"),
    Math.round(last_ms).toLocaleString("en"),
    firstOf(execution),
    relays === 0 ? "" : firstOf(relay),
  ];
  process.stdout.write(`| ${cells.join(" | ")} |\n`);
}
