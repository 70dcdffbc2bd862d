import { CliError, explanation } from "../base/errors.ts";
import { logServer } from "../base/server-log.ts";
import { type KeptPrograms, readPrograms } from "./kept-programs.ts";
import { type ServeOptions, serve } from "./serve.ts";

/** The local server as a program of its own: `node server.mjs OPTIONS FILES`, both as JSON. */
const [options = "", files = ""] = process.argv.slice(2);
try {
  await serve(JSON.parse(options) as ServeOptions, readPrograms(JSON.parse(files) as KeptPrograms));
} catch (error) {
  process.exitCode = error instanceof CliError ? error.exit_code : 1;
  logServer("error", explanation(error));
}
process.exit();
