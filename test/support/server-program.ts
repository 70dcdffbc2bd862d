// A server in its own process, with an index that can fail: `node server-program.ts STATE PORT`. It prints its address.
import { resolve } from "node:path";
import { startServer } from "../../cli/server/server.ts";

const [state = "", port] = process.argv.slice(2);
const { url, apiKey } = await startServer({
  port: Number(port),
  state,
  entry: resolve(import.meta.dirname, "../faults/world/faulty-worker.ts"),
});
process.stdout.write(`${JSON.stringify({ url, key: apiKey })}\n`);
