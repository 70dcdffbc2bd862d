import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify, styleText } from "node:util";
import { Command } from "commander";
import type { ActionSpec, PackSpec } from "../../protocol/action.ts";
import { connect } from "../connect.ts";
import { CliError } from "../errors.ts";
import { print, printJson, printTable } from "../print.ts";
import { type CommonFlags, serverCommand, withExamples } from "./options.ts";

const AGENT = resolve(import.meta.dirname, "../../agent/main.ts");

/** Bytes of what the agent says about pack folders. */
const PACKS_BYTES_MAX = 64 * 1024 * 1024;

/** `tailrace pack …`: what agents have to run. */
export function packCommand(): Command {
  const list = serverCommand("list", "the packs that agents have registered", ["tailrace pack list"]).action(
    async (flags: CommonFlags) => {
      const packs = await connect(flags).packs();
      if (flags.json) return printJson(packs);
      printTable(
        ["ref", "version", "actions", "description"],
        packs.map(({ ref, version, actions, description }) => [ref, version, String(actions), description]),
      );
    },
  );
  const register = serverCommand("register", "tell the server about a pack; agents do so for theirs", [
    "tailrace pack register /opt/stackstorm/packs/mine",
  ])
    .argument("<dir...>", "a pack, or a folder of packs")
    .action(async (folders: string[], flags: CommonFlags) => {
      const { packs, actions, problems } = await readPacks(folders);
      if (problems.length > 0) throw new CliError(problems.join("\n"));
      const client = connect(flags);
      const metadata = packs.map(({ folder: _, ...pack }) => pack);
      const registered = await client.register({ packs: metadata, actions });
      if (flags.json) printJson(registered);
      else print(`${registered.registered} actions of ${packs.map(({ ref }) => ref).join(", ")}`);
    });
  const validate = withExamples(
    new Command("validate").description("check a pack as an agent would load it"),
    ["tailrace pack validate /opt/stackstorm/packs/mine"],
  )
    .argument("<dir...>", "a pack, or a folder of packs")
    .option("-j, --json", "JSON, for programs")
    .action(async (folders: string[], { json }: { json?: boolean }) => {
      const read = await readPacks(folders);
      if (json) printJson(read);
      else showFound(read);
      if (read.problems.length > 0) process.exitCode = 1;
    });
  const install = withExamples(
    new Command("install").description("make the virtualenv of a pack from its requirements.txt"),
    ["tailrace pack install /opt/stackstorm/packs/mine"],
  )
    .argument("<dir>", "a pack")
    .option("--python <program>", "the Python to make it with", "python3")
    .action((folder: string, { python }: { python: string }) => installPack(resolve(folder), python));
  return new Command("pack")
    .description("what agents have to run")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(list)
    .addCommand(register)
    .addCommand(validate)
    .addCommand(install);
}

interface ReadPacks {
  packs: (PackSpec & { folder: string })[];
  actions: ActionSpec[];
  problems: string[];
  notices: string[];
}

/** What an agent would load from folders, by the agent itself. */
async function readPacks(folders: string[]): Promise<ReadPacks> {
  const { stdout } = await promisify(execFile)(process.execPath, [AGENT, "read-packs", ...folders], {
    maxBuffer: PACKS_BYTES_MAX,
  });
  return JSON.parse(stdout);
}

function showFound({ packs, actions, problems, notices }: ReadPacks): void {
  for (const { ref, version, folder } of packs) {
    const own = actions.filter(({ pack }) => pack === ref);
    print(
      `${styleText("bold", ref)} ${version}  ${own.length} ${own.length === 1 ? "action" : "actions"}  ${folder}`,
    );
  }
  for (const notice of notices) print(styleText("dim", notice));
  for (const problem of problems) print(`${styleText("red", "not loaded:")} ${problem}`);
  if (problems.length === 0) print(styleText("green", "valid"));
}

/** In the pack itself, where every agent that is pointed at the pack finds it. */
async function installPack(folder: string, python: string): Promise<void> {
  if (!existsSync(join(folder, "pack.yaml"))) throw new CliError(`There is no pack.yaml in ${folder}.`, 2);
  const place = join(folder, ".venv");
  const requirements = join(folder, "requirements.txt");
  print(`virtualenv ${place}`);
  await runShown(python, ["-m", "venv", place]);
  if (existsSync(requirements)) {
    await runShown(join(place, "bin", "python"), ["-m", "pip", "install", "--requirement", requirements]);
  }
  print(styleText("green", "installed"));
}

/** Runs a program whose output is shown as it comes. */
async function runShown(program: string, args: string[]): Promise<void> {
  const child = spawn(program, args, { stdio: "inherit" });
  const [code] = await Promise.race([once(child, "exit"), once(child, "error")]);
  if (code !== 0) throw new CliError(`${program} ${args.join(" ")} failed: ${code}`);
}
