import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig, renderConfig, withoutSecrets } from "../../agent/packs/config.ts";
import { loadPacks, scriptOf, specOf } from "../../agent/packs/load.ts";

import { ACTION_BYTES_MAX, ACTIONS_MAX, PACKS_MAX } from "../../protocol/base/limits.ts";
import { MISSING_RUNNERS } from "../../protocol/model/action.ts";
import { ADVICE } from "../../protocol/model/missing-runners.ts";
import { secretValues } from "../../protocol/model/subschema.ts";

import { Renderer } from "../../protocol/templates/renderer.ts";
import { tree } from "../support/tree.ts";
import { ROOT } from "../support/world.ts";

/** Loads a pack with one action, made of the text of its file. */
function loadAction(text: string): ReturnType<typeof loadPacks> {
  return loadPacks([tree({ "pack.yaml": "name: mine\n", "actions/act.yaml": text, "actions/act.sh": "" })]);
}

describe("the packs that come with the agent", () => {
  it("load without a problem, and have an action for each runner", () => {
    const folders = ["core", "examples"].map((name) => join(ROOT, "agent/packs", name));
    const { actions, problems, notices } = loadPacks(folders);
    expect({ problems, notices }).toEqual({ problems: [], notices: [] });
    expect(actions.map(({ pack, name, runner_type }) => `${pack}.${name}: ${runner_type}`)).toEqual([
      "core.echo: local-shell-cmd",
      "core.error: local-shell-cmd",
      "core.http: http-request",
      "core.local: local-shell-cmd",
      "core.local_sudo: local-shell-cmd",
      "core.noop: noop",
      "core.pause: python-script",
      "core.remote: remote-shell-cmd",
      "core.remote_sudo: remote-shell-cmd",
      "core.sendmail: local-shell-script",
      "core.uuid: python-script",
      "examples.count: local-shell-script",
      "examples.count_chain: action-chain",
      "examples.count_command: local-shell-cmd",
      "examples.count_python: python-script",
      "examples.count_remote_command: remote-shell-cmd",
      "examples.count_remote_script: remote-shell-script",
      "examples.greet: local-shell-script",
      "examples.progress: local-shell-script",
    ]);
  });
});

