#!/bin/sh
# Ctrl-C in a terminal goes to every process there. The agent has to report the ends of its executions, so the engine must outlive
# it: the engine ignores these signals, also after exec, and the process that started it stops it last.
trap '' INT HUP
# An engine that outlives a killed server keeps the port. On Linux the kernel ends it with the server, also while the server starts.
if setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig KILL /bin/sh -c 'test "$PPID" = "$TAILRACE_SERVER_PID" && exec "$TAILRACE_ENGINE" "$@"' sh "$@"
fi
exec "$TAILRACE_ENGINE" "$@"
