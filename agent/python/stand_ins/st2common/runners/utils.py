"""A logger for actions that writes to stderr, and the pack's configuration."""

import logging

from st2common import log

_FORMAT = "%(name)-12s: %(levelname)-8s %(message)s"
_run = {"pack": "unknown", "log_level": "DEBUG"}


def set_run(pack, log_level):
    """Sets the pack whose action runs, and the lowest level of the messages that it logs."""
    _run.update(pack=pack, log_level=log_level)


def get_logger_for_python_runner_action(action_name, log_level=None):
    """The logger of an action's class. Loggers of libraries are not changed."""
    logger = log.getLogger("actions.python." + action_name)
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
        logger.setLevel((log_level or _run["log_level"]).upper())
    return logger


class MissingConfigError(KeyError, ValueError):
    """The configuration lacks a key. StackStorm raises a ValueError here; code that uses a dict expects a KeyError."""

    def __str__(self):
        return self.args[0]


class PackConfigDict(dict):
    """A pack's configuration. A missing key raises an error that names it."""

    def __missing__(self, key):
        pack = _run["pack"]
        raise MissingConfigError(
            'The configuration of the pack "%s" has no key "%s": set it in configs/%s.yaml.' % (pack, key, pack)
        )
