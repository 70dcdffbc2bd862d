import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { MARK } from "../../../agent/process/environment.ts";
import { liveProcesses } from "../../../agent/process/table.ts";
import type { Violation } from "../facts.ts";

/** A world's use of its machine at one moment. */
export interface Usage {
  processes: ProcessUsage[];
  /** The contents of the agents' spools, by path. */
  spooled: string[];
  /** Processes that carry the mark of an execution: their numbers and what they run. */
  marked: string[];
}

/** One process's use. A restarted process has another number and the same name. */
export interface ProcessUsage {
  name: string;
  memory_bytes: number;
  sockets: number;
  descriptors: number;
}

/** The parts of the world to look at: processes by name, folders of spools, and the mark of its executions. */
export interface Looked {
  processes: { name: string; pid: number }[];
  spools: string[];
  executions: ReadonlySet<string>;
}

/** The allowed growth of a process at rest, as a factor. */
const MEMORY_FACTOR_MAX = 1.2;
/** A new process has not grown to its working size yet: its first runs load what all share. */
const MEMORY_BYTES_FREE = 384 * 1024 * 1024;
/** Connections that are kept for the next request, and open databases, come and go by themselves. */
const DESCRIPTORS_FREE = 24;
const SOCKETS_FREE = 12;

export function usageOf({ processes, spools, executions }: Looked): Usage {
  return {
    processes: processes.flatMap(({ name, pid }) => processUsage(name, pid) ?? []),
    spooled: spools.flatMap((folder) => entriesOf(folder).map((entry) => join(folder, entry))),
    marked: liveProcesses().flatMap(({ pid }) => {
      const execution = markOf(pid);
      return execution !== undefined && executions.has(execution)
        ? [`${pid} of ${execution}: ${commandOf(pid)}`]
        : [];
    }),
  };
}

/** Checks what remains after everything has settled, and figures that do not return to their start. */
export function checkWorld(before: Usage, after: Usage): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) => found.push({ rule, text });
  for (const path of after.spooled) violate("spool", `${path} is left`);
  for (const left of after.marked) violate("process", `${left} is left`);
  for (const now of after.processes) {
    const was = before.processes.find(({ name }) => name === now.name);
    if (!was) continue;
    const memory_max = Math.max(was.memory_bytes * MEMORY_FACTOR_MAX, was.memory_bytes + MEMORY_BYTES_FREE);
    if (now.memory_bytes > memory_max)
      violate("memory", `${now.name} takes ${megabytes(now)} MB, and took ${megabytes(was)}`);
    if (now.sockets > was.sockets + SOCKETS_FREE)
      violate("sockets", `${now.name} has ${now.sockets} sockets, and had ${was.sockets}`);
    if (now.descriptors > was.descriptors + DESCRIPTORS_FREE)
      violate("descriptors", `${now.name} has ${now.descriptors} descriptors, and had ${was.descriptors}`);
  }
  return found;
}

function processUsage(name: string, pid: number): ProcessUsage | undefined {
  const status = unlessGone(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? "")?.[1];
  if (kilobytes === undefined) return undefined;
  const descriptors = entriesOf(`/proc/${pid}/fd`);
  const targets = descriptors.map((fd) => unlessGone(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
  const sockets = targets.filter((target) => target?.startsWith("socket:")).length;
  return { name, memory_bytes: Number(kilobytes) * 1024, sockets, descriptors: descriptors.length };
}

function markOf(pid: number): string | undefined {
  const environment = unlessGone(() => readFileSync(`/proc/${pid}/environ`, "utf8"));
  const mark = environment?.split("\0").find((variable) => variable.startsWith(`${MARK}=`));
  return mark?.slice(MARK.length + 1);
}

function commandOf(pid: number): string {
  const words = unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
  return words.replaceAll("\0", " ").slice(0, COMMAND_CHARS_MAX);
}

const COMMAND_CHARS_MAX = 200;

function entriesOf(folder: string): string[] {
  return unlessGone(() => readdirSync(folder)) ?? [];
}

/** A process may end and a spool may be deleted during the look. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && "code" in error && GONE.includes(String(error.code))) return undefined;
    throw error;
  }
}

const GONE = ["ENOENT", "ESRCH", "EACCES"];

function megabytes({ memory_bytes }: ProcessUsage): number {
  return Math.round(memory_bytes / 1024 ** 2);
}
