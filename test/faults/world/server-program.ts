// The server of a round in a process of its own: `node server-program.ts PORT STATE SETTINGS`, the last as JSON.
import { resolve } from "node:path";
import type { Server } from "../../../cli/server/running.ts";
import { startServer } from "../../../cli/server/server.ts";
import { CONTROL, evict } from "../../support/control.ts";

/** The harness's requests to this process over its channel, and the answers. */
export interface Evict {
  number: number;
  binding: string;
  name: string;
}
export interface Evicted {
  number: number;
  /** False where the object slept already. */
  was_awake: boolean;
}

const [port, state = "", vars = "{}"] = process.argv.slice(2);
const server = await startServer({
  port: Number(port),
  state,
  vars: JSON.parse(vars),
  entry: resolve(import.meta.dirname, "faulty-worker.ts"),
  control: CONTROL,
});

process.on("message", async ({ number, binding, name }: Evict) => {
  const evicted: Evicted = { number, was_awake: await tryEvict(server, binding, name) };
  process.send?.(evicted);
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, async () => {
    await server.stop();
    process.exit(0);
  });
}
// The harness has ended.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume();
process.stdout.write(`ready ${server.apiKey}\n`);

async function tryEvict(server: Server, binding: string, name: string): Promise<boolean> {
  try {
    await evict(server, binding, name);
    return true;
  } catch {
    return false;
  }
}
