#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { cacheFolder } from "./base/cache-folder.ts";

// What this command compiles is kept for the next one, which starts in half the time.
const folder = cacheFolder("compiled");
if (folder !== undefined) enableCompileCache(folder);
await import("./tailrace.ts");
