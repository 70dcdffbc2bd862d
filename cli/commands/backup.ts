import { Command } from "commander";
import { withState } from "../settings/server-config.ts";
import { print, printJson } from "../terminal/print.ts";
import { withExamples } from "./options.ts";

interface StateFlags {
  state: string;
  json?: boolean;
}

/** `tailrace backup`: a consistent copy of a local server's state, also while it runs. */
export function backupCommand(): Command {
  return local("backup", "copy the state of a local server, also while it runs; the copy has its secrets", [
    "tailrace backup /backups/monday",
    "tailrace backup /backups/monday --state /var/lib/tailrace",
  ])
    .argument("<folder>", "an empty or new folder")
    .action(async (folder: string, { state, json }: StateFlags) => {
      // Loaded here, because other commands do not need it.
      const { backUpState } = await import("../local/back-up.ts");
      const made = await backUpState(state, folder);
      if (json) return printJson({ folder, ...made });
      const stood = made.paused_ms > 0 ? `; the server stood still for ${made.paused_ms.toFixed(0)} ms` : "";
      print(
        `${folder} has the state ${state}: ${made.files} files, ${(made.bytes / 1e6).toFixed(1)} MB${stood}`,
      );
      print("It has the server's secrets and all output: keep it where only you can read it.");
    });
}

/** `tailrace restore`: a state folder of a backup. */
export function restoreCommand(): Command {
  return local("restore", "make a state folder of a backup", [
    "tailrace restore /backups/monday --state /var/lib/tailrace",
  ])
    .argument("<folder>", "a folder that `tailrace backup` has written")
    .action(async (folder: string, { state, json }: StateFlags) => {
      const { restore } = await import("../server/backup/restore.ts");
      const { made, files } = await restore(folder, state);
      if (json) return printJson({ state, made, files: Object.keys(files).length });
      print(`${state} is as it was at ${made}. Start the server: tailrace start --state ${state}`);
    });
}

function local(name: string, description: string, examples: string[]): Command {
  return withState(withExamples(new Command(name).description(description), examples)).option(
    "-j, --json",
    "print JSON",
  );
}
