#!/bin/sh
# Ctrl-C in a terminal goes to every process there, and an engine that ends at it leaves the agent without a server to tell its
# ends to. The process that started the engine stops it, in its own order: what ignores a signal here goes on doing so behind exec.
trap '' INT HUP
exec "$TAILRACE_ENGINE" "$@"
