import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../protocol/id.ts";
import { readProcess } from "./process/table.ts";

/** The agent's id, made with its state folder: a folder that is lost is another agent. */
export function agentId(state: string): string {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const file = join(state, "agent-id");
  const kept = readIfThere(file);
  if (kept !== undefined) return kept.trim();
  const id = newId();
  writeFileSync(file, `${id}\n`, { mode: 0o600 });
  return id;
}

/** Takes a state folder for this process alone. Throws where another agent that is alive has it. */
export function lockState(state: string): { release: () => void } {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const file = join(state, "agent.pid");
  const [pid = 0, start_ticks = 0] = (readIfThere(file) ?? "").split(" ").map(Number);
  const holder = pid > 0 ? readProcess(pid) : undefined;
  if (holder?.start_ticks === start_ticks && pid !== process.pid) {
    throw new Error(`The state folder ${state} belongs to the agent with process ${pid}, which is running.`);
  }
  writeFileSync(file, `${process.pid} ${readProcess(process.pid)?.start_ticks ?? 0}\n`, { mode: 0o600 });
  return { release: () => rmSync(file, { force: true }) };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
