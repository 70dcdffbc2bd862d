import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { interpreterOf } from "../../agent/runners/interpreter.ts";
import { type Ran, type RunOptions, runCommandLine, userEnvironment } from "../support/command-line.ts";
import { receive } from "../support/reader.ts";
import { tree } from "../support/tree.ts";
import { wheel } from "../support/wheel.ts";
import { ROOT, scratch, startWorld, type World } from "../support/world.ts";

/** Imports modules, and returns what each says that it is, or why it is not there. */
const IMPORTS = `import importlib
from st2common.runners.base_action import Action
class A(Action):
    def run(self, modules):
        return [importlib.import_module(name).VALUE for name in modules]
`;
const importing = (name: string) => {
  const files = {
    "pack.yaml": `name: ${name}\n`,
    "actions/act.yaml":
      "name: act\nrunner_type: python-script\nentry_point: act.py\nparameters:\n  modules: {type: array}\n",
    "actions/act.py": IMPORTS,
  };
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text]));
};

/** A pack with what this host has, and one with an environment of its own. */
const python_packs = tree({ ...importing("plain"), ...importing("own") });

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", python_packs] });
  env = userEnvironment(world);
});
afterAll(() => world.stop());

function tailrace(args: string[], options: RunOptions = {}): Promise<Ran> {
  return runCommandLine(args, { env, ...options });
}

const GOOD = {
  "pack.yaml": "ref: mine\nname: Mine\nversion: 0.1.0\ndescription: What is mine.\n",
  "actions/act.yaml": "name: act\nrunner_type: local-shell-script\nentry_point: act.sh\n",
  "actions/act.sh": "#!/bin/sh\necho sentinel-of-the-script\n",
  "configs/mine.yaml": "token: token-of-mine\n",
};
const BAD = { ...GOOD, "actions/bad.yaml": "name: bad\nrunner_type: remote-brain\n", "rules/r.yaml": "" };

describe("pack list", () => {
  it("shows the packs that agents have registered", async () => {
    const { code, stdout } = await tailrace(["pack", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/ref.*version.*actions.*description/);
    expect(stdout).toMatch(/core .* 11 .*Basic actions/);
    expect(stdout).toMatch(/examples .* 8 /);
  });

  it("prints JSON with --json", async () => {
    const { stdout } = await tailrace(["pack", "list", "--json"]);
    expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ ref: "core", actions: 11 }));
  });
});

