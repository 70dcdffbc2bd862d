"""Exceptions that packs raise about actions."""

from st2common.exceptions import StackStormBaseException


class ParameterRenderingFailedException(StackStormBaseException):
    """A template in a parameter could not be rendered."""


class InvalidActionReferencedException(StackStormBaseException):
    """The action does not exist."""


class InvalidActionParameterException(StackStormBaseException):
    """The action cannot use the value of a parameter."""
