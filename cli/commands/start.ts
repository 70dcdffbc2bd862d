import { Command } from "commander";
import { replaceProcess } from "../base/replace-process.ts";
import type { KeptPrograms } from "../local/kept-programs.ts";
import type { ServeOptions } from "../local/serve.ts";
import { portNumber, repeatable, wholeNumber, withExamples } from "./options.ts";

/** Node's flags for the server's process, which has little to do: the engine does the work. */
const NODE_FLAGS = ["--max-semi-space-size=1", "--optimize-for-size", "--expose-gc"];

/** `tailrace start`: runs a server and one agent on this machine until Ctrl-C. */
export function startCommand(): Command {
  return withExamples(new Command("start").description("run a local server and one agent until Ctrl-C"), [
    "npm start",
    "npm start -- --port 8080 --state /var/lib/tailrace",
  ])
    .option("--port <number>", "the port on 127.0.0.1; 0 takes a free one", portNumber, 7171)
    .option("--state <dir>", "the folder for all stored data", ".tailrace")
    .addOption(repeatable("--packs <dir>", "a pack in StackStorm's layout, or a folder of packs; repeatable"))
    .option(
      "--drain-timeout <seconds>",
      "after Ctrl-C, end runs that take longer (default: wait for them)",
      wholeNumber,
    )
    .action(async (options: ServeOptions) => {
      // Loaded here, because other commands do not need it.
      const { findPrograms } = await import("../local/programs.ts");
      const { programs, kept } = await findPrograms();
      if (kept !== undefined) await become(options, kept);
      // The builds are not kept, or this system cannot replace a program.
      const { serve } = await import("../local/serve.ts");
      await serve(options, programs);
    });
}

/**
 * Replaces this program by the bundled server, in the same process: the command line, and the compiler that strips types from its
 * sources, would take 40 MB for as long as the server runs.
 */
async function become(options: ServeOptions, kept: KeptPrograms): Promise<void> {
  const args = [...NODE_FLAGS, kept.server, JSON.stringify(options), JSON.stringify(kept)];
  await replaceProcess(args, process.env);
}
