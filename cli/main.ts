#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { cacheFolder } from "./base/cache-folder.ts";
import { removeUnusedDaily } from "./base/unused-files.ts";

// Node caches the compiled code, so the next command starts in half the time.
const folder = cacheFolder("compiled");
if (folder !== undefined) {
  enableCompileCache(folder);
  process.once("exit", () => removeUnusedDaily(folder));
}
await import("./tailrace.ts");
