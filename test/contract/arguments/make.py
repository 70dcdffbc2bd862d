"""Formats the arguments of scripts as StackStorm does, and writes them into expected.json.

    python3 test/contract/arguments/make.py PATH_OF_STACKSTORM

PATH_OF_STACKSTORM is a checkout of StackStorm. Its functions are taken out of their files, because the files import the whole server.
It needs orjson and six.
"""

import ast
import json
import os
import shlex
import sys
import types
from collections import OrderedDict

import orjson
import six

CASES = r"""
{"a": {"type": "string", "position": 0}} | {"a": "x y"} | {"a": ""} | {"a": null} | {} | {"a": "it's \"q\""} | {"a": "a\nb\tc"} | {"a": "été €😀"} | {"a": "-x"} | {"a": "$HOME `id` \\ *"}
{"a": {"type": "integer", "position": 0}} | {"a": 5} | {"a": 0} | {"a": -3} | {"a": null} | {"a": 9007199254740993}
{"a": {"type": "number", "position": 0}} | {"a": 2.0} | {"a": 0} | {"a": 0.0} | {"a": 1.5} | {"a": 1e-07} | {"a": 1e16} | {"a": 3} | {"a": null} | {"a": 2.50} | {"a": -0.0}
{"a": {"type": "boolean", "position": 0}} | {"a": true} | {"a": false} | {"a": null} | {}
{"a": {"type": "array", "position": 0}} | {"a": ["x", "y"]} | {"a": []} | {"a": [1, 2.0, true, false, null]} | {"a": ["a b", "c,d", ""]} | {"a": [["x", 1], {"k": "v"}]} | {"a": null} | {"a": ["é", "it's"]} | {"a": [1e-07, 1e20]}
{"a": {"type": "object", "position": 0}} | {"a": {"b": 1, "a": [1, null, true]}} | {"a": {}} | {"a": {"é": "\u0001\"\\/"}} | {"a": {"f": 2.0, "g": 0.1}} | {"a": null} | {"a": {"n": {"m": {}}}}
{"a": {"position": 0}} | {"a": "x"} | {"a": 0} | {"a": 5} | {"a": 2.0} | {"a": true} | {"a": false} | {"a": []} | {"a": {}} | {"a": [1, "x"]} | {"a": {"b": "c"}} | {"a": null} | {"a": ""} | {"a": 0.0}
{"a": {"type": ["string", "null"], "position": 0}} | {"a": "x"} | {"a": null}
{"a": {"type": ["integer", "null"], "position": 0}} | {"a": 0} | {"a": 7}
{"a": {"type": ["boolean", "null"], "position": 0}} | {"a": true} | {"a": false}
{"a": {"type": ["array", "null"], "position": 0}} | {"a": ["x", 1]} | {"a": []}
{"a": {"type": "null", "position": 0}} | {"a": null}
{"a": {"type": "string", "position": 0, "immutable": true, "default": "d"}, "b": {"type": "string", "position": 1}} | {"a": "d", "b": "x"} | {"a": "d"}
{"c": {"position": 2}, "a": {"position": 0}, "b": {"position": 1}} | {"a": "1", "b": "2", "c": "3"} | {"c": "3"} | {}
{"a": {"position": 0}, "b": {"position": 0}} | {"a": "1", "b": "2"}
{"a": {"position": 10}, "b": {"position": 9}, "c": {"position": -1}} | {"a": "1", "b": "2", "c": "3"}
{"name": {"type": "string"}} | {"name": "x y"} | {"name": ""} | {"name": null} | {"name": "it's"} | {"name": "a=b"} | {"name": "été"} | {"name": "a\nb"} | {}
{"name": {"type": "integer"}} | {"name": 5} | {"name": 0} | {"name": 9007199254740993}
{"name": {"type": "number"}} | {"name": 2.0} | {"name": 0.0} | {"name": 1e-07} | {"name": 1e16} | {"name": 1.50} | {"name": 0.1}
{"name": {"type": "boolean"}} | {"name": true} | {"name": false} | {"name": null}
{"name": {"type": "array"}} | {"name": []} | {"name": ["x", 1, 2.0, true, null]} | {"name": ["it's", "say \"x\"", "both '\""]} | {"name": [["n"], {"k": [1e-07]}]} | {"name": ["a\nb\t\\", "é\u200b\u0007"]}
{"name": {"type": "object"}} | {"name": {}} | {"name": {"b": 1, "a": [true, null]}} | {"name": {"é": {"x": 2.0}}}
{"name": {}} | {"name": "x"} | {"name": 0} | {"name": true} | {"name": []} | {"name": {"a": 1}}
{"a": {"position": 0, "type": "string"}, "v": {"type": "boolean"}, "n": {"type": "integer"}} | {"a": "p", "v": true, "n": 2} | {"v": false, "n": 0, "a": "p"}
{"long-name": {}, "under_score": {}} | {"long-name": "1", "under_score": "2"}
"""


def functions(path, *names):
    """Functions of a file, without its imports."""
    tree = ast.parse(open(path, encoding="utf-8").read())
    found = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name in names]
    scope = {
        "six": six,
        "OrderedDict": OrderedDict,
        "json_encode": lambda value: orjson.dumps(value).decode(),
        "quote_unix": shlex.quote,
        "LOG": types.SimpleNamespace(debug=lambda *_: None),
    }
    exec(compile(ast.Module(found, []), path, "exec"), scope)
    return [scope[name] for name in names]


def main():
    common = os.path.join(sys.argv[1], "st2common/st2common")
    *_, get_args = functions(
        os.path.join(common, "util/action_db.py"),
        "serialize_positional_argument",
        "_get_position_arg_dict",
        "get_args",
    )
    (transform,) = functions(os.path.join(common, "runners/base.py"), "_transform_named_args")
    (script_arguments,) = functions(os.path.join(common, "models/system/action.py"), "_get_script_arguments")

    def formatted(schema, values, operator):
        positional, named = get_args(values, types.SimpleNamespace(parameters=schema))
        named = transform(types.SimpleNamespace(_kwarg_op=operator), named)
        return shlex.split(script_arguments(None, named_args=named, positional_args=positional))

    lines = []
    for line in CASES.strip().split("\n"):
        schema, *all_values = line.split(" | ")
        for values in all_values:
            for operator in ["--", "-"] if '"name"' in schema else ["--"]:
                args = formatted(json.loads(schema), json.loads(values), operator)
                entry = '"parameters": %s, "values": %s, "operator": "%s", "arguments": %s' % (
                    schema,
                    values,
                    operator,
                    json.dumps(args, ensure_ascii=False),
                )
                lines.append("  { " + entry + " }")
    with open(os.path.join(os.path.dirname(__file__), "expected.json"), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(lines) + "\n]\n")


main()
