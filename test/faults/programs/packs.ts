import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";

/** The pack's name, and the programs with a single process. */
export const PACK = "faults";
export const PROGRAMS = ["command", "script", "python"] as const;
export const REMOTE_PROGRAMS = ["remote_command", "remote_script"] as const;

/** The parameters of every program of the pack, in the order of `programs/lines.ts`. */
const PARAMETERS = {
  token: { type: "string", required: true },
  lines: { type: "integer", required: true },
  every_ms: { type: "integer", default: 50 },
  burst: { type: "integer", default: 1 },
  width: { type: "integer", default: 80 },
  salt: { type: "integer", default: 0 },
  padding: { type: "string", enum: ["ascii", "utf8", "binary"], default: "ascii" },
  exit: { type: "integer", default: 0 },
  term: { type: "string", enum: ["die", "ignore", "note"], default: "die" },
  child: { type: "boolean", default: false },
  /** A document masks every secret, even an empty one. So this says whether lines show it. */
  shows_secret: { type: "boolean", default: false },
  secret: { type: "string", secret: true, default: "" },
};

/** No argument shows a secret: a shell program has it in its environment. */
const SECRET = { env: { type: "object", default: { SECRET: "{{ secret }}" }, secret: true } };

/** The parameters that a chain passes on to its tasks unchanged. */
const HANDED_ON = ["every_ms", "burst", "width", "salt", "padding", "shows_secret", "secret"];

/**
 * Writes the pack `faults`: programs for every runner, whose output describes itself, and chains of them. Each program notes
 * what it writes in its own file in the folder `journals`.
 */
export function writePacks(folder: string, journals: string): void {
  mkdirSync(journals, { recursive: true });
  const pack = join(folder, PACK);
  write(join(pack, "pack.yaml"), stringify({ name: PACK, ref: PACK, version: "1.0.0" }));
  for (const name of ["writer.sh", "writer.py"]) {
    const source = readFileSync(join(import.meta.dirname, "pack", name), "utf8");
    write(join(pack, "actions", name), source.replaceAll("@JOURNALS@", journals), 0o755);
  }
  const cmd = { immutable: true, default: commandLine(join(pack, "actions", "writer.sh")) };
  const shell = { ...PARAMETERS, ...SECRET };
  const command = { runner_type: "local-shell-cmd", parameters: { ...shell, cmd } };
  const actions = {
    command,
    script: { runner_type: "local-shell-script", entry_point: "writer.sh", parameters: shell },
    remote_command: { runner_type: "remote-shell-cmd", parameters: { ...shell, cmd } },
    remote_script: { runner_type: "remote-shell-script", entry_point: "writer.sh", parameters: shell },
    limited: { ...command, tags: tags({ output_bytes_max: OUTPUT_BYTES_MAX }) },
    silent: { ...command, tags: tags({ stream_output: false }) },
    python: { runner_type: "python-script", entry_point: "writer.py", parameters: PARAMETERS },
    chain: chainAction("chain"),
    nested: chainAction("nested"),
  };
  for (const [name, action] of Object.entries(actions))
    write(join(pack, "actions", `${name}.yaml`), stringify({ name, ...action }));
  for (const [name, chain] of Object.entries(CHAINS))
    write(join(pack, "actions", "chains", `${name}.yaml`), stringify({ chain }));
}

/** The limit of the output of `faults.limited`: a part of a flood. */
const OUTPUT_BYTES_MAX = 400_000;

function tags(settings: Record<string, unknown>) {
  return Object.entries(settings).map(([name, value]) => ({
    name: `tailrace.${name}`,
    value: String(value),
  }));
}

function chainAction(name: string) {
  return { runner_type: "action-chain", entry_point: `chains/${name}.yaml`, parameters: PARAMETERS };
}

/** A task that runs a program of the pack with the chain's parameters. */
function task(name: string, action: string, more: object, exit = "0") {
  const handed = Object.fromEntries(HANDED_ON.map((parameter) => [parameter, `{{ ${parameter} }}`]));
  const parameters = { token: `{{ token }}.${name}`, lines: "{{ lines }}", exit, ...handed };
  return { name, ref: `${PACK}.${action}`, parameters, ...more };
}

const CHAINS = {
  chain: [
    task("first", "command", { "on-success": "second", "on-failure": "answer" }, "{{ exit }}"),
    task("second", "python", { "on-success": "third" }),
    task("third", "script", {}),
    task("answer", "script", {}),
  ],
  nested: [
    task("inner", "chain", { "on-success": "last", "on-failure": "last" }, "{{ exit }}"),
    task("last", "command", {}),
  ],
};

/** The writer's arguments, as a script's runner would pass them. */
function commandLine(script: string): string {
  const { child: _, secret: __, shows_secret: ___, ...named } = PARAMETERS;
  const words = Object.keys(named).map((name) => `--${name}={{ ${name} }}`);
  return `exec bash ${script} ${words.join(" ")}{% if child %} --child{% endif %}`;
}

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}