describe("pack validate", () => {
  it("shows the packs that an agent would load", async () => {
    const folder = tree(GOOD);
    const { code, stdout, stderr } = await tailrace(["pack", "validate", folder]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `mine  0.1.0  1 action  ${folder}\nvalid\n`,
      stderr: "",
    });
  });

  it("reports a parameter's pattern that cannot be matched, with the reason", async () => {
    const metadata = "name: bad\nrunner_type: local-shell-cmd\nparameters:\n  word:\n    pattern: (?!x)y\n";
    const folder = tree({ ...GOOD, "actions/bad.yaml": metadata });
    const { code, stdout } = await tailrace(["pack", "validate", folder]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      `${folder}/actions/bad.yaml:5: parameters.word.pattern: the pattern cannot be matched by RE2: it looks ahead`,
    );
  });

  it("reports the parts that an agent would not load by path, line and reason, and fails", async () => {
    const folder = tree(BAD);
    const { code, stdout } = await tailrace(["pack", "validate", folder]);
    expect(code).toBe(1);
    expect(stdout).toContain(`mine  0.1.0  1 action  ${folder}\n${folder}: not run here: rules\n`);
    expect(stdout).toContain(
      `not loaded: ${folder}/actions/bad.yaml:2: runner_type: "remote-brain" is not one of local-shell-cmd,`,
    );
    expect(stdout).not.toContain("valid\n");
  });

  it("prints JSON with --json, without the pack's configuration", async () => {
    const folder = tree(BAD);
    const { code, stdout } = await tailrace(["pack", "validate", folder, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      packs: [
        {
          ref: "mine",
          name: "Mine",
          version: "0.1.0",
          description: "What is mine.",
          author: "",
          folder,
        },
      ],
      actions: [expect.objectContaining({ pack: "mine", name: "act", entry_point: "act.sh" })],
      problems: [expect.stringContaining("bad.yaml:2: runner_type")],
      notices: [`${folder}: not run here: rules`],
    });
  });

  it.each([
    ["by ..", "../../outside.sh"],
    ["by an absolute path", "/etc/passwd"],
    ["by a link", "link.sh"],
  ])("refuses an entry point that leads out of the pack %s", async (_, entry_point) => {
    const folder = tree({
      "outside.sh": "",
      "mine/pack.yaml": "name: mine\n",
      "mine/actions/act.yaml": `name: act\nrunner_type: local-shell-script\nentry_point: ${entry_point}\n`,
    });
    if (entry_point === "link.sh")
      symlinkSync(join(folder, "outside.sh"), join(folder, "mine/actions/link.sh"));
    const { code, stdout } = await tailrace(["pack", "validate", join(folder, "mine")]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/not loaded: .*(leads out of the pack|is an absolute path)/);
    expect(stdout).not.toContain("1 action");
  });

  it.each([
    "pack.yaml",
    "config.schema.yaml",
    "configs/mine.yaml",
    "actions/act.yaml",
    "actions/lib",
    "lib/deep/x.py",
  ])("refuses a link %s that leads out of the pack", async (name) => {
    const folder = tree({
      "outside/mine.yaml": "name: mine\nrunner_type: noop\n",
      "mine/pack.yaml": "name: mine\n",
    });
    const link = join(folder, "mine", name);
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(join(folder, "outside", name === "actions/lib" ? "." : "mine.yaml"), link);
    const { code, stdout } = await tailrace(["pack", "validate", join(folder, "mine")]);
    expect(code).toBe(1);
    expect(stdout).toContain(`not loaded: ${folder}/mine: ${name} is a link that leads out of the pack`);
  });

  it("refuses a link that leads out through a link to another folder of the pack, and accepts links in a circle", async () => {
    const folder = tree({
      "outside.py": "",
      "mine/pack.yaml": "name: mine\n",
      "mine/lib/own.py": "",
      "mine/vendored/deep/own.py": "",
    });
    symlinkSync("../vendored", join(folder, "mine/lib/vendor"));
    symlinkSync("../../lib", join(folder, "mine/vendored/deep/back"));
    const validate = () => tailrace(["pack", "validate", join(folder, "mine")]);
    expect(await validate()).toMatchObject({ code: 0, stdout: expect.stringContaining("valid\n") });
    symlinkSync(join(folder, "outside.py"), join(folder, "mine/vendored/deep/mod.py"));
    const { code, stdout } = await validate();
    expect(code).toBe(1);
    expect(stdout).toContain(
      `not loaded: ${folder}/mine: vendored/deep/mod.py is a link that leads out of the pack`,
    );
  });

  it.each(["pack.yaml", "configs/mine.yaml", "actions/act.yaml", "actions/chain.yaml"])(
    "does not wait for a named pipe at %s, and does not read a file that is too large",
    async (name) => {
      const chain = "name: way\nrunner_type: action-chain\nentry_point: chain.yaml\n";
      const folder = tree({ ...GOOD, "actions/chain.yaml": "chain: []\n", "actions/way.yaml": chain });
      const file = join(folder, name);
      rmSync(file);
      execFileSync("mkfifo", [file]);
      const piped = await tailrace(["pack", "validate", folder]);
      expect(piped.code).toBe(1);
      expect(piped.stdout).toContain(`not loaded: ${file}: it is not a file`);
      rmSync(file);
      writeFileSync(file, "");
      truncateSync(file, 1024 ** 3);
      const large = await tailrace(["pack", "validate", folder]);
      expect(large.code).toBe(1);
      expect(large.stdout).toContain(`not loaded: ${file}: it has 1073741824 bytes, and at most 4194304 are`);
    },
  );

  it("accepts a pack that is itself a link, and links that stay inside it", async () => {
    const folder = tree({
      "real/pack.yaml": "name: mine\n",
      "real/lib/shared.sh": "",
      "real/actions/act.yaml": "name: act\nrunner_type: local-shell-script\nentry_point: act.sh\n",
      "real/actions/up.yaml": "name: up\nrunner_type: local-shell-script\nentry_point: ../lib/shared.sh\n",
    });
    symlinkSync("../lib/shared.sh", join(folder, "real/actions/act.sh"));
    symlinkSync("real", join(folder, "mine"));
    const { code, stdout } = await tailrace(["pack", "validate", join(folder, "mine")]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("2 actions") });
  });

  it("needs no server", async () => {
    const { code } = await tailrace(["pack", "validate", tree(GOOD)], {
      env: { ...process.env, TAILRACE_URL: "http://127.0.0.1:1", TAILRACE_API_KEY: "none" },
    });
    expect(code).toBe(0);
  });

  it("reports a missing folder", async () => {
    const { code, stdout } = await tailrace(["pack", "validate", "/no/such/folder"]);
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining("not loaded: ENOENT: no such file or directory"),
    });
  });

  it("without a folder is refused", async () => {
    const { code, stderr } = await tailrace(["pack", "validate"]);
    expect(code).toBe(2);
    expect(stderr).toContain("missing required argument 'dir'");
  });
});

