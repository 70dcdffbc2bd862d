"""The key-value table, by the full names of its keys."""

import urllib.parse

from st2common.runners.job import ActionServiceError, ask


class KeyValuePair:
    """One entry of the table."""

    def __init__(self, name=None, value=None, id=None, scope="system", user=None, secret=False, ttl=None, **_):
        self.name = name or id
        self.value = value
        self.scope = scope
        self.user = user
        self.secret = secret
        self.ttl = ttl

    @property
    def id(self):
        """An entry's id is its name."""
        return self.name

    @id.setter
    def id(self, name):
        self.name = name

    def __repr__(self):
        return "<KeyValuePair name=%s,value=%s>" % (self.name, self.value)


def get(name, decrypt=False, scope="system"):
    """The entry with a name, or None. A secret value is masked unless `decrypt` is true."""
    try:
        return KeyValuePair(**ask("GET", _path(name, scope=scope, decrypt="true" if decrypt else "false")))
    except ActionServiceError as error:
        if error.code != "key_not_found":
            raise
        return None


def find(prefix, scope="system"):
    """The entries whose names begin with a prefix. Secret values are masked."""
    query = urllib.parse.urlencode({"prefix": prefix, "scope": scope})
    return [KeyValuePair(**key) for key in ask("GET", "/keys?" + query)]


def put(name, value, secret=False, ttl=None, scope="system"):
    """Sets an entry; ttl is in seconds. A secret value is masked in the output from now on."""
    body = {"value": str(value), "secret": bool(secret)}
    if ttl:
        body["ttl"] = ttl
    ask("PUT", _path(name, scope=scope), body)


def remove(name, scope="system"):
    """Deletes an entry. Returns whether it existed."""
    try:
        ask("DELETE", _path(name, scope=scope))
    except ActionServiceError as error:
        if error.code != "key_not_found":
            raise
        return False
    return True


def _path(name, **query):
    return "/keys/%s?%s" % (urllib.parse.quote(name, safe=""), urllib.parse.urlencode(query))
