import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fetchNode, hostArchitecture } from "../../release/executable/node.ts";
import { makeBlob, makeExecutable } from "../../release/executable.ts";
import { ROOT, scratch } from "./scratch.ts";

/** Executables of earlier test runs. To put a program into a Node takes ten seconds. */
const CACHE = join(ROOT, "node_modules/.cache/tailrace-executables");

/** The agent as one executable file for this host, made of the present sources, or kept from an earlier run with the same. */
export async function builtExecutable(): Promise<string> {
  const work = scratch();
  const { blob } = await makeBlob(join(work, "executable"));
  const hash = createHash("sha256").update(process.version).update(readFileSync(blob)).digest("hex");
  const file = join(CACHE, hash);
  if (existsSync(file)) return file;
  // A running program keeps its file.
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  const { program } = fetchNode(hostArchitecture(), work);
  const part = `${file}.${process.pid}`;
  makeExecutable(program, blob, part);
  renameSync(part, file);
  return file;
}
