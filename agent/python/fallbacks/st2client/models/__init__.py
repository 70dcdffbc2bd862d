"""The models of StackStorm's client."""

from st2common.runners.keys import KeyValuePair

__all__ = ["KeyValuePair"]