describe("an excess that the server would refuse", () => {
  const noop = (name: string, more = "") => `name: ${name}\nrunner_type: noop\n${more}`;

  it("is a problem when the pack is loaded: an action with too much metadata", () => {
    const { actions, problems } = loadPacks([
      tree({
        "pack.yaml": "name: mine\n",
        "actions/large.yaml": noop("large", `description: ${"x".repeat(ACTION_BYTES_MAX)}\n`),
        "actions/small.yaml": noop("small"),
      }),
    ]);
    expect(actions.map(({ name }) => name)).toEqual(["small"]);
    expect(problems).toEqual([
      expect.stringMatching(/large\.yaml:1: its metadata has \d+ bytes, and an action's may have 524288$/),
    ]);
  });

  it("is a problem when the packs are loaded: more packs than an agent may have", () => {
    const names = Array.from({ length: PACKS_MAX + 1 }, (_, at) => `p${String(at).padStart(3, "0")}`);
    const root = tree(Object.fromEntries(names.map((name) => [`${name}/pack.yaml`, `name: ${name}\n`])));
    const { packs, problems } = loadPacks([root]);
    expect(packs.size).toBe(PACKS_MAX);
    expect(problems).toEqual([`${join(root, names.at(-1) ?? "")}: an agent has at most ${PACKS_MAX} packs`]);
  });

  it("is a problem when the pack is loaded: more actions than a pack may have", () => {
    const root = tree({ "pack.yaml": "name: mine\n" });
    mkdirSync(join(root, "actions"));
    for (let at = 0; at <= ACTIONS_MAX; at++)
      writeFileSync(join(root, `actions/a${at}.yaml`), noop(`a${at}`));
    const { actions, problems } = loadPacks([root]);
    expect(actions).toEqual([]);
    expect(problems).toEqual([
      `${root}: 20001 actions, and a pack has at most 20000: none of them is loaded`,
    ]);
  });
});

describe("a folder", () => {
  it("without a pack.yaml is a folder of packs", () => {
    const root = tree({ "b/pack.yaml": "name: b\n", "a/pack.yaml": "name: a\n", "notes/x.txt": "" });
    expect([...loadPacks([root]).packs.keys()]).toEqual(["a", "b"]);
  });

  it("without a pack, or that does not exist, is a problem", () => {
    const root = tree({ "notes/x.txt": "" });
    expect(loadPacks([root, join(root, "gone")]).problems).toEqual([
      `${root}: no pack.yaml, neither in it nor in its folders`,
      expect.stringMatching(/^ENOENT: .*gone'$/),
    ]);
  });

  it("with a second pack of the same name loads the later one, with a notice", () => {
    const action = "name: act\nrunner_type: noop\n";
    const root = tree({
      "one/pack.yaml": "name: mine\nversion: 1\n",
      "one/actions/old.yaml": action.replace("act", "old"),
      "two/pack.yaml": "name: mine\nversion: 2\n",
      "two/actions/act.yaml": action,
    });
    const { packs, actions, notices } = loadPacks([root]);
    expect(packs.get("mine")).toMatchObject({ version: "2", folder: join(root, "two") });
    expect(actions.map(({ name }) => name)).toEqual(["act"]);
    expect(notices).toEqual([`${root}/two: replaces the pack mine in ${root}/one`]);
  });
});

describe("a pack", () => {
  it.each([
    ["ref: theirs\nname: A Name", "theirs"],
    ["name: mine", "mine"],
    ["name: A Name", "folder_name"],
  ])("with %j has the name %s", (text, ref) => {
    const root = tree({ "folder_name/pack.yaml": text });
    expect([...loadPacks([root]).packs.keys()]).toEqual([ref]);
  });

  it("keeps its folder and configuration on the host", () => {
    const root = tree({ "pack.yaml": "name: mine\nauthor: me\n", "configs/mine.yaml": "token: t\n" });
    const pack = loadPacks([root]).packs.get("mine");
    expect(pack?.config).toEqual({ token: "t" });
    expect(pack && specOf(pack)).toEqual({
      ref: "mine",
      name: "mine",
      version: "",
      description: "",
      author: "me",
    });
  });

  it("has one notice for all parts that are not run here", () => {
    const root = tree({
      "pack.yaml": "name: mine\n",
      "rules/a.yaml": "",
      "rules/b.yaml": "",
      "sensors/s.yaml": "",
      "aliases/c.yaml": "",
      "actions/flow.yaml": "name: flow\nrunner_type: orquesta\nentry_point: workflows/flow.yaml\n",
      "actions/mine.yaml": "name: mine\nrunner_type: noop\n",
    });
    const { notices, problems, actions } = loadPacks([root]);
    expect(notices).toEqual([
      `${root}: not run here: aliases, rules, sensors`,
      `${root}: not run here, as the runner orquesta is missing: flow. Write the workflow as an action-chain, or run it in StackStorm.`,
    ]);
    expect(problems).toEqual([]);
    expect(actions.map(({ name, runner_type }) => [name, runner_type])).toEqual([
      ["flow", "orquesta"],
      ["mine", "noop"],
    ]);
  });

  it("has a notice for a default that would read a parameter, but is no template", () => {
    const root = tree({
      "pack.yaml": "name: mine\n",
      "actions/count.yaml": [
        "name: count",
        "runner_type: local-shell-cmd",
        "parameters:",
        "  city: {type: string}",
        `  cmd: {immutable: true, default: 'echo {{ city }} \${#names[@]}'}`,
        "  format: {type: string, default: '{{.Names}}'}",
        "",
      ].join("\n"),
    });
    const { notices, actions } = loadPacks([root]);
    expect(notices).toEqual([
      `${root}/actions/count.yaml: Not rendered: the default of "cmd" reads {{ city }}, but is no template: Missing end of comment tag. Put what is not Jinja between {% raw %} and {% endraw %}.`,
    ]);
    expect(actions).toHaveLength(1);
  });

  it("has a notice for each part of a chain at which the chain will fail, because its syntax is wrong", () => {
    const root = tree({
      "pack.yaml": "name: mine\n",
      "actions/flow.yaml": "name: flow\nrunner_type: action-chain\nentry_point: chains/flow.yaml\n",
      "actions/chains/flow.yaml": [
        "vars: {shown: '{{.Names}}', kept: '{% raw %}{{.Names}}{% endraw %}'}",
        "chain:",
        "  - {name: one, ref: core.local, parameters: {cmd: 'echo {{ city }} {# names'}, on-success: two}",
        "  - {name: two, ref: core.local, params: {cmd: 'echo {{ one.stdout }} # {#'}, publish: {a: '{{ two. }}'}}",
        "",
      ].join("\n"),
    });
    const help = "Put what is not Jinja between {% raw %} and {% endraw %}.";
    const broken = `${root}/actions/flow.yaml: The chain will fail: in`;
    const { notices, problems, actions } = loadPacks([root]);
    expect(problems).toEqual([]);
    expect(notices).toEqual([
      `${broken} vars, the syntax of a template is wrong: unexpected '.'. ${help}`,
      `${broken} the parameters of the task "one", the syntax of a template is wrong: Missing end of comment tag. ${help}`,
      `${broken} the parameters of the task "two", the syntax of a template is wrong: Missing end of comment tag. ${help}`,
      `${broken} publish of the task "two", the syntax of a template is wrong: expected name or number. ${help}`,
    ]);
    expect(actions).toHaveLength(1);
  });

  it.each(MISSING_RUNNERS)("has its actions of the runner %s, without what that runner needs", (runner) => {
    const { actions, problems, notices } = loadAction(`
name: act
runner_type: ${runner}
parameters:
  method: {immutable: true}
  url: {type: string, required: true, position: 0}
`);
    expect(problems).toEqual([]);
    expect(notices).toEqual([
      expect.stringContaining(`not run here, as the runner ${runner} is missing: act. ${ADVICE[runner]}`),
    ]);
    expect(actions).toMatchObject([
      { name: "act", runner_type: runner, parameters: { url: { required: true } } },
    ]);
  });

  it("names twenty actions of a missing runner, and says that there are more", () => {
    const files = Array.from({ length: 21 }, (_, at) => [
      `actions/a${at}.yaml`,
      `name: a${String(at).padStart(2, "0")}\nrunner_type: orquesta\n`,
    ]);
    const { notices } = loadPacks([tree({ "pack.yaml": "name: mine\n", ...Object.fromEntries(files) })]);
    expect(notices).toEqual([expect.stringMatching(/: (a\d\d, ){20}…\. Write/)]);
  });

  it("is told of a runner that StackStorm does not know either", () => {
    expect(loadAction("name: act\nrunner_type: orquestra\n").problems).toEqual([
      expect.stringMatching(/act\.yaml:2: runner_type: "orquestra" is not one of local-shell-cmd, /),
    ]);
  });

  it("loads its good actions and reports the others", () => {
    const root = tree({
      "pack.yaml": "name: mine\n",
      "actions/good.yaml": "name: good\nrunner_type: local-shell-script\nentry_point: good.sh\n",
      "actions/good.sh": "",
      "actions/syntax.yaml": "name: x\nrunner_type: [\n",
      "actions/alias.yaml": "name: *nothing\n",
      "actions/same.yaml": "name: good\nrunner_type: noop\n",
      "actions/folder.yaml/x": "",
    });
    const { actions, problems, packs } = loadPacks([root]);
    expect(actions.map(({ name }) => name)).toEqual(["good"]);
    expect(problems).toEqual([
      expect.stringMatching(/actions\/alias\.yaml:1: .*[Uu]nresolved alias.*nothing/),
      expect.stringMatching(/actions\/folder\.yaml: it is not a file$/),
      expect.stringMatching(/actions\/same\.yaml:1: name: good\.yaml also has the action good/),
      expect.stringMatching(/actions\/syntax\.yaml:3: /),
    ]);
    const [pack] = packs.values();
    const [action] = actions;
    expect(pack && action && scriptOf(pack, action)).toBe(join(root, "actions/good.sh"));
  });
});

describe("a chain's file", () => {
  const load = (chain: string) =>
    loadPacks([
      tree({
        "pack.yaml": "name: mine\n",
        "actions/flow.yaml": "name: flow\nrunner_type: action-chain\nentry_point: chains/flow.yaml\n",
        "actions/chains/flow.yaml": chain,
      }),
    ]);

  it("comes with the action; a script does not", () => {
    const { actions, problems } = load("vars:\nchain:\n  - {name: a, ref: core.noop, params: {x: 1}}\n");
    expect(problems).toEqual([]);
    expect(actions[0]?.chain?.chain).toMatchObject([{ name: "a", params: { x: 1 }, "on-success": "" }]);
  });

  it.each([
    ["chain: []\n", /flow\.yaml:1: chain: a chain has at least one task$/],
    ["chain:\n  - name: a\n", /flow\.yaml:2: chain\.0\.ref: Invalid/],
    [
      "chain:\n  - name: a\n    ref: core.noop\n    on-success: b\n",
      /flow\.yaml:4: chain\.0\.on-success: Unable to find node with name "b" referenced in "on-success" in task "a"\.$/,
    ],
    [
      "chain:\n  - name: a\n    ref: core.noop\n  - name: a\n    ref: core.noop\n",
      /flow\.yaml:4: chain\.1\.name: there is another task "a"$/,
    ],
    [
      "default: b\nchain:\n  - name: a\n    ref: core.noop\n",
      /flow\.yaml:1: default: Unable to find node with name "b" referenced in "default"\.$/,
    ],
    [
      "chain:\n  - name: a\n    ref: core.noop\n    params: {x: 1}\n    parameters: {x: 1}\n",
      /flow\.yaml:2: chain\.0: Either "params" or "parameters" attribute needs to be provided, but not both$/,
    ],
    ["steps: []\nchain:\n  - {name: a, ref: core.noop}\n", /flow\.yaml:1: steps: Invalid/],
  ])("%j is refused with path, line and reason", (chain, reason) => {
    const { actions, problems } = load(chain);
    expect(actions).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(reason)]);
  });

  it("must exist", () => {
    const { problems } = loadAction("name: act\nrunner_type: action-chain\nentry_point: chains/none.yaml\n");
    expect(problems).toEqual([expect.stringMatching(/act\.yaml:3: entry_point: there is no file /)]);
  });
});

