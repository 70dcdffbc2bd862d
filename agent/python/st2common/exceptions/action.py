"""Exceptions that packs raise."""


class StackStormActionException(Exception):
    """Base of the exceptions of actions."""


class InvalidActionReferencedException(StackStormActionException):
    """There is no such action."""


class InvalidActionParameterException(StackStormActionException):
    """A parameter is not what the action can work with."""
