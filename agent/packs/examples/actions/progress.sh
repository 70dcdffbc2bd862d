#!/bin/sh
# Draws a bar that fills: STEPS, with SECONDS between them.
steps="$1"
width=40
step=0
while [ "$step" -le "$steps" ]; do
  filled=$((step * width / steps))
  bar=$(printf "%${filled}s" '' | tr ' ' '#')
  printf '\r\033[36m[%-*s]\033[0m %3d%%' "$width" "$bar" $((step * 100 / steps))
  step=$((step + 1))
  [ "$step" -le "$steps" ] && sleep "$2"
done
printf '\n'
if [ -t 1 ]; then
  printf '\033[32mdone, in a terminal\033[0m\n'
else
  echo "done, in a pipe"
fi
