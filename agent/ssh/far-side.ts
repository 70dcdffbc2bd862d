import { randomBytes } from "node:crypto";
import { trimmedEnd } from "../../protocol/base/trim.ts";
import type { LeaseKey } from "../../protocol/wire/agent.ts";
import {
  atTerminal,
  LINE_BYTES_MAX,
  shellLine,
  shellQuote,
  TERMINAL_VARIABLES,
  type TerminalSize,
  terminalWithoutUser,
} from "../process/command.ts";
import { keyText, LOCALE_VARIABLES, MARK, markText, UTF8_LOCALE } from "../process/environment.ts";
import { BEGIN_ESCAPE, BEGIN_TEXT } from "./marks.ts";
import { watch } from "./watch.ts";

/** A run for the far side. */
export interface FarRun {
  /** The run's lease, which marks its folder and its processes there. */
  key: LeaseKey;
  /** Exported before the command. */
  env: Record<string, string>;
  cwd: string;
  /** A line for the user's shell, a script of the archive with its arguments, or a program with its own. */
  command: { cmd: string } | { script: string; args: string[] } | { words: string[] };
  /** The folder in which this run's folder is made, and removed at its end. */
  dir: string;
  /** Bytes of the tar archive that follows the orders; 0 for none. */
  archive_bytes: number;
  sudo: "no" | "without password" | "with password";
  terminal: TerminalSize | undefined;
  /** Seconds between two signs of life of the near side. After four missing ones in a row, the far side ends the run. */
  alive_seconds: number;
  /** How long a process has between TERM and KILL, in seconds. */
  grace_seconds: number;
}

/** A run with its own folder on the far side. */
interface PlacedRun extends FarRun {
  folder: string;
}

/** The messages between the two sides. */
export interface FarSide {
  /** The command line. It has only a random word; everything else comes on stdin. */
  command: string;
  /** The far side's messages, as marks in its output. */
  says: {
    /** It listens for orders. */
    listens: string;
    /** `sudo` asks for the password. */
    asks: string;
    /** It listens for orders under `sudo`. */
    listens_under_sudo: string;
    /** Its exit code is the command's, although ssh's own failures have the same code. */
    own_failure: string;
  };
  /** The orders once it listens, and once it listens under `sudo`; undefined without `sudo`. */
  orders: string;
  orders_under_sudo: string | undefined;
}

/** The near side's messages: a sign of life, and the order to end the run. */
export const ALIVE = "\n";
export const END = "end\n";

/** How long the output of a grandchild is read after the command has ended, unless it falls silent before. */
const RELAY_SECONDS_MAX = 10;

/** A variable's name that every POSIX shell accepts. Any other text could contain code. */
const NAME = /^[A-Za-z_]\w*$/;

/**
 * Prepares a run that our signals do not reach: on a remote host, or under `sudo`. The far side needs a POSIX shell. To end all that
 * it starts, it also needs Linux's `/proc` and `setsid`. Throws if a variable has a name that a shell does not accept.
 */
export function farSide(run: FarRun): FarSide {
  const bad = Object.keys(run.env).find((name) => !NAME.test(name));
  if (bad !== undefined) throw new Error(`env: "${bad}" is not a valid name of a shell variable.`);
  const word = randomBytes(16).toString("hex");
  const says = {
    listens: `${word}L`,
    asks: `${word}P`,
    listens_under_sudo: `${word}S`,
    own_failure: `${word}E`,
  };
  const orders = orderLine(word, script(run, says.own_failure));
  const listener = (mark: string) => listen(word, mark, run.terminal !== undefined);
  const asking = run.sudo === "with password" ? `-S -p ${shellQuote(BEGIN_TEXT + says.asks)}` : "-n";
  const sudo = `exec sudo ${asking} -E -- /bin/sh -c ${shellQuote(listener(says.listens_under_sudo))}`;
  return {
    command: `exec /bin/sh -c '${listener(says.listens)}'`,
    says,
    orders: run.sudo === "no" ? orders : orderLine(word, sudo),
    orders_under_sudo: run.sudo === "no" ? undefined : orders,
  };
}

/** Reports that it listens, and runs the next line that begins with the word. It has no single quote, so any shell can quote it. */
function listen(word: string, mark: string, isTerminal: boolean): string {
  // In its default mode, a terminal would echo the orders and cut a long one.
  const raw = isTerminal ? "stty raw -echo; " : "";
  const read = `while IFS= read -r l; do case $l in ${word}*) break;; esac; done`;
  return `${raw}printf "${BEGIN_ESCAPE}%s" ${mark}; ${read}; eval "$(printf %b "\${l#${word}}")"`;
}

