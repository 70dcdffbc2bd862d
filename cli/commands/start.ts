import { statSync } from "node:fs";
import { Command } from "commander";
import { CliError } from "../base/errors.ts";
import { replaceProcess } from "../base/replace-process.ts";
import type { KeptPrograms } from "../local/kept-programs.ts";
import type { ServeOptions } from "../local/serve.ts";
import { listenOf } from "../settings/listen.ts";
import { findServerSettings, type ServerPlace, withServerFlags } from "../settings/server-config.ts";
import { variableOf } from "../settings/server-settings.ts";
import { withExamples } from "./options.ts";

/** Node's flags for the server's process, which has little to do: the engine does the work. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size", "--expose-gc"];

/** `tailrace start`: runs a server and one agent on this machine until Ctrl-C. */
export function startCommand(): Command {
  return withServerFlags(
    withExamples(new Command("start").description("run a local server and one agent until Ctrl-C"), [
      "tailrace start",
      "tailrace start --port 8080 --state /var/lib/tailrace --output-ttl-days 30",
      "tailrace start --host 0.0.0.0 --tls-cert server.pem --tls-key server.key",
    ]),
  )
    .addHelpText(
      "after",
      `\nA setting may also be in the environment (${variableOf("port")}) or in tailrace.toml of the state folder (port = 8080).`,
    )
    .action(async (flags: ServerPlace) => {
      const options = serveOptions(flags);
      // Loaded here, because other commands do not need it.
      const { findPrograms } = await import("../local/programs.ts");
      const { programs, kept } = await findPrograms();
      if (kept !== undefined) await become(options, kept);
      // The builds are not kept, or this system cannot replace a program.
      const { serve } = await import("../local/serve.ts");
      await serve(options, programs);
    });
}

/** The settings, checked: the server's program takes them as they are. */
function serveOptions(flags: ServerPlace): ServeOptions {
  const { own, vars } = findServerSettings({ ...flags });
  for (const folder of own.packs) checkFolder(folder);
  const { port, packs, drain_timeout: drainTimeout, log_format } = own;
  const drain = drainTimeout === undefined ? {} : { drainTimeout };
  return { port, listen: listenOf(own), vars, state: flags.state, packs, log_format, ...drain };
}

function checkFolder(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (!found?.isDirectory())
    throw new CliError(
      `--packs ${folder}: ${found ? "it is a file" : "no such folder"}. Give the folder of a pack, or one that has packs.`,
    );
}

/**
 * Replaces this program by the bundled server, in the same process: the command line, and the compiler that strips types from its
 * sources, would take 40 MB for as long as the server runs.
 */
async function become(options: ServeOptions, kept: KeptPrograms): Promise<void> {
  const args = [...NODE_FLAGS, kept.server, JSON.stringify(options), JSON.stringify(kept)];
  await replaceProcess(args, process.env);
}
