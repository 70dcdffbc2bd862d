// A server over an index that can fail, in a process of its own: `node server-program.ts STATE PORT`. Says where it is on its output.
import { resolve } from "node:path";
import { startServer } from "../../cli/server/server.ts";

const [state = "", port] = process.argv.slice(2);
const { url, apiKey } = await startServer({
  port: Number(port),
  state,
  entry: resolve(import.meta.dirname, "../faults/world/faulty-worker.ts"),
});
process.stdout.write(`${JSON.stringify({ url, key: apiKey })}\n`);
