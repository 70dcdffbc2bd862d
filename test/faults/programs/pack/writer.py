"""What writer.sh does, as a Python action."""

import os
import signal
import time

from st2common.runners.base_action import Action

UNITS = {"ascii": b"x", "utf8": "\u00e9".encode(), "binary": b"\xff\xfe"}


class Writer(Action):
    """Writes lines that say whose they are, and notes each before and after it is written."""

    def run(self, token, lines, every_ms, burst, width, salt, padding, exit, term, child, shows_secret, secret):
        me = os.environ["ST2_ACTION_EXECUTION_ID"]
        name = "%s.%d.%.6f" % (me, os.getpid(), time.time())
        journal = os.open(os.path.join("@JOURNALS@", name), os.O_WRONLY | os.O_APPEND | os.O_CREAT)

        def note(text):
            os.write(journal, (text + "\n").encode())

        note("start %d %.6f" % (os.getpid(), time.time()))
        if term == "ignore":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for line in range(1, lines + 1):
            units = (line * 37 + salt) % (width + 1)
            total = (line * 7919 + units * 31 + salt) % 65521
            shown = " " + secret if secret and line % 4 == 1 else ""
            text = ("%s %d " % (me, line)).encode() + UNITS[padding] * units + ("%s %d\n" % (shown, total)).encode()
            note("a %d" % line)
            descriptor = 2 if line % 3 == 0 else 1
            while text:
                text = text[os.write(descriptor, text):]
            note("w %d" % line)
            if every_ms and line % burst == 0 and line < lines:
                time.sleep(every_ms / 1000)
        note("end 0 %.6f" % time.time())
        return (exit == 0, {"lines": lines})
