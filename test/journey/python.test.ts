// @module-tag python3
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExact } from "../../protocol/base/numbers.ts";
import { pythonOutcome, runs, write, writePythonPack } from "../support/python-pack.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
const root = scratch();

const NEW = "from st2common.runners.base_action import Action\n";
const OLD = "from st2actions.runners.pythonrunner import Action\n";
const TELL = "return [self.config['url'], self.action_service.get_user_info()['username']]";

/** The forms in which packs write their classes. Each gets the configuration and the service. */
const CLASSES: Record<string, string> = {
  plain: `${NEW}class A(Action):\n    def run(self):\n        ${TELL}`,
  older_import: `${OLD}class A(Action):\n    def run(self):\n        ${TELL}`,
  module_import: `from st2actions.runners import pythonrunner\nclass A(pythonrunner.Action):\n    def run(self):\n        ${TELL}`,
  config_only: `${OLD}class A(Action):
    def __init__(self, config):
        super(A, self).__init__(config)
    def run(self):
        ${TELL}`,
  both: `${NEW}class A(Action):
    def __init__(self, config=None, action_service=None):
        super(A, self).__init__(config, action_service)
        assert self.action_service.get_user_info()
    def run(self):
        ${TELL}`,
  keyword: `${NEW}class A(Action):
    def __init__(self, config=None, action_service=None):
        super().__init__(config=config)
    def run(self):
        ${TELL}`,
  anything: `${NEW}class Base(Action):
    def __init__(self, config):
        super().__init__(config)
class A(Base):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
    def run(self):
        ${TELL}`,
  abstract_base: `${NEW}class ABase(Action):\n    pass\nclass B(ABase):\n    def run(self):\n        ${TELL}`,
  // The name of a module that half of the standard library imports.
  select: `${NEW}import subprocess\nclass A(Action):\n    def run(self):\n        assert subprocess.check_output(['true']) == b''\n        ${TELL}`,
  imports: `${NEW}import in_actions_lib, in_lib, in_sibling
from lib.deep import VALUE
class A(Action):
    def run(self):
        return [in_actions_lib.VALUE, in_lib.VALUE, in_sibling.VALUE, VALUE]`,
  stand_ins: `import logging
from st2common import log
from st2common.exceptions.action import InvalidActionParameterException
from st2common.runners.utils import get_logger_for_python_runner_action
from st2common.util import isotime
from st2common.util.date import get_datetime_utc_now
from st2common.util.shell import run_command
${NEW}class A(Action):
    def run(self):
        moment = isotime.parse('2024-02-29T10:20:30.123Z')
        return [isotime.format(moment), isotime.format(moment, usec=False, offset=False),
                isotime.validate('yesterday', raise_exception=False),
                get_datetime_utc_now() > moment, run_command(['sh', '-c', 'echo out; exit 3']),
                issubclass(InvalidActionParameterException, Exception),
                log.getLogger('x').name, get_logger_for_python_runner_action('A') is self.logger]`,
};

