import { readFileSync } from "node:fs";
import { textOf } from "../server/kept-text.ts";
import type { Scripts } from "../server/scripts.ts";
import { agentArguments, agentProgram } from "./agent-program.ts";

/** What a local server is made of. */
export interface Programs {
  scripts: Scripts;
  /** Node's arguments that run the agent with this state folder. */
  agent: (state: string) => string[];
}

/** The programs, and the files in which they are kept; undefined if one of them is not kept. */
export interface FoundPrograms {
  programs: Programs;
  kept: KeptPrograms | undefined;
}

/** The files of the local server itself, of the engine's scripts, and of the agent. Each text is behind a first line. */
export interface KeptPrograms {
  server: string;
  worker: string;
  index: string;
  cache: string;
  agent: KeptAgent;
}

/** A program as an installed package has it, or the bundle that a checkout has built. */
export type KeptAgent = { program: string; bundle?: never } | { bundle: string; program?: never };

/** Reads what the local server runs. */
export function readPrograms({ worker, index, cache, agent }: KeptPrograms): Programs {
  const reader = (file: string) => () => textOf(readFileSync(file, "utf8"));
  const { program, bundle } = agent;
  return {
    scripts: { worker: reader(worker), index: reader(index), cache: reader(cache) },
    agent: (state) =>
      program === undefined ? agentProgram(state, reader(bundle)()) : agentArguments(program),
  };
}
