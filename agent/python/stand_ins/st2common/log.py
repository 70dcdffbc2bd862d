"""Python's loggers under StackStorm's names."""

import logging
from logging import *  # noqa: F401,F403

AUDIT = logging.CRITICAL + 10
_PREFIX = "st2."


def getLogger(name):  # noqa: N802
    """The logger with a name, below StackStorm's."""
    return logging.getLogger(name if name.startswith(_PREFIX) else _PREFIX + name)


def _audit(self, message, *args, **kwargs):
    """Logs a message at the audit level, which is above all others."""
    if self.isEnabledFor(AUDIT):
        self._log(AUDIT, message, args, **kwargs)


logging.AUDIT = AUDIT
logging.addLevelName(AUDIT, "AUDIT")
logging.Logger.audit = _audit
