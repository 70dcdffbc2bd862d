"""The base class under the name that older packs import it by."""

from st2common.runners.base_action import Action

__all__ = ["Action"]
