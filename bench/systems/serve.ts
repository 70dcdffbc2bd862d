import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/**
 * Serves Tailrace until stdin ends. Prints its address, its key and the engine's process id. A line on stdin is a statement
 * for the index, as JSON; the answer comes after it has run.
 */
const [state = "", port = "0", more = "{}"] = process.argv.slice(2);
// The server's module by its path: the benchmark measures the server that users start.
const module_path = "../../cli/server/server.ts";
const { startServer } = await import(module_path);
const server = await startServer({ port: Number(port), state, ...JSON.parse(more) });
process.stdout.write(
  `${JSON.stringify({ url: server.url, key: server.apiKey, pid: engineOf(process.pid) })}\n`,
);
for await (const line of createInterface(process.stdin)) {
  const statement: string = JSON.parse(line);
  await server.index.run(statement);
  process.stdout.write("done\n");
}
await server.stop();
process.exit(0);

function engineOf(parent: number): number {
  const engine = readdirSync("/proc").find((pid) => /^\d+$/.test(pid) && isEngine(pid, parent));
  return Number(engine);
}

function isEngine(pid: string, parent: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.includes("(workerd)") && stat.split(") ")[1]?.split(" ")[1] === String(parent);
  } catch {
    return false;
  }
}
