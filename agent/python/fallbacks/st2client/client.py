"""The part of StackStorm's client that actions use most: the key-value table, over the run's socket."""

from st2common.runners import keys
from st2common.runners.job import ask


class Client:
    """A client of the action's server. It ignores the addresses that it is given."""

    def __init__(self, *_, **__):
        self.keys = Keys()

    def __getattr__(self, name):
        raise AttributeError("st2client's Client.%s needs the real st2client in the pack's virtualenv." % name)

    def get_user_info(self):
        """The user for whom the action runs."""
        return ask("GET", "/user")


class Keys:
    """The key-value table."""

    def get_all(self, prefix="", limit=None, params=None, **_):
        """The entries whose names begin with a prefix."""
        return keys.find(prefix or "", _scope(params))[: limit or None]

    def get_by_name(self, name, decrypt=False, params=None, **_):
        """The entry with a name, or None."""
        return self.get_by_id(name, decrypt, params)

    def get_by_id(self, id, decrypt=False, params=None, **_):
        """The entry with an id, which is its name, or None."""
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
        """Deletes the entry with a name."""
        return keys.remove(instance_id, _scope(params))


def _scope(params):
    return (params or {}).get("scope") or "system"
