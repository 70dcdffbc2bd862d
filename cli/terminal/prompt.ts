import { text } from "node:stream/consumers";
import { CliError } from "../base/errors.ts";

/** Where a password comes from. */
export interface PasswordFlags {
  passwordStdin?: boolean;
}

/** A password from stdin where that was asked for, else from the terminal, unseen. It never stands on a command line. */
export async function readPassword(question: string, { passwordStdin }: PasswordFlags): Promise<string> {
  if (passwordStdin) return (await text(process.stdin)).replace(/\r?\n$/, "");
  if (!process.stdin.isTTY) {
    throw new CliError("There is no terminal to ask for the password: give it by --password-stdin.", 2);
  }
  return readUnseen(question);
}

/** A new password, asked for twice at a terminal, as nobody sees what they type. */
export async function readNewPassword(question: string, flags: PasswordFlags): Promise<string> {
  const password = await readPassword(question, flags);
  if (!flags.passwordStdin && (await readUnseen("Again: ")) !== password)
    throw new CliError("The two are not the same.", 2);
  return password;
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const BACKSPACES = ["\u007f", "\b"];

/** Reads a line from the terminal key by key, so that it shows none of them. */
export function readUnseen(question: string): Promise<string> {
  const { stdin, stderr } = process;
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (finish: () => void) => {
      stdin.off("data", read);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      finish();
    };
    const read = (keys: string) => {
      for (const key of keys) {
        if (key === CTRL_C) return end(() => reject(new CliError("Nothing was done.", 130)));
        if (key === "\r" || key === "\n" || key === CTRL_D) return end(() => resolve(typed.join("")));
        typed = BACKSPACES.includes(key) ? typed.slice(0, -1) : [...typed, key];
      }
    };
    // Whoever sees the question may type, so nothing is shown from before it.
    stdin.setRawMode(true);
    stdin.setEncoding("utf8").resume().on("data", read);
    stderr.write(question);
  });
}
