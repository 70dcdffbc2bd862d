// @module-tag coreutils
import { randomUUID } from "node:crypto";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOCALE_COMMAND, localeFinding } from "../../cli/commands/doctor-run.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { pythonOutcome, runs, write, writePythonPack } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { remoteOutcome, startRemote } from "../support/remote.ts";
import { Sshd } from "../support/sshd.ts";
import { afterTest, scratch, startWorld, TestAgent, type World } from "../support/world.ts";

/** Five characters; a locale that knows ASCII alone counts seven, one for each byte. */
const COUNT = "printf größe | wc -m";

/** This environment with another locale. */
const withLocale = (locale: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(LC_.*|LANG)$/.test(name))),
  ...locale,
});

let world: World;
const packs = join(scratch(), "packs");
writePythonPack(join(packs, "utf"), {
  act: runs(
    `
    import locale
    with open(given['path'], 'w') as file:
        file.write('漢🙂')
    os.rename(given['path'], given['path'] + 'ö')
    told = subprocess.check_output(['sh', '-c', '${COUNT}']).decode().strip()
    return [sys.getfilesystemencoding(), locale.getpreferredencoding(False).upper(), told]`,
    { path: { type: "string" } },
  ),
});
beforeAll(async () => {
  world = await startWorld({ agentEnv: {}, agentArgs: ["--packs", packs] });
});
afterAll(() => world.stop());

/** A pool whose agent has another environment. */
async function poolWith(env: NodeJS.ProcessEnv): Promise<string> {
  const pool = `pool-${randomUUID()}`;
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool });
  const agent = await new TestAgent(world.server.url, key, [], scratch(), undefined, env).start().ready();
  afterTest(() => agent.stop());
  return pool;
}

async function stdoutOf(
  parameters: Record<string, unknown>,
  { action = "core.local", pool = "default" }: { action?: string; pool?: string } = {},
) {
  const { id } = await world.client.create({ action, parameters, pool });
  await receive(world.client, id);
  return (await world.client.get(id)).result?.stdout;
}

describe("an agent that is started without an environment", () => {
  it("gives programs a path, a home and UTF-8", async () => {
    expect(await stdoutOf({ cmd: 'echo "$LANG $HOME"; command -v ls >/dev/null && echo found' })).toBe(
      `C.UTF-8 ${homedir()}\nfound`,
    );
    expect(await stdoutOf({ cmd: COUNT })).toBe(5);
  });

  it("lists a name beyond ASCII as it is", async () => {
    const folder = scratch();
    write(join(folder, "größe-漢🙂"), "");
    expect(await stdoutOf({ cmd: "ls -q", cwd: folder })).toBe("größe-漢🙂");
    expect(await stdoutOf({ cmd: "ls", cwd: folder, tty: true })).toContain("größe-漢🙂");
  });

  it("lets git write its own configuration", { tags: ["git"] }, async () => {
    const home = scratch();
    const cmd = "git config --global user.name Größe && git config --global user.name";
    expect(await stdoutOf({ cmd, env: { HOME: home } })).toBe("Größe");
    expect(await stdoutOf({ cmd: "git config --global --list >/dev/null; git --version" })).toMatch(/^git /);
  });

  it("runs Python actions, whose files and subprocesses are UTF-8", { tags: ["python3"] }, async () => {
    const { id } = await world.client.create({
      action: "utf.act",
      parameters: { path: join(scratch(), "file") },
    });
    expect(await pythonOutcome(world.client, id)).toMatchObject({ result: ["utf-8", "UTF-8", "5"] });
  });

  it("gives UTF-8 to what sudo runs", { tags: ["sudo", "root"] }, async () => {
    expect(await stdoutOf({ cmd: COUNT }, { action: "core.local_sudo" })).toBe(5);
  });
});

describe("a host that names a locale", () => {
  it.each([
    ["LC_ALL", { LC_ALL: "C", LANG: "C.UTF-8" }, 7],
    ["LC_CTYPE", { LC_CTYPE: "C" }, 7],
    ["LANG", { LANG: "C" }, 7],
    ["an empty LC_ALL", { LC_ALL: "", LANG: "C" }, 7],
    ["nothing but empty texts", { LC_ALL: "", LC_CTYPE: "", LANG: "" }, 5],
  ])("by %s decides", async (_, locale, count) => {
    const pool = await poolWith(withLocale(locale));
    expect(await stdoutOf({ cmd: COUNT }, { pool })).toBe(count);
  });

  it("does not decide over the run's own variables", async () => {
    const pool = await poolWith(withLocale({ LANG: "C" }));
    expect(await stdoutOf({ cmd: COUNT, env: { LC_ALL: "C.UTF-8" } }, { pool })).toBe(5);
  });
});

describe("a remote host", { tags: ["openssh-client", "openssh-server"] }, () => {
  it.each([
    ["gets UTF-8 where it names no locale", undefined, {}, 5],
    ["decides where it names one", "C", {}, 7],
    ["does not decide over the run's own variables", "C", { LC_ALL: "C.UTF-8" }, 5],
  ])("%s", async (_, lang, env, count) => {
    const sshd = await Sshd.start(lang === undefined ? {} : { lang });
    afterTest(() => sshd.stop());
    for (const tty of [false, true]) {
      const { host } = await remoteOutcome(
        world.client,
        await startRemote(world.client, sshd, COUNT, { env, tty }),
      );
      expect(host.stdout).toBe(count);
    }
  });
});

describe("doctor", () => {
  it("says which locale runs get", async () => {
    const { code, stdout } = await runCommandLine(["doctor"], { env: userEnvironment(world) });
    expect(stdout).toMatch(/ok {4}locale {3}runs on test get the locale C\.UTF-8: text is UTF-8\n$/);
    expect(code).toBe(0);
  });

  it("warns of one that the agent's host lacks, and says what to do", async () => {
    const pool = await poolWith(withLocale({ LANG: "xx_YY.UTF-8" }));
    expect(localeFinding("web1", String(await stdoutOf({ cmd: LOCALE_COMMAND }, { pool })))).toEqual({
      check: "locale",
      ok: false,
      text: "runs on web1 get the locale xx_YY.UTF-8, which that host lacks: text is ANSI_X3.4-1968",
      advice: "Install it there (sudo locale-gen xx_YY.UTF-8), or start the agent with LANG=C.UTF-8.",
    });
  });

  it.each([
    ["tailrace\nC.UTF-8", true, "runs on web1 get the locale C.UTF-8: text is UTF-8"],
    ["tailrace\nC\nANSI_X3.4-1968", true, "runs on web1 get the locale C: text is ANSI_X3.4-1968"],
  ])("reads %j", (stdout, ok, text) => {
    expect(localeFinding("web1", stdout)).toMatchObject({ ok, text });
  });
});
