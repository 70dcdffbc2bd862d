import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { styleText } from "node:util";
import { Command } from "commander";
import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { makeFolder } from "../base/make-folder.ts";
import { ROOT } from "../base/root.ts";
import { print } from "../terminal/print.ts";
import { withExamples } from "./options.ts";

/** The contents of the environment that all packs share. */
const SHARED_REQUIREMENTS = join(ROOT, "agent/python/requirements.txt");

/** StackStorm installs these in each virtualenv (`st2common/util/virtualenvs.py`): packs need not name them. */
const BASE_REQUIREMENT = "six>=1.9.0,<2.0";

/** `tailrace pack install`: the virtualenv of one pack. */
export function installCommand(): Command {
  return withExamples(
    withPython(new Command("install").description("make a pack's virtualenv from its requirements.txt")),
    ["tailrace pack install /opt/stackstorm/packs/mine"],
  )
    .argument("<dir>", "a pack")
    .action((folder: string, { python }: { python: string }) => installPack(resolve(folder), python));
}

/** `tailrace pack setup`: the Python environment that all packs of this host's agent share. */
export function setupCommand(): Command {
  return withExamples(
    withPython(
      new Command("setup").description(
        "install the libraries that StackStorm's own environment has, for all packs of this host's agent",
      ),
    ).option("--state <dir>", "the agent's state folder", ".tailrace/agent"),
    ["tailrace pack setup", "tailrace pack setup --state /var/lib/tailrace"],
  ).action(({ state, python }: { state: string; python: string }) => setUp(resolve(state), python));
}

function withPython(command: Command): Command {
  return command.option("--python <program>", "make it with this Python", "python3");
}

/** Makes the virtualenv in the pack itself, where every agent that loads the pack finds it. */
async function installPack(folder: string, python: string): Promise<void> {
  if (!existsSync(join(folder, "pack.yaml"))) {
    throw new CliError(`There is no pack.yaml in ${folder}: name the folder of one pack.`, EXIT.usage);
  }
  const place = join(folder, ".venv");
  print(`virtualenv ${place}`);
  const own = existsSync(join(folder, "requirements.txt")) ? ["--requirement", "requirements.txt"] : [];
  await makeEnvironment(place, python);
  // Paths in requirements.txt are relative to the pack.
  await install(place, [...own, BASE_REQUIREMENT], adviceOn(own), folder);
  print(styleText("green", "installed"));
}

/** Makes the environment in the agent's state folder. The agent uses it once the last file is there. */
async function setUp(state: string, python: string): Promise<void> {
  makeFolder(state);
  const place = join(state, "python");
  print(`shared environment ${place}`);
  await makeEnvironment(place, python);
  const wanted = ["--upgrade", "--prefer-binary", "--requirement", SHARED_REQUIREMENTS];
  await install(
    place,
    wanted,
    "pip names the library above. Check that pip can reach a package index (PIP_INDEX_URL, PIP_FIND_LINKS), then run it again.",
  );
  writeFileSync(join(place, "tailrace-complete"), "");
  print(styleText("green", "ready: the next run of a Python action uses it"));
}

function adviceOn(own: string[]): string {
  return own.length > 0
    ? "Fix requirements.txt, then install again."
    : "Check that pip can reach a package index.";
}

async function makeEnvironment(place: string, python: string): Promise<void> {
  await runShown(python, ["-m", "venv", place], "On Debian and Ubuntu: apt install python3-venv");
}

async function install(place: string, wanted: string[], advice: string, cwd?: string): Promise<void> {
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", ...wanted];
  await runShown(join(place, "bin", "python"), pip, advice, cwd);
}

/** The line in which pip says that it cannot reach an index. */
const UNREACHABLE = /connection broken by '(.*)': \//;

/** Why pip cannot reach an index: the last part of the line. Undefined for another line. */
function unreachableIn(line: string): string | undefined {
  const [, failure] = UNREACHABLE.exec(line) ?? [];
  return failure
    ?.slice(failure.lastIndexOf(": ") + 1)
    .replace(/['")]+$/, "")
    .trim();
}

/** Runs a program and shows its output as it comes. After a failure, it adds the next step. */
async function runShown(program: string, args: string[], advice: string, cwd?: string): Promise<void> {
  const child = spawn(program, args, {
    stdio: ["inherit", "inherit", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  let unreachable: string | undefined;
  let rest = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    process.stderr.write(text);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) unreachable ??= unreachableIn(line);
  });
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  const { code, signal } = await ended.catch((error: unknown) => {
    throw new CliError(`${program} cannot be run: ${failureText(error)}. Name another with --python.`);
  });
  if (code === 0) return;
  if (unreachable !== undefined) {
    throw new TailraceError(
      "package_index_unreachable",
      `The index of Python packages does not answer: ${unreachable}`,
    );
  }
  const outcome = signal === null ? `exit code ${code}` : signal;
  throw new CliError(`${program} ${args.join(" ")} failed: ${outcome}. ${advice}`);
}
