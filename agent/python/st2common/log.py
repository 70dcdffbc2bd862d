"""Python's loggers under the name that packs import them by."""

import logging
from logging import *  # noqa: F401,F403

AUDIT = 25


def getLogger(name):
    """The logger of a name."""
    return logging.getLogger(name)
