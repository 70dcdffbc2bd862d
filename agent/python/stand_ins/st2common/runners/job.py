"""Requests to the agent over the run's own socket."""

import http.client
import json
import os
import socket

JOB_SOCKET = "TAILRACE_JOB_SOCKET"
TIMEOUT_SECONDS = 60


class ActionServiceError(RuntimeError):
    """The agent or the server refused a request. It has the text and the code of the failure."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.code = code


class _Connection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("job", timeout=TIMEOUT_SECONDS)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def ask(method, path, body=None):
    """Makes a request and returns the answer's value."""
    address = os.environ.get(JOB_SOCKET)
    if not address:
        raise ActionServiceError("%s is not set: the action does not run under an agent." % JOB_SOCKET)
    connection = _Connection(address)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"content-type": "application/json"})
        response = connection.getresponse()
        answered = response.read().decode("utf-8")
    except OSError as error:
        raise ActionServiceError("The agent cannot be asked: %s" % error) from error
    finally:
        connection.close()
    value = json.loads(answered) if answered else None
    if response.status >= 400:
        failure = value or {}
        raise ActionServiceError(failure.get("faultstring", "HTTP %d" % response.status), failure.get("code"))
    return value
