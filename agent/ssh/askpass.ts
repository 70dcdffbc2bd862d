import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Credentials } from "./connection.ts";

/** How often `ssh` may ask for one secret: a jump host asks too. */
const ANSWERS = 4;

/** The program that `ssh` runs to ask for a secret. It reads a line from this run's own pipe, and uses only shell builtins. */
const PROGRAM = `#!/bin/sh
case $1 in
  *assphrase*) IFS= read -r secret <"\${0%/*}/passphrase" ;;
  *assword*) IFS= read -r secret <"\${0%/*}/password" ;;
  *) exit 1 ;;
esac
printf '%s\\n' "$secret"
`;

/** The environment that makes `ssh` run the program, and a function that closes its pipes. */
export interface Askpass {
  env: Record<string, string>;
  close: () => Promise<void>;
}

/**
 * Answers the questions of `ssh` without a terminal. Each secret waits in a named pipe in the run's private folder, so it is on no
 * command line, in no environment and in no file.
 */
export async function askpass(
  { password, passphrase }: Credentials,
  folder: string,
): Promise<Askpass | undefined> {
  if (password === undefined && passphrase === undefined) return undefined;
  const program = join(folder, "askpass");
  await writeFile(program, PROGRAM, { mode: 0o700 });
  const pipes = [
    // A missing secret is an empty answer, which fails. Without an answer, `ssh` would wait forever.
    await offer(join(folder, "password"), password ?? ""),
    await offer(join(folder, "passphrase"), passphrase ?? ""),
  ];
  return {
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: "force", DISPLAY: process.env.DISPLAY ?? ":0" },
    close: async () => void (await Promise.all(pipes.map((pipe) => pipe.close()))),
  };
}

/** A named pipe with a secret in it: one line for each time that `ssh` may ask. */
async function offer(path: string, secret: string): Promise<FileHandle> {
  await promisify(execFile)("mkfifo", ["-m", "600", path]);
  // Opened for reading and writing, so that neither opening nor writing waits for a reader.
  const pipe = await open(path, constants.O_RDWR | constants.O_NONBLOCK);
  await pipe.write(`${secret}\n`.repeat(ANSWERS));
  return pipe;
}
