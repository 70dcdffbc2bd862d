import { Command } from "commander";
import { CliError } from "../base/errors.ts";
import { print, printJson } from "../terminal/print.ts";
import { groupCommand, withExamples } from "./options.ts";

interface RebuildFlags {
  state: string;
  force?: boolean;
  json?: boolean;
}

/** `tailrace index …`: the index of a local server. */
export function indexCommand(): Command {
  const rebuild = withExamples(
    new Command("rebuild").description(
      "make the index's lists of executions again from the executions, after its database was lost or restored from an older copy",
    ),
    ["tailrace index rebuild", "tailrace index rebuild --state /var/lib/tailrace"],
  )
    .option("--state <dir>", "the state folder of a running server", ".tailrace")
    .option("--force", "write every row again, also those that seem right")
    .option("-j, --json", "print JSON")
    .action(rebuildAll);
  return groupCommand("index", "mend the index of a local server", ["tailrace index rebuild"]).addCommand(
    rebuild,
  );
}

async function rebuildAll({ state, force = false, json }: RebuildFlags): Promise<void> {
  // Loaded here, because other commands do not need it.
  const { rebuildOf } = await import("../local/rebuild-index.ts");
  const { executions, written, removed, failed } = await rebuildOf(state, force);
  if (json) printJson({ executions, written, removed, failed });
  else if (written + removed + failed.length === 0)
    print(
      `The index has all ${executions} executions, as they are: nothing was changed. --force writes every row again.`,
    );
  else {
    print(`The index has ${executions} executions: ${written} rows were written, ${removed} removed.`);
    print(
      "Users, roles, API keys, the key-value table, links and the audit log are in the index alone. If it has lost them, make them again: docs/operate.md, A lost index.",
    );
  }
  const [first] = failed;
  if (first)
    throw new CliError(
      `${failed.length} objects did not answer, the first one (${first.object}) with: ${first.text}. Try again; the server's log says more.`,
    );
}
