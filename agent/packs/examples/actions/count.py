"""Writes "stderr line 1", "stdout line 2", ... with a pause after each."""

import sys
import time

from st2common.runners.base_action import Action


class Count(Action):
    """Writes output while it runs, and returns a result at its end."""

    def run(self, count, sleep_delay):
        written = {"stdout": 0, "stderr": 0}
        for line in range(1, count + 1):
            name = "stderr" if line % 2 else "stdout"
            print("%s line %d" % (name, line), file=getattr(sys, name))
            written[name] += 1
            time.sleep(sleep_delay)
        return written