/** A script as one line: a POSIX `read` reads one line byte by byte, and leaves the rest. */
function orderLine(word: string, text: string): string {
  return `${word}${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
}

/** The script of the far side. If the command ends while the run is being ended, it waits until the watcher has ended the rest. */
function script(run: FarRun, own_failure: string): string {
  const { key, cwd, archive_bytes, terminal, alive_seconds, grace_seconds } = run;
  const dir = trimmedEnd(run.dir, "/") || run.dir.slice(0, 1);
  // The random part makes the name unique, also among attempts of the same lease.
  const folder = `${dir}/tailrace-${keyText(key)}-${randomBytes(4).toString("hex")}`;
  const placed: PlacedRun = { ...run, folder };
  const unpack = `head -c ${archive_bytes} | tar -xf - -C "$folder" || { rm -rf "$folder"; exit 1; }`;
  return `
folder=${shellQuote(folder)}
mark=${MARK}=${markText(key)}
command -v setsid >/dev/null || { echo "This host lacks the program setsid (of util-linux)." >&2; exit 1; }
[ -r /proc/self/environ ] || { echo "This host lacks /proc." >&2; exit 1; }
mkdir -p -- ${shellQuote(dir)} && mkdir -m 700 -- "$folder" || exit 1
${archive_bytes > 0 ? unpack : ""}
${writeLine(run)}
exec 3<&0 </dev/null
setsid /bin/sh -c ${shellQuote(watch(alive_seconds, grace_seconds))} tailrace "$folder" "$mark" $$ <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-
trap : HUP INT TERM
unwatch() {
  while [ -e "$folder/.ending" ] && kill -s 0 "$watcher" 2>/dev/null; do sleep 0.1; done
  kill -s KILL -- "-$watcher" 2>/dev/null
  rm -rf "$folder"
}
cd -- ${shellQuote(cwd)} || { unwatch; exit 1; }
${LOCALE}
${terminal ? inForeground(placed, terminal) : inBackground(placed)}
unwatch
[ "$code" = 255 ] && printf '${BEGIN_ESCAPE}%s' ${own_failure} >&4
exit "$code"
`;
}

/** The remote host's locale as one word, which is empty if it names none. */
const NAMED_LOCALE = LOCALE_VARIABLES.map((name) => `$${name}`).join("");

/** Makes text UTF-8 if the remote host names no locale and has one with UTF-8. Without it, some programs would complain. */
const LOCALE = `if [ -z "${NAMED_LOCALE}" ] && [ "$(LC_ALL=${UTF8_LOCALE} locale charmap 2>/dev/null)" = UTF-8 ]; then
  LANG=${UTF8_LOCALE}; export LANG
fi`;

/** The text of a subshell that becomes the command, in a session of its own. Only it has the user's variables and the mark. */
function becomeCommand(run: PlacedRun): string {
  return `${exportLines({ ...run.env, [MARK]: markText(run.key) })}
exec setsid ${commandWords(run)}`;
}

function exportLines(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}=${shellQuote(value)}`)
    .join("; ");
}

function commandWords({ command, sudo, folder }: PlacedRun): string {
  if ("words" in command) return shellLine(command.words);
  if ("script" in command) return `"$folder"/${shellLine([command.script, ...command.args])}`;
  const shell = sudo === "no" ? `"\${SHELL:-/bin/sh}"` : '"$(command -v bash || echo /bin/sh)"';
  const line = isLong(command.cmd) ? `. ${shellQuote(`${folder}/.line`)}` : command.cmd;
  return `${shell} -c ${shellQuote(line)}`;
}

/** Writes a line that is too long for an argument into the run's folder, where the user's shell reads it. */
function writeLine({ command }: FarRun): string {
  if (!("cmd" in command) || !isLong(command.cmd)) return "";
  return `printf '%s\\n' ${shellQuote(command.cmd)} >"$folder/.line" || { rm -rf "$folder"; exit 1; }`;
}

function isLong(line: string): boolean {
  return Buffer.byteLength(line) > LINE_BYTES_MAX;
}

/** Runs the command in the connection's terminal, where no user types. */
function inForeground(run: PlacedRun, { columns, rows }: TerminalSize): string {
  return `stty sane -echo cols ${columns} rows ${rows} <&1
${terminalWithoutUser}
${exportLines(TERMINAL_VARIABLES)}
${atTerminal(becomeCommand(run))}
code=$?`;
}

/**
 * Runs the command in a session of its own. Its output passes through relays: otherwise a grandchild that outlives the command would
 * keep the connection open. A relay that waits for the connection does not count as silent.
 */
function inBackground(run: PlacedRun): string {
  return `mkfifo "$folder/.out" "$folder/.err" || { unwatch; exit 1; }
cat "$folder/.out" &
out=$!
cat "$folder/.err" >&2 &
err=$!
exec 4>&2 >/dev/null 2>&1
(${becomeCommand(run)}) >"$folder/.out" 2>"$folder/.err" 4>&-
code=$?
if grep -qsF "$mark" /proc/[0-9]*/environ; then
  (last=
  left=${RELAY_SECONDS_MAX}
  while [ "$left" -gt 0 ] && sleep 1; do
    case $(cat "/proc/$out/wchan" "/proc/$err/wchan") in *write*) continue;; esac
    left=$((left - 1))
    now=$(cat "/proc/$out/io" "/proc/$err/io")
    [ "$now" = "$last" ] && break
    last=$now
  done
  kill "$out" "$err") </dev/null 4>&- &
fi
wait "$out" "$err"`;
}