/** The acts of `run`, and their outcomes. */
const SUCCEEDED = { status: "succeeded", exit_code: 0 };
const FAILED = { status: "failed", exit_code: 0 };
const RETURNS: [name: string, body: string, expected: object][] = [
  [
    "a value",
    "return {'a': [1, 2.5, None, True], 'ü': '漢🙂'}",
    { ...SUCCEEDED, result: { a: [1, 2.5, null, true], ü: "漢🙂" } },
  ],
  ["nothing", "pass", { ...SUCCEEDED, result: null }],
  ["false", "return False", { ...SUCCEEDED, result: false }],
  ["true and a value", "return (True, {'a': 1})", { ...SUCCEEDED, result: { a: 1 } }],
  ["false and a value", "return False, 'why'", { ...FAILED, result: "why" }],
  ["None and a value", "return None, 'x'", { ...SUCCEEDED, result: "x" }],
  ["three values", "return 1, 2, 3", { ...SUCCEEDED, result: [1, 2, 3] }],
  ["an object", "return {'a': {1}}", { ...SUCCEEDED, result: "{'a': {1}}" }],
  ["true and an object", "return True, b'x'", { ...SUCCEEDED, result: "b'x'" }],
  ["a value within itself", "a = []; a.append(a); return a", { ...SUCCEEDED, result: "[[...]]" }],
  [
    "numbers that JSON lacks",
    "return [float('nan'), -float('inf'), 2**53 - 1, 2**63]",
    { ...SUCCEEDED, result: ["nan", "-inf", 2 ** 53 - 1, readExact("9223372036854775808")] },
  ],
  ["half a character", "return 'a\\ud800'", { ...SUCCEEDED, result: "a\ud800" }],
  [
    "an invalid status",
    "return 'yes', 1",
    { status: "failed", exit_code: 220, result: "None", error: expect.stringContaining("not 'yes'") },
  ],
  ["an exit", "sys.exit(3)", { status: "failed", exit_code: 3, result: "None" }],
  ["an exit without a code", "sys.exit()", { ...SUCCEEDED, result: "None" }],
  [
    "an exit with a reason",
    "sys.exit('why')",
    { status: "failed", exit_code: 1, result: "None", stderr: "why" },
  ],
  [
    "an exception",
    "raise ValueError('why')",
    {
      status: "failed",
      exit_code: 1,
      result: "None",
      stderr: expect.stringMatching(
        /^Traceback.*actions\/returns_\d+\.py", line 6, in run\n.*ValueError: why$/s,
      ),
    },
  ],
  [
    "a signal",
    "os.kill(os.getpid(), 9)",
    { status: "failed", exit_code: -9, result: "None", error: "The process was ended by SIGKILL." },
  ],
  [
    "more than the bound of a result",
    "return 'x' * 6_000_000",
    {
      ...SUCCEEDED,
      result: expect.stringMatching(
        /^"x+\n\[\.\.\. \d+ bytes left out: a result has at most \d+ \.\.\.\]\n$/,
      ),
    },
  ],
];

/** Files that cannot be run. */
const BROKEN: [name: string, source: string, error: RegExp][] = [
  ["without a class", "print('imported')", /has no action class/],
  ["with a class that has no run", `${NEW}class A(Action):\n    pass`, /has no action class/],
  ["with a class of another file", NEW, /has no action class/],
  ["without Python syntax", "class A:\n    def run(self:\n", /SyntaxError/],
  ["of Python 2", "print 'hello'", /SyntaxError/],
  ["with a missing library", "import no_such_library", /No module named 'no_such_library'/],
];

const POSITIONAL = `${NEW}class A(Action):
    def run(self, first, second, third=3, fourth=4):
        return [first, second, third, fourth]`;

beforeAll(async () => {
  const pack = join(root, "packs", "py");
  const logs = `
    import logging
    self.logger.debug('d'); self.logger.info('i %s', 1); self.logger.error('e'); self.logger.audit('a')
    logging.getLogger('library').debug('not shown')
    logging.getLogger('library').warning('shown')`;
  writePythonPack(
    pack,
    {
      ...Object.fromEntries(Object.entries(CLASSES).map(([name, source]) => [name, { source }])),
      ...Object.fromEntries(RETURNS.map(([, body], at) => [`returns_${at}`, runs(body)])),
      ...Object.fromEntries(BROKEN.map(([, source], at) => [`broken_${at}`, { source }])),
      positional: {
        source: POSITIONAL,
        parameters: {
          first: { type: "string" },
          second: { type: "integer" },
          third: {},
          fourth: { default: 5 },
        },
      },
      logs: runs(logs),
      config: runs("self.config.get('none'); return self.config['none']"),
      echo: runs("return {'size': len(given['text']), 'text': given['text'][:9]}", {
        text: { type: "string" },
      }),
      slow: runs("print('up'); time.sleep(600)"),
    },
    {
      "actions/lib/in_actions_lib.py": "VALUE = 'actions/lib'",
      "actions/lib/__init__.py": "",
      "actions/lib/deep.py": "VALUE = 'lib.deep'",
      "actions/in_sibling.py": "VALUE = 'sibling'",
      "lib/in_lib.py": "VALUE = 'lib'",
    },
  );
  write(join(root, "configs", "py.yaml"), "url: http://here\n");
  world = await startWorld({ agentArgs: ["--packs", join(root, "packs")] });
});
afterAll(() => world.stop());

