import type { Client } from "../../protocol/client/client.ts";
import type { FsyncPolicy } from "../../protocol/settings/agent.ts";
import type { Tracing } from "../../protocol/tracing/tracing.ts";
import type { LeaseKey } from "../../protocol/wire/agent.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { Trouble } from "../disk/trouble.ts";
import type { LoadedPack } from "../packs/load.ts";
import type { PatternBudget } from "../secrets/budget.ts";
import { Secrets } from "../secrets/secrets.ts";
import { Spool } from "../spool/spool.ts";
import type { Home } from "../state/home.ts";
import type { Journal } from "../state/journal.ts";
import { Ending } from "./ending.ts";

/** The parts that all runs of an agent share, except that the log is the run's own. */
export interface RunContext {
  client: Client;
  log: Log;
  clock: Clock;
  home: Home;
  spool_bytes_max: number;
  fsync: FsyncPolicy;
  packs: Map<string, LoadedPack>;
  /** Names of variables whose values are masked; `*` stands for anything. */
  mask_env: string[];
  pattern_budget: PatternBudget;
  ssh_alive_seconds: number;
  /** Absent while nothing is traced. */
  tracing?: Tracing | undefined;
}

/** The parts of one run, from its lease to its end. */
export interface RunParts {
  key: LeaseKey;
  context: RunContext;
  journal: Journal;
  spool: Spool;
  secrets: Secrets;
  ending: Ending;
  warn: (text: string) => void;
}

/** Opens the run's spool and makes its other parts. Throws if the disk has no room for the spool. */
export function openParts(key: LeaseKey, journal: Journal, context: RunContext): RunParts {
  const { log, clock, spool_bytes_max, fsync, pattern_budget } = context;
  const warn = (text: string) => log.warn(text);
  const disk = new Trouble(
    log,
    "the disk takes no output, so it waits in memory and in the program",
    "the disk takes output again",
  );
  const spool = new Spool(journal.folder, {
    bytes_max: spool_bytes_max,
    fsync,
    nowMs: clock.now_ms,
    onDisk: (failure) => disk.tell(failure),
  });
  return {
    key,
    context,
    journal,
    spool,
    secrets: new Secrets(warn, pattern_budget),
    ending: new Ending(key, warn),
    warn,
  };
}
