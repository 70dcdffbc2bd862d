#!/bin/sh
# Greets: [--loud] NAME TIMES
loud=no
if [ "$1" = "--loud" ]; then
  loud=yes
  shift
fi
turn=0
while [ "$turn" -lt "${2:-1}" ]; do
  if [ "$loud" = yes ]; then
    echo "Hello, $1!" | tr '[:lower:]' '[:upper:]'
  else
    echo "Hello, $1!"
  fi
  turn=$((turn + 1))
done
