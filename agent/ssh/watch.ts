import { SILENCES_MAX } from "./connection.ts";

/**
 * A shell script that outlives the run's other processes. It waits for the order to end, for the connection to close, or for the near
 * side to fall silent. Then it ends every process with the mark, also those that ignore signals. Its arguments: the run's folder, the
 * mark, and the pid of the shell that started it.
 */
export function watch(alive_seconds: number, grace_seconds: number): string {
  return `folder=$1
mark=$2
main=$3
marked() { grep -lsF "$mark" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3; }
send() { for pid in $(marked); do kill -s "$1" "$pid" 2>/dev/null; done; }
finish() {
  : >"$folder/.ending"
  send TERM
  left=${grace_seconds * 5}
  while [ -n "$(marked)" ] && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.2; done
  left=50
  while [ -n "$(marked)" ] && [ "$left" -gt 0 ]; do left=$((left - 1)); send KILL; sleep 0.1; done
  rm -rf "$folder"
  left=20
  while kill -0 "$main" && [ "$left" -gt 0 ]; do left=$((left - 1)); sleep 0.1; done
  kill -s KILL "$main"
  send KILL
  kill -s KILL 0
}
(last=
silences=0
while sleep ${alive_seconds}; do
  now=$(cat "$folder/.alive" 2>/dev/null)
  if [ "$now" = "$last" ]; then silences=$((silences + 1)); else silences=0; fi
  [ "$silences" -gt ${SILENCES_MAX} ] && finish
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
