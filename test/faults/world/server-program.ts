// The server of a round in a process of its own: `node server-program.ts PORT STATE SETTINGS`, the last as JSON.
import { resolve } from "node:path";
import { type Server, startServer } from "../../../cli/server.ts";

/** What the harness asks of this process. */
export interface Evict {
  evict: { className: string; name: string };
}

const [port, state = "", vars = "{}"] = process.argv.slice(2);
const server = await startServer({
  port: Number(port),
  state,
  vars: JSON.parse(vars),
  entry: resolve(import.meta.dirname, "faulty-worker.ts"),
});

process.on("message", ({ evict }: Evict) => void tryEvict(server, evict));
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, async () => {
    await server.stop();
    process.exit(0);
  });
}
// The harness is gone.
process.stdin.on("end", () => process.kill(process.pid, "SIGTERM")).resume();
process.stdout.write(`ready ${server.apiKey}\n`);

async function tryEvict({ miniflare }: Server, { className, name }: Evict["evict"]): Promise<void> {
  try {
    await miniflare.unsafeEvictDurableObject("tailrace", className, { name, webSockets: "hibernate" });
    process.stdout.write(`evicted ${className} ${name}\n`);
  } catch {
    // It sleeps already.
    process.stdout.write(`not evicted ${className} ${name}\n`);
  }
}
