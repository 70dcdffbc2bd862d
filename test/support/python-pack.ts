import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import type { Client } from "../../protocol/client/client.ts";
import { receive } from "./reader.ts";

/** A Python action: its source, and its parameters as metadata. */
export interface PythonAction {
  source: string;
  parameters?: Record<string, object>;
}

/** An action with this body of `run`, whose parameters are in `given`. */
export function runs(body: string, parameters: Record<string, object> = {}): PythonAction {
  const lines = body.replace(/^\n/, "").trimEnd().split("\n");
  const indent = /^ */.exec(lines[0] ?? "")?.[0].length ?? 0;
  const own = lines.map((line) => `        ${line.slice(indent)}`);
  const source = `import os, subprocess, sys, time
from st2common.runners.base_action import Action

class It(Action):
    def run(self, **given):
${own.join("\n")}
`;
  return { source, parameters };
}

/** Writes a pack of Python actions and other files, by their paths in the pack. */
export function writePythonPack(
  folder: string,
  actions: Record<string, PythonAction>,
  files: Record<string, string> = {},
): void {
  const ref = folder.slice(folder.lastIndexOf("/") + 1);
  write(join(folder, "pack.yaml"), stringify({ name: ref, ref, version: "1.0.0" }));
  for (const [name, { source, parameters = {} }] of Object.entries(actions)) {
    write(join(folder, "actions", `${name}.py`), source);
    const metadata = { name, runner_type: "python-script", entry_point: `${name}.py`, parameters };
    write(join(folder, "actions", `${name}.yaml`), stringify(metadata));
  }
  for (const [path, text] of Object.entries(files)) write(join(folder, path), text);
}

/** Writes a file, and makes its folder if needed. */
export function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** The end of an execution: its status, and its result in the Python runner's form. */
export async function pythonOutcome(client: Client, id: string) {
  await receive(client, id);
  const { status, result } = await client.get(id);
  return {
    status,
    ...(result as { stdout: unknown; stderr: string; exit_code: number; result: unknown; error?: string }),
  };
}
