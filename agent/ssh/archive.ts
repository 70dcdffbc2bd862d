import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/** Bytes of a script and its libraries, packed. */
const ARCHIVE_BYTES_MAX = 64 * 1024 * 1024;

/** A script and the `lib` folder beside it as a tar archive, and the script's name in it. */
export async function archiveOf(script: string): Promise<{ name: string; archive: Buffer }> {
  if (!existsSync(script)) throw new Error(`The script is not on the agent's host: ${script}`);
  const folder = dirname(script);
  const name = basename(script);
  const libs = existsSync(join(folder, "lib")) ? ["lib"] : [];
  const { stdout } = await promisify(execFile)(
    "tar",
    ["--create", "--file=-", "--mode=u+rwX,a+x", `--directory=${folder}`, "--", name, ...libs],
    { encoding: "buffer", maxBuffer: ARCHIVE_BYTES_MAX },
  );
  return { name, archive: stdout };
}
