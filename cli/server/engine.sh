#!/bin/sh
# Ctrl-C in a terminal goes to every process there, and an engine that ends at it leaves the agent without a server to tell its
# ends to. The process that started the engine stops it, in its own order: what ignores a signal here goes on doing so behind exec.
trap '' INT HUP
# An engine that outlives a killed server keeps the port. On Linux the kernel ends it with the server, also while the server starts.
if setpriv --pdeathsig KILL true 2>/dev/null; then
  exec setpriv --pdeathsig KILL /bin/sh -c 'test "$PPID" = "$TAILRACE_SERVER_PID" && exec "$TAILRACE_ENGINE" "$@"' sh "$@"
fi
exec "$TAILRACE_ENGINE" "$@"
