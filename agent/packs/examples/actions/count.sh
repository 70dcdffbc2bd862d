#!/bin/sh
# Writes "stderr line 1", "stdout line 2", … : --count=N lines, --sleep_delay=S seconds apart.
for argument in "$@"; do
  case "$argument" in
    --count=*) count="${argument#*=}" ;;
    --sleep_delay=*) delay="${argument#*=}" ;;
  esac
done
line=1
while [ "$line" -le "${count:-100}" ]; do
  if [ $((line % 2)) -eq 0 ]; then
    echo "stdout line $line"
  else
    echo "stderr line $line" >&2
  fi
  line=$((line + 1))
  sleep "${delay:-0.5}"
done
