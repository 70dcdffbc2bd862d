import { resolve } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

/** Serves the minimal Worker until stdin ends. */
const [state = ""] = process.argv.slice(2);
const { outputFiles } = await build({
  entryPoints: [resolve(import.meta.dirname, "../minimal-worker/worker.ts")],
  bundle: true,
  write: false,
  format: "esm",
  external: ["cloudflare:*"],
});
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    name: "minimal",
    modules: [{ type: "ESModule", path: "worker.js", contents: outputFiles[0]?.text ?? "" }],
    compatibilityDate: "2026-11-01",
    durableObjects: { LOG: { className: "MinimalLog", useSQLite: true } },
    unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
    resourcePersistencePath: state,
    host: "127.0.0.1",
    port: 0,
    cf: false,
    telemetry: { enabled: false },
  }),
);
await miniflare.ready;
const { origin } = await miniflare.unsafeGetDirectURL();
const { execSync } = await import("node:child_process");
const pid = execSync(`pgrep -P ${process.pid} workerd || true`).toString().trim();
process.stdout.write(`${origin} ${pid}\n`);
process.stdin
  .on("end", async () => {
    await miniflare.dispose();
    process.exit(0);
  })
  .resume();
