import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { COMMAND_LINE } from "./built-programs.ts";
import { ROOT } from "./world.ts";

/** A command at a terminal of its own. */
export interface AtTerminal {
  /** Everything that it has written to the terminal, with line feeds at line ends. */
  readonly shown: () => string;
  /** Types at the keyboard. */
  type: (text: string) => void;
  /** Sends it a signal. */
  kill: (signal: NodeJS.Signals) => void;
  /** Its exit code. */
  ended: Promise<number | null>;
}

/** Runs the command line at a terminal, as a person does; needs the package `bsdutils`, and `coreutils` for a given width. */
export function atTerminal(args: string[], env: NodeJS.ProcessEnv, columns?: number): AtTerminal {
  const command = [process.execPath, COMMAND_LINE, ...args].map(quoted).join(" ");
  const size = columns === undefined ? "" : `stty cols ${columns}; `;
  const script = spawn(
    "script",
    ["--quiet", "--return", "--command", `${size}exec ${command}`, "/dev/null"],
    {
      cwd: ROOT,
      env: { ...env, SHELL: "/bin/sh", TERM: "xterm-256color" },
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  let written = "";
  script.stdout.setEncoding("utf8").on("data", (text: string) => (written += text));
  return {
    shown: () => written.replaceAll("\r\n", "\n"),
    type: (text) => script.stdin.write(text),
    kill: (signal) => {
      const children = readFileSync(`/proc/${script.pid}/task/${script.pid}/children`, "utf8");
      for (const pid of children.trim().split(" ")) process.kill(Number(pid), signal);
    },
    ended: once(script, "close").then(([code]) => code),
  };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
