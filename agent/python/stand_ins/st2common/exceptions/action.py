"""Exceptions that packs raise about actions."""

from st2common.exceptions import StackStormBaseException


class ParameterRenderingFailedException(StackStormBaseException):
    """A template in a parameter could not be rendered."""


class InvalidActionReferencedException(StackStormBaseException):
    """There is no such action."""


class InvalidActionParameterException(StackStormBaseException):
    """A parameter is not what the action can work with."""
