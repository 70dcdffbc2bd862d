import { readFileSync } from "node:fs";
import { textOf } from "../server/kept-text.ts";
import type { Programs } from "./local.ts";

/** The files of kept builds: the local server itself, the engine's scripts, and the agent. */
export interface KeptPrograms {
  server: string;
  worker: string;
  index: string;
  cache: string;
  agent: string;
}

/** Reads what the local server runs. */
export function readPrograms({ worker, index, cache, agent }: KeptPrograms): Programs {
  const reader = (file: string) => () => textOf(readFileSync(file, "utf8"));
  return {
    scripts: { worker: reader(worker), index: reader(index), cache: reader(cache) },
    agent: reader(agent),
  };
}
