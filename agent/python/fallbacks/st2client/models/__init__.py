"""What StackStorm's client tells and is told."""

from st2common.runners.keys import KeyValuePair

__all__ = ["KeyValuePair"]
