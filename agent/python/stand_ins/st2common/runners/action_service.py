"""The service object of a running action."""

from st2common.runners import keys
from st2common.runners.job import ask

_SYSTEM = "system"
_SCOPES = ("system", "user", "st2kv.system", "st2kv.user")


class ActionService:
    """Gives access to the key-value table and the user, and masks secrets in the output."""

    def __init__(self, pack, class_name):
        self._prefix = "%s.%s:" % (pack, class_name)

    def get_user_info(self):
        """The user for whom the action runs."""
        return ask("GET", "/user")

    def list_values(self, local=True, prefix=None, limit=None, offset=0, scope=_SYSTEM):
        """Entries whose names begin with a prefix; local ones are the action's own."""
        found = keys.find(self._name(prefix or "", local), _scope(scope))[offset or 0 :]
        return found[: limit or None]

    def get_value(self, name, local=True, scope=_SYSTEM, decrypt=False):
        """The value of a key, or None if the key does not exist."""
        pair = keys.get(self._name(name, local), decrypt, _scope(scope))
        return pair and pair.value

    def set_value(self, name, value, ttl=None, local=True, scope=_SYSTEM, encrypt=False):
        """Sets a key; ttl is in seconds. An encrypted value is masked in the output from now on."""
        keys.put(self._name(name, local), value, encrypt, ttl, _scope(scope))
        return True

    def delete_value(self, name, local=True, scope=_SYSTEM):
        """Deletes a key. Returns whether it existed."""
        return keys.remove(self._name(name, local), _scope(scope))

    def register_secret(self, value):
        """Masks a value in everything that the action writes from now on."""
        ask("POST", "/secrets", {"values": [str(value)]})

    def _name(self, name, local):
        return (self._prefix if local else "") + name


def _scope(scope):
    """The given scope, or `system`."""
    if scope is not None and scope not in _SCOPES:
        raise ValueError("Scope %s is unsupported." % scope)
    return scope or _SYSTEM