describe("pack register", () => {
  it("sends a pack's metadata to the server, without scripts and configuration", async () => {
    const folder = tree(GOOD);
    const { code, stdout, stderr } = await tailrace(["pack", "register", folder]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "1 action of mine\n", stderr: "" });
    const upstream = JSON.stringify([await world.client.packs(), await world.client.actions()]);
    expect(upstream).toContain("What is mine.");
    expect(upstream).toContain("mine.act");
    expect(upstream).not.toMatch(/sentinel-of-the-script|token-of-mine/);
    expect(upstream).not.toContain(folder);
    expect(JSON.parse((await tailrace(["pack", "register", folder, "--json"])).stdout)).toEqual({
      registered: 1,
    });
  });

  it("registers nothing of a pack with a problem, and reports the problem", async () => {
    const folder = tree({ ...BAD, "pack.yaml": "name: half\n" });
    const { code, stdout, stderr } = await tailrace(["pack", "register", folder]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(
      /bad\.yaml:2: runner_type: .*\nNothing is registered: fix this, then register again\.\n$/,
    );
    expect((await world.client.packs()).map(({ ref }) => ref)).not.toContain("half");
  });

  it("reports a server that does not answer", async () => {
    const { code, stderr } = await tailrace(["pack", "register", tree(GOOD), "--url", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/The server does not answer: .*\. `tailrace doctor` says more\.\n/);
  });
});

/**
 * Arguments for a Python that copies an environment instead of making one, which takes six seconds of processor time. All else it
 * does as Python does.
 */
let copying: string[];
const makeCopying = () => {
  const environment = join(scratch(), "environment");
  execFileSync("python3", ["-m", "venv", environment]);
  const program = join(scratch(), "python3");
  const script = `if [ "$1 $2" = "-m venv" ]; then exec cp -a '${environment}' "$3"; fi\nexec python3 "$@"\n`;
  writeFileSync(program, `#!/bin/sh\n${script}`, { mode: 0o755 });
  copying = ["--python", program];
};

describe("packs of Python", { tags: ["python3", "python3-venv"] }, () => {
  beforeAll(makeCopying);

  describe("pack install", () => {
    // A folder serves as the package index.
    const index = scratch();
    wheel(join(index, "six-1.16.0-py3-none-any.whl"), "six", "VALUE = 'from six'\n", "1.16.0");
    wheel(join(index, "of_the_test-1.0-py3-none-any.whl"), "of_the_test", "VALUE = 'installed'\n");
    const install = (...args: string[]) =>
      tailrace(["pack", "install", ...args], { env: { ...env, PIP_NO_INDEX: "1", PIP_FIND_LINKS: index } });

    it("makes a virtualenv from requirements.txt, and actions run in it", async () => {
      const folder = tree({
        "pack.yaml": "name: venv\n",
        "requirements.txt": "of-the-test==1.0\n",
        "actions/act.yaml": "name: act\nrunner_type: python-script\nentry_point: act.py\n",
        "actions/act.py":
          "import of_the_test\nimport six\nfrom st2common.runners.base_action import Action\nclass A(Action):\n    def run(self):\n        return [of_the_test.VALUE, six.VALUE]\n",
      });
      const { code, stdout, stderr } = await install(folder);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^virtualenv \S+\/\.venv\n/);
      expect(stdout).toMatch(/Successfully installed of[-_]the[-_]test-1\.0/);
      expect(stdout).toMatch(/installed\n$/);
      const { client, stop } = await startWorld({ agentArgs: ["--packs", folder] });
      const { id } = await client.create({ action: "venv.act" });
      await receive(client, id);
      expect((await client.get(id)).result).toMatchObject({
        result: ["installed", "from six"],
        exit_code: 0,
      });
      await stop();
    });

    it("makes a virtualenv for a pack without requirements", async () => {
      const folder = tree({ "pack.yaml": "name: bare\n" });
      expect((await install(folder, ...copying)).code).toBe(0);
      expect(readFileSync(join(folder, ".venv/pyvenv.cfg"), "utf8")).toContain("home = ");
    });

    it("reports a requirement that cannot be met, with the next step", async () => {
      const folder = tree({ "pack.yaml": "name: bare\n", "requirements.txt": "no-such-thing\n" });
      const { code, stderr } = await install(folder, ...copying);
      expect(code).toBe(1);
      expect(stderr).toContain("No matching distribution found for no-such-thing");
      expect(stderr).toMatch(/failed: exit code 1\. Fix requirements\.txt, then install again\.\n$/);
    });

    it.each([
      [["/no/such/folder"], 2, "There is no pack.yaml in /no/such/folder: name the folder of one pack.\n"],
      [
        ["PACK", "--python", "no-such-python"],
        1,
        "no-such-python cannot be run: spawn no-such-python ENOENT. Name another with --python.\n",
      ],
    ])("reports the mistake in %j", async (args, code, stderr) => {
      const folder = tree({ "pack.yaml": "name: bare\n" });
      const ran = await install(...args.map((arg) => (arg === "PACK" ? folder : arg)));
      expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code, stderr });
    });
  });

  describe("pack setup", () => {
    /** An index with every library of the shared environment, as a module that says its name. */
    function fullIndex(): string {
      const folder = scratch();
      const lines = readFileSync(join(ROOT, "agent/python/requirements.txt"), "utf8").split("\n");
      for (const line of lines) {
        const [, name, version = ""] = /^([\w-]+)>=([\d.]+)/.exec(line) ?? [];
        if (name === undefined) continue;
        const module = name.replaceAll("-", "_");
        wheel(join(folder, `${module}-${version}-py3-none-any.whl`), module, `VALUE = "${name}"\n`, version);
      }
      return folder;
    }

    const setup = (state: string, more: NodeJS.ProcessEnv) =>
      tailrace(["pack", "setup", "--state", state, ...copying], { env: { ...env, ...more } });

    it("installs what StackStorm's environment has, and every pack finds it", async () => {
      const index = fullIndex();
      const pip = { PIP_CONFIG_FILE: "/dev/null", PIP_NO_INDEX: "1", PIP_FIND_LINKS: index };
      const own = join(python_packs, "own/.venv");
      execFileSync("python3", ["-m", "venv", "--without-pip", own]);
      const [version = ""] = readdirSync(join(own, "lib"));
      for (const name of ["of_the_test", "requests"])
        writeFileSync(join(own, "lib", version, "site-packages", `${name}.py`), `VALUE = "own ${name}"\n`);
      const imports = async (action: string, modules: string[]) => {
        const { id } = await world.client.create({ action, parameters: { modules } });
        await receive(world.client, id);
        return (await world.client.get(id)).result;
      };
      expect(await imports("plain.act", ["of_the_test"])).toMatchObject({
        exit_code: 1,
        stderr: expect.stringMatching(/^Traceback .*ModuleNotFoundError: No module named 'of_the_test'$/s),
        error: `No module named 'of_the_test'. Name it in the pack's requirements.txt, then run: tailrace pack install ${python_packs}/plain. For the libraries that StackStorm itself has: tailrace pack setup`,
      });

      const { code, stdout, stderr } = await setup(world.agent.state, pip);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/^shared environment \S+\/python\n/);
      expect(stdout).toMatch(/ready: the next run of a Python action uses it\n$/);

      const named = [
        "requests",
        "PyYAML",
        "six",
        "python_dateutil",
        "jsonschema",
        "Jinja2",
        "pytz",
        "eventlet",
      ];
      expect(await imports("plain.act", named)).toMatchObject({
        exit_code: 0,
        result: named.map((name) => name.replace("_", "-")),
      });
      // A pack's own version comes first.
      expect(await imports("own.act", ["of_the_test", "requests", "PyYAML"])).toMatchObject({
        exit_code: 0,
        result: ["own of_the_test", "own requests", "PyYAML"],
      });
      expect(await imports("plain.act", ["of_the_test"])).toMatchObject({
        error: `No module named 'of_the_test'. Name it in the pack's requirements.txt, then run: tailrace pack install ${python_packs}/plain`,
      });
    }, 120_000);

    it("says that the index does not answer, and leaves no half of an environment", async () => {
      const state = scratch();
      const unreachable = {
        PIP_CONFIG_FILE: "/dev/null",
        PIP_INDEX_URL: "http://127.0.0.1:1/simple",
        PIP_RETRIES: "1",
      };
      const { code, stderr } = await setup(state, unreachable);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /\nThe index of Python packages does not answer: \[Errno 111\] Connection refused \(package_index_unreachable\)\. Give one that this host reaches, by pip's own settings \(PIP_INDEX_URL, PIP_FIND_LINKS, PIP_PROXY\), then run it again\.\n$/,
      );
      expect(
        interpreterOf({ folder: "/no/pack", ref: "none" }, join(state, "python")).virtualenv,
      ).toBeUndefined();
    });

    it("says so where the index lacks a library", async () => {
      const lacking = { PIP_CONFIG_FILE: "/dev/null", PIP_NO_INDEX: "1", PIP_FIND_LINKS: scratch() };
      const { code, stderr } = await setup(scratch(), lacking);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        /failed: exit code 1\. pip names the library above\. Check that pip can reach a package index \(PIP_INDEX_URL, PIP_FIND_LINKS\), then run it again\.\n$/,
      );
    });
  });

  describe("pack", () => {
    it.each([
      ["pack"],
      ["pack list"],
      ["pack register"],
      ["pack validate"],
      ["pack install"],
      ["pack setup"],
    ])("%s -h has examples that run as printed", async (command) => {
      const { code, stdout } = await tailrace([...command.split(" "), "-h"]);
      expect(code).toBe(0);
      expect(stdout).toContain(command === "pack" ? "validate" : `$ tailrace ${command}`);
    });
  });
});