describe("an action's file", () => {
  it.each([
    ["runner_type: noop\n", /act\.yaml:1: name: Invalid/],
    ["name: a b\nrunner_type: noop\n", /act\.yaml:1: name: /],
    [
      "name: act\nrunner_type: remote-brain\n",
      /act\.yaml:2: runner_type: "remote-brain" is not one of local-shell-cmd, /,
    ],
    ["name: act\nrunner_type: python-script\n", /act\.yaml:1: entry_point: missing; python-script needs one/],
    [
      "name: act\n\nentry_point: gone.sh\nrunner_type: local-shell-script\n",
      /act\.yaml:3: entry_point: there is no file \S+gone\.sh/,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a:\n    type: text\n",
      /act\.yaml:5: parameters\.a\.type: "text" is not one of array, /,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a-b:\n    type: string\n",
      /act\.yaml:\d: parameters\.a-b: /,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a:\n    secret: maybe\n",
      /act\.yaml:5: parameters\.a\.secret: Invalid type/,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a:\n    immutable: true\n",
      /act\.yaml:5: parameters\.a\.immutable: an immutable parameter needs a default/,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a: {position: 0}\n  b: {position: 0}\n",
      /act\.yaml:5: parameters\.b\.position: a also has the position 0/,
    ],
    [
      "name: act\nrunner_type: noop\nparameters:\n  a: {position: 0}\n  b: {position: 2}\n",
      /act\.yaml:5: parameters\.b\.position: the positions 0, 2 have a gap/,
    ],
  ])("with a mistake is reported by path, line and reason: %j", (text, problem) => {
    const { actions, problems } = loadAction(text);
    expect(actions).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it("is read as StackStorm's parser reads it", () => {
    const { actions, problems } = loadAction(
      `name: act
runner_type: run-local
enabled: no
description:
parameters:
  n: {type: boolean, default: off}
  y: {type: string, default: y}
  mode: {type: integer, default: 0644}
  day: {type: string, default: 2020-01-02}
  base: &base {type: string, default: b, secret: yes}
  more:
    <<: *base
    default: m
  twice: {type: string}
  twice: {type: integer}
`,
    );
    expect(problems).toEqual([]);
    expect(actions).toEqual([
      expect.objectContaining({
        pack: "mine",
        name: "act",
        description: "",
        enabled: false,
        entry_point: "",
        runner_type: "local-shell-cmd",
        parameters: {
          n: { type: "boolean", default: false },
          y: { type: "string", default: "y" },
          mode: { type: "integer", default: 420 },
          day: { type: "string", default: "2020-01-02" },
          base: { type: "string", default: "b", secret: true },
          more: { type: "string", default: "m", secret: true },
          twice: { type: "integer" },
        },
        tags: [],
      }),
    ]);
  });
});

describe("a pack's configuration", () => {
  const SCHEMA = `
url: {type: string, default: "http://127.0.0.1"}
token: {type: string, secret: true}
login:
  type: object
  properties:
    user: {type: string, default: guest}
    password: {type: string, secret: true}
accounts:
  type: object
  additionalProperties:
    type: object
    properties:
      password: {secret: true}
      port: {type: integer, default: 25}
`;
  const CONFIG = `
url: "{{ st2kv.system.url }}"
token: "{{ st2kv.system.token }}"
login: {password: "{{ st2kv.system.token | decrypt_kv }}2"}
accounts: {a: {password: pw-of-a}}
nothing: "{{ st2kv.system.none }}"
`;
  const keys = new Map([
    ["system url", { value: "http://127.0.0.2", secret: false }],
    ["system token", { value: "s3cret", secret: true }],
  ]);

  it.each([
    ["beside the pack", "packs/configs/mine.yaml"],
    ["beside the folder of packs", "configs/mine.yaml"],
    ["in the pack", "packs/mine/configs/mine.yaml"],
  ])("may lie %s", (_, place) => {
    const root = tree({ "packs/mine/pack.yaml": "name: mine\n", [place]: "a: 1\n" });
    expect(readConfig(join(root, "packs/mine"), "mine").config).toEqual({ a: 1 });
  });

  it("has the schema's defaults at any depth, and the values of the key-value table", () => {
    const root = tree({ "mine/config.schema.yaml": SCHEMA, "configs/mine.yaml": CONFIG });
    const read = readConfig(join(root, "mine"), "mine");
    const renderer = new Renderer(keys);
    const config = renderConfig({ ref: "mine", ...read }, renderer);
    expect(config).toEqual({
      url: "http://127.0.0.2",
      token: "s3cret",
      login: { user: "guest", password: "s3cret2" },
      accounts: { a: { password: "pw-of-a", port: 25 } },
      nothing: null,
    });
    expect(secretValues(read.config_schema, config)).toEqual(["s3cret", "s3cret2", "pw-of-a"]);
    expect(withoutSecrets(read.config_schema, config)).toEqual({
      url: "http://127.0.0.2",
      login: { user: "guest" },
      accounts: { a: { port: 25 } },
      nothing: null,
    });
  });

  it("may be empty", () => {
    const root = tree({ "mine/config.schema.yaml": "---\n", "configs/mine.yaml": "# later\n" });
    expect(readConfig(join(root, "mine"), "mine").config).toEqual({});
  });

  it("that cannot be read is a problem of that file, and the pack's actions load", () => {
    const root = tree({
      "mine/pack.yaml": "name: mine\n",
      "mine/actions/act.yaml": "name: act\nrunner_type: noop\n",
      "configs/mine.yaml": "a: [\n",
    });
    const { problems, actions } = loadPacks([join(root, "mine")]);
    expect(problems).toEqual([expect.stringMatching(/configs\/mine\.yaml:2: /)]);
    expect(actions).toHaveLength(1);
  });

  it.each([
    ["{{ gone }}", "'gone' is undefined"],
    ["{{.Names}}", "unexpected '.'"],
  ])("whose template %s fails is reported with the value's name", (template, reason) => {
    const renderer = new Renderer(keys);
    expect(() =>
      renderConfig({ ref: "mine", config: { a: { b: template } }, config_schema: {} }, renderer),
    ).toThrow(
      `Failed to render dynamic configuration value for key "a.b" with value "${template}" for pack "mine" config: ${reason}`,
    );
  });
});
