import { randomBytes } from "node:crypto";
import { shellLine, shellQuote, type TerminalSize } from "../process/command.ts";
import { MARK } from "../process/environment.ts";

/** What is to be done on the far host. */
export interface FarRun {
  execution_id: string;
  /** Exported before the command. */
  env: Record<string, string>;
  cwd: string;
  /** A line for the user's shell, or a script of the archive with its arguments. */
  command: { cmd: string } | { script: string; args: string[] };
  /** Where a folder of this run is made, and removed at its end. */
  dir: string;
  /** Bytes of the tar archive that follows the orders; 0 for none. */
  archive_bytes: number;
  sudo: boolean;
  terminal: TerminalSize | undefined;
  /** How often the near side says that it is there, in seconds; after three silences the far side ends the run. */
  alive_seconds: number;
  /** How long a process has between being asked to end and being ended, in seconds. */
  grace_seconds: number;
}

/** How the two sides talk, before and while the command runs. */
export interface FarSide {
  /** The command line for `ssh`: it holds nothing but a random word, and reads everything else from its stdin. */
  command: string;
  /** What the far side prints when it listens. Everything before it is the login shell's. */
  ready: string;
  /** What is to be sent once it listens; `sudo_password` goes between the two. */
  orders: { outer: string; inner: string };
  /** What the far side writes before it exits with the code that ssh has for its own failures. */
  own_failure: string;
  /** Ends the run: the far side ends every process of it, and only then goes. */
  end: string;
}

/** What the near side says to be known to be there. */
export const ALIVE = "\n";

/** Prepares a run on a far host that has a POSIX shell, and for the ending of what it starts Linux's `/proc` and `setsid`. */
export function farSide(run: FarRun): FarSide {
  const word = randomBytes(16).toString("hex");
  const raw = run.terminal ? "stty raw -echo; " : "";
  const listen = `while IFS= read -r l; do case $l in ${word}*) break;; esac; done; eval "$(printf %b "\${l#${word}}")"`;
  const inner = orders(word, script(run, word));
  const outer = orders(word, `exec sudo -S -p '' -E -- /bin/sh -c ${shellQuote(listen)}`);
  return {
    command: `exec /bin/sh -c '${raw}printf "%s\\n" ${word}; ${listen}'`,
    ready: word,
    own_failure: `\0${word}\n`,
    orders: run.sudo ? { outer, inner } : { outer: "", inner },
    end: "end\n",
  };
}

/** A script as one line, which a POSIX `read` takes byte by byte and no further. */
function orders(word: string, text: string): string {
  return `${word}${text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
}

function script(run: FarRun, word: string): string {
  const { execution_id, cwd, dir, archive_bytes, terminal, alive_seconds, grace_seconds } = run;
  const folder = `${dir.replace(/\/+$/, "")}/tailrace-${execution_id}`;
  const unpack = `head -c ${archive_bytes} | tar -xf - -C "$folder" || { rm -rf "$folder"; exit 1; }`;
  return `
umask 077
folder=${shellQuote(folder)}
mark=${MARK}=${execution_id}
command -v setsid >/dev/null || { echo "This host lacks setsid." >&2; exit 1; }
mkdir -p "$folder" || exit 1
${archive_bytes > 0 ? unpack : ""}
exec 3<&0 </dev/null
setsid /bin/sh -c ${shellQuote(watch(alive_seconds, grace_seconds))} tailrace "$folder" "$mark" $$ <&3 >/dev/null 2>&1 &
watcher=$!
exec 3<&-
trap : HUP INT TERM
unwatch() { kill -s KILL -- "-$watcher" 2>/dev/null; rm -rf "$folder"; }
cd ${shellQuote(cwd)} || { unwatch; exit 1; }
${terminal ? inForeground(run, terminal) : inBackground(run)}
unwatch
[ "$code" = 255 ] && printf '\\000%s\\n' ${word} >&4
exit "$code"
`;
}

/**
 * What outlives everything else of the run: it waits for the order to end, for the connection to close, or for a near
 * side that has fallen silent, and then ends every process that carries the mark, however it treats signals.
 */
function watch(alive_seconds: number, grace_seconds: number): string {
  return `folder=$1
mark=$2
marked() { grep -lsF "$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
send() { for pid in $(marked); do kill -s "$1" "$pid" 2>/dev/null; done; }
main=$3
finish() {
  send TERM
  left=${grace_seconds * 5}
  while [ -n "$(marked)" ] && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.2; done
  left=50
  while [ -n "$(marked)" ] && [ "$left" -gt 0 ]; do left=$((left - 1)); send KILL; sleep 0.1; done
  left=20
  while kill -0 "$main" && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.1; done
  kill -s KILL "$main"
  send KILL
  rm -rf "$folder"
  kill -s KILL 0
}
(last=
while sleep ${alive_seconds * 3}; do
  now=$(cat "$folder/.alive" 2>/dev/null)
  [ "$now" = "$last" ] && finish
  last=$now
done) </dev/null &
count=0
while IFS= read -r word; do
  [ "$word" = end ] && break
  count=$((count + 1))
  echo "$count" >"$folder/.alive"
done
finish`;
}

/** What becomes the command: it alone has the user's variables, and the mark. */
function becomeCommand({ command, sudo, env, execution_id }: FarRun, before: string): string {
  const exports = Object.entries({ ...env, [MARK]: execution_id }).map(
    ([name, value]) => `export ${name}=${shellQuote(value)}`,
  );
  const shell = sudo ? '"$(command -v bash || echo /bin/sh)"' : `"\${SHELL:-/bin/sh}"`;
  const words =
    "cmd" in command
      ? `${shell} -c ${shellQuote(command.cmd)}`
      : `"$folder"/${shellLine([command.script, ...command.args])}`;
  return `(${exports.join("; ")}
exec ${before} ${words})`;
}

/** In the terminal that the connection made: the command has it to itself. What our shell says of its death goes nowhere. */
function inForeground(run: FarRun, { columns, rows }: TerminalSize): string {
  return `stty sane -echo cols ${columns} rows ${rows} <&1
TERM=xterm-256color; export TERM
exec 4>&1 2>/dev/null
${becomeCommand(run, "")} >&4 2>&4 4>&-
code=$?`;
}

/**
 * In a session of its own. Its output passes through relays: a grandchild that outlives the command would otherwise hold
 * the connection open for as long as it lives.
 */
function inBackground(run: FarRun): string {
  return `mkfifo "$folder/.out" "$folder/.err" || { unwatch; exit 1; }
cat "$folder/.out" &
out=$!
cat "$folder/.err" >&2 &
err=$!
exec 4>&2 >/dev/null 2>&1
${becomeCommand(run, "setsid")} >"$folder/.out" 2>"$folder/.err" 4>&-
code=$?
if grep -qsF "$mark" /proc/[0-9]*/environ; then
  (last=
  while sleep 1; do
    now=$(cat "/proc/$out/io" "/proc/$err/io")
    [ "$now" = "$last" ] && break
    last=$now
  done
  kill "$out" "$err") </dev/null 4>&- &
fi
wait "$out" "$err"`;
}
