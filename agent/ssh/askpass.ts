import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Credentials } from "./connection.ts";

/** How often one secret may be asked for: a jump host asks before the host does. */
const ANSWERS = 4;

/** What `ssh` runs to ask for a secret. It reads a line from a pipe that only this run has, and uses builtins alone. */
const PROGRAM = `#!/bin/sh
case $1 in
  *assphrase*) IFS= read -r secret <"\${0%/*}/passphrase" ;;
  *assword*) IFS= read -r secret <"\${0%/*}/password" ;;
  *) exit 1 ;;
esac
printf '%s\\n' "$secret"
`;

/** The environment that makes `ssh` ask, and the end of it. */
export interface Askpass {
  env: Record<string, string>;
  close: () => Promise<void>;
}

/**
 * Answers what `ssh` asks for, without a terminal: each secret waits in a named pipe in the run's private folder, so it is
 * on no command line, in no environment and in no file.
 */
export async function askpass(
  { password, passphrase }: Credentials,
  folder: string,
): Promise<Askpass | undefined> {
  if (password === undefined && passphrase === undefined) return undefined;
  const program = join(folder, "askpass");
  await writeFile(program, PROGRAM, { mode: 0o700 });
  const pipes = [
    // An absent one is an empty answer, which fails, where nothing would be waited for without an end.
    await offer(join(folder, "password"), password ?? ""),
    await offer(join(folder, "passphrase"), passphrase ?? ""),
  ];
  return {
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env.DISPLAY ?? ":0" },
    close: async () => void (await Promise.all(pipes.map((pipe) => pipe.close()))),
  };
}

/** A named pipe with a secret in it, a line for each time that it may be asked for. */
async function offer(path: string, secret: string): Promise<FileHandle> {
  await promisify(execFile)("mkfifo", ["-m", "600", path]);
  // Open for both, so that neither opening nor writing waits for a reader.
  const pipe = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  await pipe.write(`${secret}\n`.repeat(ANSWERS));
  return pipe;
}
