import { execFile } from "node:child_process";
import { promisify, styleText } from "node:util";
import { Command } from "commander";
import { parseJson } from "../../protocol/base/json.ts";
import type { ActionSpec, PackSpec } from "../../protocol/model/action.ts";
import { CliError } from "../base/errors.ts";
import { AGENT } from "../local/programs.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import {
  type CommonFlags,
  groupCommand,
  type PoolFlag,
  serverCommand,
  withExamples,
  withPool,
} from "./options.ts";
import { installCommand, setupCommand } from "./pack-python.ts";

/** Bytes of the agent's answer about pack folders. */
const PACKS_BYTES_MAX = 64 * 1024 * 1024;

/** `tailrace pack …`: the packs that agents offer. */
export function packCommand(): Command {
  const list = withPool(
    serverCommand("list", "list the packs that agents have registered", [
      "tailrace pack list",
      "tailrace pack list --json",
    ]),
    "show only this pool",
  ).action(async ({ pool, ...flags }: CommonFlags & PoolFlag) => {
    const packs = await connect(flags).packs(pool);
    if (flags.json) return printJson(packs);
    if (packs.length === 0) print("No packs: agents register theirs when they connect.");
    else
      printTable(
        ["ref", "pool", "version", "actions", "description"],
        packs.map(({ ref, pool, version, actions, description }) => [
          ref,
          pool,
          version,
          String(actions),
          description,
        ]),
        { wraps: ["description"], drops: ["actions", "pool", "description"] },
      );
  });
  const register = withPool(
    serverCommand("register", "register a pack with the server; agents register theirs themselves", [
      "tailrace pack register /opt/stackstorm/packs/mine",
      "tailrace pack register /opt/stackstorm/packs/train --pool gpu",
    ]),
    "the pool that offers it (default: default)",
  )
    .argument("<dir...>", "a pack, or a folder of packs")
    .action(async (folders: string[], { pool, ...flags }: CommonFlags & PoolFlag) => {
      const { packs, actions, problems } = await readPacks(folders);
      if (problems.length > 0) {
        throw new CliError(`${problems.join("\n")}\nNothing is registered: fix this, then register again.`);
      }
      const client = connect(flags);
      const metadata = packs.map(({ folder: _, ...pack }) => pack);
      const registered = await client.register({
        ...(pool === undefined ? {} : { pool }),
        packs: metadata,
        actions,
      });
      if (flags.json) printJson(registered);
      else print(`${countText(registered.registered)} of ${packs.map(({ ref }) => ref).join(", ")}`);
    });
  const validate = withExamples(
    new Command("validate").description("check a pack as an agent would load it"),
    ["tailrace pack validate /opt/stackstorm/packs/mine"],
  )
    .argument("<dir...>", "a pack, or a folder of packs")
    .option("-j, --json", "print JSON")
    .action(async (folders: string[], { json }: { json?: boolean }) => {
      const read = await readPacks(folders);
      if (json) printJson(read);
      else showFound(read);
      if (read.problems.length > 0) process.exitCode = 1;
    });
  return groupCommand("pack", "list, register, check and install packs", [
    "tailrace pack list",
    "tailrace pack validate /opt/stackstorm/packs/mine",
  ])
    .addCommand(list)
    .addCommand(register)
    .addCommand(validate)
    .addCommand(installCommand())
    .addCommand(setupCommand());
}

interface ReadPacks {
  packs: (PackSpec & { folder: string })[];
  actions: ActionSpec[];
  problems: string[];
  notices: string[];
}

/** Asks the agent's program which packs it would load from folders. */
async function readPacks(folders: string[]): Promise<ReadPacks> {
  const { stdout } = await promisify(execFile)(process.execPath, [AGENT, "read-packs", ...folders], {
    maxBuffer: PACKS_BYTES_MAX,
  });
  return parseJson(stdout, { exact: true }) as ReadPacks;
}

function showFound({ packs, actions, problems, notices }: ReadPacks): void {
  for (const { ref, version, folder } of packs) {
    const own = actions.filter(({ pack }) => pack === ref);
    const count = countText(own.length);
    print([styleText("bold", ref), version, count, folder].filter((text) => text !== "").join("  "));
  }
  for (const notice of notices) print(styleText("dim", notice));
  for (const problem of problems) print(`${styleText("red", "not loaded:")} ${problem}`);
  if (problems.length === 0) print(styleText("green", "valid"));
}

function countText(actions: number): string {
  return `${actions} ${actions === 1 ? "action" : "actions"}`;
}
