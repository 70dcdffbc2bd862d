"""Programs that an action runs to their end."""

import shlex
import subprocess

quote_unix = shlex.quote


def run_command(cmd, stdin=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, shell=False, cwd=None, env=None):
    """Runs a command, given as words or as one line. Returns its exit code and the texts of its stdout and stderr."""
    ended = subprocess.run(cmd, stdin=stdin, stdout=stdout, stderr=stderr, shell=shell, cwd=cwd, env=env or None)
    return ended.returncode, (ended.stdout or b"").decode(), (ended.stderr or b"").decode()
