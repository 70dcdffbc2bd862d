import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export interface Served {
  url: string;
  pid: number;
  stop: () => Promise<void>;
}

/**
 * Runs a script that serves until its stdin ends, and prints its address, with the process that does the work if that is another
 * one.
 */
export async function served(args: string[]): Promise<Served> {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout);
  let line = "";
  // A program may print lines of its own before and after the address.
  while (!line.startsWith("http")) [line] = (await once(lines, "line")) as [string];
  const [url = "", pid = String(child.pid)] = line.split(" ");
  const stop = async () => {
    const exited = once(child, "exit");
    child.stdin.end();
    await exited;
  };
  return { url, pid: Number(pid), stop };
}
