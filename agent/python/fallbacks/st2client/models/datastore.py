"""An entry of the key-value table, under the name that older packs import it by."""

from st2common.runners.keys import KeyValuePair

__all__ = ["KeyValuePair"]
