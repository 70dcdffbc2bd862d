"""What an action may ask for while it runs, over the socket that its run alone has."""

import http.client
import json
import os
import socket
import urllib.parse

JOB_SOCKET = "TAILRACE_JOB_SOCKET"
TIMEOUT_SECONDS = 30


class ActionServiceError(RuntimeError):
    """The agent or the server said no; the text says why."""


class KeyValuePair:
    """One entry of the key-value table."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __repr__(self):
        return "<KeyValuePair name=%s>" % self.name


class _JobConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("job", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class ActionService:
    """Values of the key-value table, the user, and secrets that are to be masked in the output."""

    def __init__(self, pack, class_name, user):
        self._prefix = "%s.%s:" % (pack, class_name)
        self._user = user

    def get_user_info(self):
        """Who the action runs for."""
        return self._ask("GET", "/user")

    def list_values(self, local=True, limit=None, prefix=None):
        """Entries whose names begin with a prefix; local ones are the action's own."""
        query = {"prefix": (self._prefix if local else "") + (prefix or "")}
        found = self._ask("GET", "/keys?" + urllib.parse.urlencode(query))
        pairs = [KeyValuePair(key["name"], key["value"]) for key in found]
        return pairs[:limit] if limit else pairs

    def get_value(self, name, local=True, scope="system", decrypt=False):
        """The value of a key, or None where there is no such key."""
        query = urllib.parse.urlencode({"scope": scope, "decrypt": "true" if decrypt else "false"})
        found = self._ask("GET", self._path(name, local) + "?" + query, missing=None)
        return found and found["value"]

    def set_value(self, name, value, ttl=None, local=True, scope="system", encrypt=False):
        """Sets a key; ttl is in seconds. An encrypted value is masked in the output from now on."""
        body = {"value": str(value), "scope": scope, "secret": bool(encrypt)}
        if ttl:
            body["ttl"] = ttl
        self._ask("PUT", self._path(name, local), body)
        return True

    def delete_value(self, name, local=True, scope="system"):
        """Deletes a key; whether there was one."""
        path = self._path(name, local) + "?" + urllib.parse.urlencode({"scope": scope})
        return self._ask("DELETE", path, missing=False) is not False

    def register_secret(self, value):
        """Masks a value in everything that the action writes from now on."""
        self._ask("POST", "/secrets", {"values": [str(value)]})

    def _path(self, name, local):
        return "/keys/" + urllib.parse.quote((self._prefix if local else "") + name, safe="")

    def _ask(self, method, path, body=None, **missing):
        address = os.environ.get(JOB_SOCKET)
        if not address:
            raise ActionServiceError("%s is not set: the action does not run under an agent." % JOB_SOCKET)
        connection = _JobConnection(address)
        try:
            connection.request(method, path, body and json.dumps(body), {"content-type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode("utf-8")
        finally:
            connection.close()
        if response.status == 404 and "missing" in missing:
            return missing["missing"]
        value = json.loads(text) if text else None
        if response.status >= 400:
            raise ActionServiceError((value or {}).get("faultstring", "HTTP %d" % response.status))
        return value
