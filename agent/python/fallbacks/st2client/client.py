"""The part of StackStorm's client that actions use most: its key-value table, over the socket that the run has."""

from st2common.runners import keys
from st2common.runners.job import ask


class Client:
    """A client of the server for which the action runs, wherever it was told to find one."""

    def __init__(self, *_, **__):
        self.keys = Keys()

    def __getattr__(self, name):
        raise AttributeError("st2client's Client.%s needs the real st2client in the pack's virtualenv." % name)

    def get_user_info(self):
        """Who the action runs for."""
        return ask("GET", "/user")


class Keys:
    """The key-value table."""

    def get_all(self, prefix="", limit=None, params=None, **_):
        """The entries whose names begin with a prefix."""
        return keys.find(prefix or "", _scope(params))[: limit or None]

    def get_by_name(self, name, decrypt=False, params=None, **_):
        """The entry of a name, or None."""
        return self.get_by_id(name, decrypt, params)

    def get_by_id(self, id, decrypt=False, params=None, **_):
        """The entry of a name, or None: an entry's id is its name."""
        asked = str((params or {}).get("decrypt", decrypt)).lower()
        return keys.get(id, asked == "true", _scope(params))

    def update(self, instance, **_):
        """Sets an entry."""
        keys.put(instance.name, instance.value, instance.secret, instance.ttl, instance.scope or "system")
        return instance

    create = update

    def delete(self, instance, params=None, **_):
        """Deletes an entry."""
        return keys.remove(instance.name, (params or {}).get("scope") or instance.scope or "system")

    def delete_by_id(self, instance_id, params=None, **_):
        """Deletes the entry of a name."""
        return keys.remove(instance_id, _scope(params))


def _scope(params):
    return (params or {}).get("scope") or "system"
