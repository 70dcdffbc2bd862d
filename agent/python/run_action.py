"""
Runs one Python action of a pack: reads what to run on descriptor 3, and answers on descriptor 4.

The syntax is as old as any Python that a host may have, so that one which is too old can say so.
"""

import json
import os
import sys
import traceback

REQUEST_FD = 3
ANSWER_FD = 4

# A high number, because some actions close all descriptors up to some bound.
ANSWER_FD_MIN = 1000

OLDEST = (3, 8)

# Characters that are kept of an error that is too long for an answer.
ERROR_CHARS_MAX = 1000

# StackStorm's exit code of an action that returns a status which is not a bool.
STATUS_INVALID = 220

HERE = os.path.dirname(os.path.abspath(__file__))
STAND_INS = os.path.join(HERE, "stand_ins")
FALLBACKS = os.path.join(HERE, "fallbacks")


class Answer(object):
    """The answer to the agent: one document, in a frame with a secret key, so that no other output can forge it."""

    def __init__(self, descriptor, request):
        self._descriptor = descriptor
        self._key = request["answer_key"]
        self._bytes_max = request["answer_bytes_max"]
        self._pid = os.getpid()

    def tell(self, document):
        """Writes the document. Does nothing in a process that the action has forked."""
        if os.getpid() != self._pid:
            return
        text = encoded(document)
        if len(text) > self._bytes_max:
            text = shortened(document, self._bytes_max)
        frame = ("\n%s " % self._key).encode("ascii") + text + b"\n"
        while frame:
            frame = frame[os.write(self._descriptor, frame) :]

    def fail(self, error):
        """Answers why the action could not be run, and writes it to stderr too. Returns the exit code."""
        sys.stderr.write(error + "\n")
        self.tell({"error": error})
        return 1


def shortened(document, bytes_max):
    """
    A shortened document, as bytes: the beginning of its value's JSON, and the JSON's size. The agent masks the beginning, and says in
    the result that the rest is missing.
    """
    if "error" in document:
        return encoded({"error": document["error"][:ERROR_CHARS_MAX]})
    value = encoded(document["result"])
    beginning = value.decode("utf-8")[:bytes_max]
    while True:
        text = encoded({"beginning": beginning, "bytes": len(value), "status": document["status"]})
        if len(text) <= bytes_max:
            return text
        beginning = beginning[: len(beginning) // 2]


def encoded(document):
    """JSON as bytes: in UTF-8, or in ASCII if the text is not valid Unicode."""
    try:
        return json.dumps(document, ensure_ascii=False).encode("utf-8")
    except UnicodeError:
        return json.dumps(document).encode("ascii")


def read_request():
    """The agent's request."""
    with os.fdopen(REQUEST_FD, "rb") as request:
        return json.loads(request.read().decode("utf-8"))


def keep_answer_fd():
    """Moves the answer's descriptor to a high number. Programs that the action starts do not inherit it."""
    import fcntl
    import resource

    open_max = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    lowest = ANSWER_FD_MIN if open_max == resource.RLIM_INFINITY else min(ANSWER_FD_MIN, open_max - 1)
    kept = fcntl.fcntl(ANSWER_FD, fcntl.F_DUPFD_CLOEXEC, lowest)
    os.close(ANSWER_FD)
    return kept


def set_path(script, pack_dir, shared):
    """
    Sets where an action finds modules: first in its libraries, then in its own environment, then in the shared one, and last
    beside itself, so that an action called `select` does not hide the module of that name.
    """
    import site

    if shared is not None:
        # Of another version of Python, the folder is not there: modules that are compiled would not load.
        version = "python%d.%d" % sys.version_info[:2]
        site.addsitedir(os.path.join(shared, "lib", version, "site-packages"))
    beside = os.path.dirname(script)
    libraries = [os.path.join(pack_dir, "actions", "lib"), os.path.join(beside, "lib"), os.path.join(pack_dir, "lib")]
    others = [path for path in sys.path if os.path.abspath(path) != HERE]
    sys.path[:] = list(dict.fromkeys(libraries)) + [STAND_INS] + others + [FALLBACKS]
    return beside


def load_module(script, beside):
    """The action's file as a module; None if it is not a Python file."""
    import importlib.util

    name = os.path.splitext(os.path.basename(script))[0].replace(".", "_")
    # With the name of an existing module, other code that imports that module would get the action.
    if name in sys.modules or importlib.util.find_spec(name) is not None:
        name = "action_" + name
    sys.path.append(beside)
    spec = importlib.util.spec_from_file_location(name, script)
    if spec is None or not os.path.isfile(script):
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def find_class(module):
    """The class to run: the first by name of the file's own classes with a `run` (StackStorm's rule)."""
    import inspect
    from st2common.runners.base_action import Action

    def is_runnable(value):
        run = getattr(value, "run", None)
        return inspect.isfunction(run) and not getattr(run, "__isabstractmethod__", False)

    members = [value for _, value in sorted(vars(module).items()) if inspect.isclass(value)]
    own = [value for value in members if value.__module__ == module.__name__ and is_runnable(value)]
    actions = [value for value in own if issubclass(value, Action)]
    return (actions or own or [None])[0]


def make(action_class, config, service):
    """An instance. Older classes do not take `action_service`, and get it afterwards."""
    try:
        action = action_class(config=config, action_service=service)
    except TypeError as error:
        if "unexpected keyword argument 'action_service'" not in str(error):
            raise
        action = action_class(config=config)
    if getattr(action, "action_service", None) is None:
        action.action_service = service
    return action


def plain(value, depth_max):
    """
    A result as JSON. A value that JSON does not have becomes its text (StackStorm's rule), and so does a value that is nested too
    deep for the agent and the server.
    """
    try:
        text = json.dumps(value)
        read = json.loads(text)
        return text if is_deeper(read, depth_max) else finite(read)
    except (TypeError, ValueError, RecursionError):
        return text_of(value)


def is_deeper(value, depth_max):
    """Whether lists and objects are nested deeper than this. Goes level by level, because Python's calls may not be nested as deep."""
    level = [value]
    for _ in range(depth_max):
        level = [item for item in level if isinstance(item, (dict, list))]
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]
    return any(isinstance(item, (dict, list)) for item in level)


