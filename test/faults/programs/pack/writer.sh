#!/bin/bash
# Writes lines that say whose they are, as programs/lines.ts has them, and notes each before and after it is written. It starts
# no process for a line, so that many of these can run on a small machine.
export LC_ALL=C
child=false
for argument in "$@"; do
  case "$argument" in
    --*=*) declare "${argument:2}" ;;
    --child) child=true ;;
  esac
done
id=$ST2_ACTION_EXECUTION_ID
exec 8<> <(:) 9>>"@JOURNALS@/$id.$$.$EPOCHREALTIME"
echo "start $$ $EPOCHREALTIME" >&9
case "$term" in
  ignore) trap '' TERM ;;
  note) trap 'echo "signal TERM" >&9; exit 143' TERM ;;
esac
case "$padding" in
  ascii) unit=x ;;
  utf8) unit=$'\xc3\xa9' ;;
  binary) unit=$'\xff\xfe' ;;
esac
printf -v pad "%*s" "$width" ""
pad=${pad// /$unit}
printf -v pause "%d.%03d" $((every_ms / 1000)) $((every_ms % 1000))
if $child; then
  sleep 300 >/dev/null 2>&1 8>&- 9>&- &
  left=$!
  # The shell would say on stderr that a job of its was killed.
  disown "$left"
fi
for ((line = 1; line <= lines; line++)); do
  units=$(((line * 37 + salt) % (width + 1)))
  sum=$(((line * 7919 + units * 31 + salt) % 65521))
  shown=""
  if [[ -n $SECRET ]] && ((line % 4 == 1)); then shown=" $SECRET"; fi
  echo "a $line" >&9
  if ((line % 3 == 0)); then
    printf "%s %d %s%s %d\n" "$id" "$line" "${pad:0:units * ${#unit}}" "$shown" "$sum" >&2
  else
    # The shell would say on stderr that a write of it was broken off by a signal.
    printf "%s %d %s%s %d\n" "$id" "$line" "${pad:0:units * ${#unit}}" "$shown" "$sum" 2>/dev/null
  fi
  echo "w $line" >&9
  if ((every_ms > 0 && line % burst == 0 && line < lines)); then read -r -t "$pause" -u 8; fi
done
echo "end $exit $EPOCHREALTIME" >&9
# It has what its parent has told the shell to do about TERM.
if $child; then kill -KILL "$left"; fi
exit "$exit"
