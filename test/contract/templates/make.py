"""Renders the templates of expressions.py as StackStorm does, and writes what they come to into expected.json.

    python3 test/contract/templates/make.py PATH_OF_STACKSTORM

PATH_OF_STACKSTORM is a checkout of StackStorm: its own filters are used. It needs jinja2, orjson, six, PyYAML with libyaml,
semver and jsonpath-rw; the file names their versions. mongoengine is not needed: no value here comes from a database.
"""

import importlib.metadata
import json
import os
import re
import sys
import types

import jinja2
import jinja2.meta
import jinja2.sandbox
import semver
import yaml

sys.path.insert(0, os.path.dirname(__file__))
from expressions import CONTEXT, TEMPLATES

sys.path.insert(0, os.path.join(sys.argv[1], "st2common"))
base = types.SimpleNamespace(
    datastructures=types.SimpleNamespace(BaseDict=type("BaseDict", (), {}), BaseList=type("BaseList", (), {}))
)
sys.modules["mongoengine"] = types.SimpleNamespace(base=base)
# semver 3 renamed its class.
if not hasattr(semver, "Version"):
    semver.Version = semver.VersionInfo

from st2common.expressions.functions import data, path, regex, time, version

FILTERS = {
    name: getattr(module, name) for module in (data, path, regex, time, version) for name in module.__all__
}
FILTERS.update(
    use_none=data.use_none,
    version_bump_patch=version.version_bump_patch,
    version_strip_patch=version.version_strip_patch,
)


def environment():
    """The environment that StackStorm renders with."""
    made = jinja2.sandbox.SandboxedEnvironment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters.update(FILTERS)
    made.tests["in"] = lambda item, items: item in items
    return made


def kind_of(error):
    if isinstance(error, jinja2.TemplateAssertionError):
        return "other"
    if isinstance(error, jinja2.TemplateSyntaxError):
        return "syntax"
    return "undefined" if isinstance(error, jinja2.UndefinedError) else "other"


def rendered(template):
    made = environment()
    try:
        made.parse(template)
        text = made.from_string(template).render(json.loads(CONTEXT))
    except Exception as error:
        return {"error": kind_of(error), "reason": without_addresses(str(error))}
    return {"text": without_addresses(text)}


def names(template):
    """The variables that StackStorm expects to know before it renders."""
    try:
        return {"names": sorted(jinja2.meta.find_undeclared_variables(environment().parse(template)))}
    except jinja2.TemplateSyntaxError:
        return {}


def without_addresses(text):
    """Without the places of values in Python's memory."""
    return re.sub(r" at 0x[0-9a-f]{6,}", " at 0x0", text)


def version_of(package):
    return importlib.metadata.version(package)


def main():
    versions = {
        "python": sys.version.split()[0],
        "jinja2": version_of("jinja2"),
        "orjson": version_of("orjson"),
        "pyyaml": version_of("pyyaml") + (" with libyaml" if yaml.__with_libyaml__ else ""),
        "semver": getattr(semver, "__version__", "3"),
        "jsonpath-rw": "1.4.0",
    }
    entries = []
    for subject, templates in TEMPLATES.items():
        if isinstance(templates, str):
            templates = [line for line in templates.split("\n") if line]
        for template in templates:
            entries.append({"subject": subject, "template": template, **rendered(template), **names(template)})
    lines = ",\n".join("    " + json.dumps(entry, ensure_ascii=False) for entry in entries)
    head = json.dumps({"made_with": versions, "context": CONTEXT.strip()}, indent=2, ensure_ascii=False)
    text = head[: head.rindex("\n}")] + ',\n  "entries": [\n' + lines + "\n  ]\n}\n"
    with open(os.path.join(os.path.dirname(__file__), "expected.json"), "w", encoding="utf-8") as file:
        file.write(text)


main()
