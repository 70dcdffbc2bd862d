#!/usr/bin/env node
import { enableCompileCache } from "node:module";
import { cacheFolder } from "./base/cache-folder.ts";

// Node caches the compiled code, so the next command starts in half the time.
const folder = cacheFolder("compiled");
if (folder !== undefined) enableCompileCache(folder);
await import("./tailrace.ts");