async function outcome(name: string, parameters: Record<string, unknown> = {}) {
  const { id } = await world.client.create({ action: `py.${name}`, parameters });
  return pythonOutcome(world.client, id);
}

describe.concurrent("an action written for StackStorm", () => {
  const told = Object.keys(CLASSES).filter((name) => CLASSES[name]?.includes(TELL));
  it.each(told)("has its configuration and its service, as a class of the kind %s", async (name) => {
    expect(await outcome(name)).toMatchObject({ ...SUCCEEDED, stderr: "", result: ["http://here", "admin"] });
  });

  it("finds modules in actions/lib, in lib, and beside itself", async ({ expect }) => {
    const { result } = await outcome("imports");
    expect(result).toEqual(["actions/lib", "lib", "sibling", "lib.deep"]);
  });

  it("finds the other modules of StackStorm that packs use", async ({ expect }) => {
    const { result, stderr } = await outcome("stand_ins");
    const moment = ["2024-02-29T10:20:30.123000+00:00", "2024-02-29T10:20:30Z"];
    expect({ result, stderr }).toEqual({
      result: [...moment, false, true, [3, "out\n", ""], true, "st2.x", true],
      stderr: "",
    });
  });

  it("gets its parameters by name, and None for each without a value and a default", async ({ expect }) => {
    expect(await outcome("positional", { first: "1" })).toMatchObject({ result: ["1", null, null, 5] });
    const all = { first: "ü", second: 2, third: { deep: ["漢"] }, fourth: null };
    expect(await outcome("positional", all)).toMatchObject({ result: ["ü", 2, { deep: ["漢"] }, 5] });
  });

  it("gets a parameter of a million bytes", async ({ expect }) => {
    expect(await outcome("echo", { text: "ab漢".repeat(200_000) })).toMatchObject({
      result: { size: 600_000, text: "ab漢ab漢ab漢" },
    });
  });

  it("logs to stderr under its class, from the requested level up", async ({ expect }) => {
    const prefix = "st2.actions.python.It:";
    const lines = [
      `${prefix} DEBUG    d`,
      `${prefix} INFO     i 1`,
      `${prefix} ERROR    e`,
      `${prefix} AUDIT    a`,
      "shown",
    ];
    expect((await outcome("logs")).stderr).toBe(lines.join("\n"));
    expect((await outcome("logs", { log_level: "ERROR" })).stderr).toBe(lines.slice(2).join("\n"));
    expect((await outcome("logs", { log_level: "AUDIT" })).stderr).toBe(lines.slice(3).join("\n"));
  });

  it("is told which key its pack's configuration lacks", async ({ expect }) => {
    expect((await outcome("config")).stderr).toContain(
      'The configuration of the pack "py" has no key "none": set it in configs/py.yaml.',
    );
  });

  it("is ended at its timeout, without a result", async ({ expect }) => {
    expect(await outcome("slow", { timeout: 5 })).toMatchObject({
      status: "timeout",
      exit_code: -9,
      stdout: "up",
      result: "None",
      error: "Action failed to complete in 5 seconds",
    });
  });
});

describe.concurrent("the return value of run", () => {
  it.each(RETURNS.map((row, at) => [row[0], at, row[2]] as const))("%s", async (_, at, expected) => {
    expect(await outcome(`returns_${at}`)).toMatchObject(expected);
  });
});

describe.concurrent("a file", () => {
  it.each(BROKEN.map((row, at) => [row[0], at, row[2]] as const))(
    "%s fails with the reason",
    async (_, at, error) => {
      const { status, exit_code, result, stderr } = await outcome(`broken_${at}`);
      expect({ status, exit_code, result }).toEqual({ status: "failed", exit_code: 1, result: "None" });
      expect(stderr).toMatch(error);
    },
  );
});