def text_of(value):
    """A value as Python prints it."""
    try:
        return str(value)
    except RecursionError:
        return "<%s that is nested too deep>" % type(value).__name__


def finite(value):
    """The value with `nan` and `inf`, which JSON does not have, as text. Other numbers keep their digits."""
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value if not isinstance(value, float) or abs(value) < float("inf") else str(value)


def run_action(request, answer):
    """Runs the action and answers with its result. Returns the exit code."""
    script = request["script"]
    beside = set_path(script, request["pack_dir"], request["shared"])

    from st2common.runners import utils
    from st2common.runners.action_service import ActionService

    utils.set_run(request["pack"], request["log_level"])
    module = load_module(script, beside)
    action_class = module and find_class(module)
    if not action_class:
        return answer.fail("File \"%s\" has no action class or the file doesn't exist." % script)
    service = ActionService(request["pack"], action_class.__name__)
    result = make(action_class, request["config"], service).run(**request["parameters"])
    status = None
    if isinstance(result, tuple) and len(result) == 2:
        status, result = result
        if status is not None and not isinstance(status, bool):
            answer.fail(
                "The action returned a tuple of two: the first item is its status, True or False, and not %r." % (status,)
            )
            return STATUS_INVALID
    answer.tell({"result": plain(result, request["answer_depth_max"]), "status": status})
    return 0


def main():
    """One run, from the request to the answer. Returns the exit code."""
    request = read_request()
    if sys.version_info < OLDEST:
        version = sys.version.split()[0]
        needed = ".".join(str(part) for part in OLDEST)
        return Answer(ANSWER_FD, request).fail(
            "Python actions need Python %s or later; %s is %s." % (needed, sys.executable, version)
        )
    answer = Answer(keep_answer_fd(), request)
    try:
        return run_action(request, answer)
    except ModuleNotFoundError as error:
        traceback.print_exc()
        answer.tell({"error": advice_on(error, request)})
        return 1


def advice_on(error, request):
    """What is missing, and what makes it be there."""
    text = "%s. Name it in the pack's requirements.txt, then run: tailrace pack install %s" % (error, request["pack_dir"])
    if request["shared"] is not None:
        return text
    return text + ". For the libraries that StackStorm itself has: tailrace pack setup"


if __name__ == "__main__":
    sys.exit(main())
