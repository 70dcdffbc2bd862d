import { join } from "node:path";

/** The part of the package's server that is used here. */
interface PeerServer {
  start: () => Promise<string>;
  stop: () => Promise<void>;
}
interface Package {
  DurableStreamTestServer: new (options: { port: number; dataDir?: string }) => PeerServer;
}

/** Serves Durable Streams until stdin ends: `PACKAGE [FOLDER]`. Prints the address. */
const [folder = "", dataDir] = process.argv.slice(2);
const { DurableStreamTestServer }: Package = await import(join(folder, "dist/index.js"));
const server = new DurableStreamTestServer({ port: 0, ...(dataDir === undefined ? {} : { dataDir }) });
process.stdout.write(`${await server.start()}\n`);
// Its open event streams would delay a stop.
process.stdin.on("end", () => process.exit(0)).resume();
