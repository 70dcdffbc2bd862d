"""Exceptions that packs raise."""


class StackStormBaseException(Exception):
    """Base of all."""
