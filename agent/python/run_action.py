"""Runs one Python action of a pack: reads what to run on descriptor 3, answers on descriptor 4."""

import importlib.util
import inspect
import json
import logging
import math
import os
import sys
import traceback

REQUEST_FD = 3
ANSWER_FD = 4

# StackStorm's exit code of an action whose returned status is not a bool.
STATUS_INVALID = 220

LOG_FORMAT = "st2.actions.python.%(action)s: %(levelname)-8s %(message)s"


def take_descriptor(descriptor):
    """The descriptor under another number, which no program that the action starts inherits."""
    moved = os.dup(descriptor)
    os.close(descriptor)
    return moved


def use_streams():
    """Every write is seen at once, whole line or not, in the one encoding that the output has."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        stream.reconfigure(encoding="utf-8", errors="surrogateescape", write_through=True)


def set_path(request):
    """Where an action finds modules: its pack's libraries before anything else, then ours."""
    actions = os.path.dirname(request["script"])
    own = [
        os.path.join(request["pack_dir"], "actions", "lib"),
        os.path.join(actions, "lib"),
        actions,
        os.path.join(request["pack_dir"], "lib"),
    ]
    sys.path = list(dict.fromkeys(own)) + sys.path


def load_class(script):
    """The action's class: the first that its file defines, else the first that it imports."""
    from st2common.runners.base_action import Action

    name = os.path.splitext(os.path.basename(script))[0]
    spec = importlib.util.spec_from_file_location(name, script)
    if spec is None or not os.path.exists(script):
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, Action)
        and value is not Action
        and not inspect.isabstract(value)
    ]
    own = [value for value in found if value.__module__ == name]
    return (own or found or [None])[0]


def make(action_class, config, service):
    """An instance, however many of its arguments the class cares for."""
    taken = inspect.signature(action_class.__init__).parameters
    takes_any = any(parameter.kind == parameter.VAR_KEYWORD for parameter in taken.values())
    arguments = {"config": config}
    if takes_any or "action_service" in taken:
        arguments["action_service"] = service
    action = action_class(**arguments)
    action.action_service = service
    return action


def set_logging(class_name, level):
    """Messages go to stderr, each under the class that is run."""
    logging.addLevelName(25, "AUDIT")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(LOG_FORMAT.replace("%(action)s", class_name)))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def plain(value):
    """A value as JSON can say it: what JSON has no word for becomes its text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return str(value)


def answer(descriptor, value):
    """Writes the one document of the answer."""
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        try:
            text = json.dumps(plain(value))
        except RecursionError:
            text = json.dumps({**value, "result": str(value["result"])})
    else:
        if "NaN" in text or "Infinity" in text:
            text = json.dumps(plain(value))
    with os.fdopen(descriptor, "w", encoding="utf-8") as to:
        to.write(text)


def main():
    """One run, from the request to the answer. Gives the exit code."""
    from st2common.runners.action_service import ActionService

    with os.fdopen(take_descriptor(REQUEST_FD), encoding="utf-8") as request_file:
        request = json.load(request_file)
    answer_fd = take_descriptor(ANSWER_FD)
    set_path(request)
    action_class = load_class(request["script"])
    if action_class is None:
        print(
            'File "%s" has no action class or the file doesn\'t exist.' % request["script"],
            file=sys.stderr,
        )
        return 1
    set_logging(action_class.__name__, request["log_level"])
    service = ActionService(request["pack"], action_class.__name__, request["user"])
    result = make(action_class, request["config"], service).run(**request["parameters"])
    status = None
    if isinstance(result, tuple) and len(result) == 2:
        status, result = result
        if not isinstance(status, bool):
            print(
                "The status that the action returned must be a bool, and is %s." % type(status).__name__,
                file=sys.stderr,
            )
            return STATUS_INVALID
    answer(answer_fd, {"result": result, "status": status})
    return 0


if __name__ == "__main__":
    use_streams()
    try:
        code = main()
    except Exception:  # pylint: disable=broad-except
        traceback.print_exc()
        code = 1
    sys.exit(code)
