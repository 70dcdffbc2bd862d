import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { VERSION } from "../../protocol/base/version.ts";
import { AGENT_SETTINGS, AgentSettings } from "../../protocol/settings/agent.ts";
import { checkedSettings, givenSettings } from "../../protocol/settings/setting.ts";
import { parseSettingsFile } from "../../protocol/settings/settings-file.ts";
import { agentManPage } from "../../release/debian/man-page.ts";
import { agentSettingsFile } from "../../release/debian/settings-file.ts";
import { makeDebianPackage } from "../../release/debian.ts";
import { hostArchitecture } from "../../release/executable/node.ts";
import { DisposableHost } from "../support/disposable-host.ts";
import { type BuiltExecutable, builtExecutable } from "../support/executable.ts";
import { expectMainJob, mainJobSettings } from "../support/main-job.ts";
import { Standalone } from "../support/standalone.ts";
import { afterTest, clientOf, ROOT, scratch } from "../support/world.ts";

const SETTINGS = "/etc/tailrace/agent.toml";
const KEY_FILE = "/etc/tailrace/pool.key";
const STATE = "/var/lib/tailrace-agent";

/** What the help of `tailrace start` names as a server's state folder. */
const SERVER_STATE = "/var/lib/tailrace";

/** Stands in for systemd, which does not run there: it notes each call, and no unit is enabled. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >> /systemctl.log
case "$*" in *is-enabled*) exit 1 ;; esac
`;

describe("the settings file of the Debian package", () => {
  const read = (text: string) => {
    const file = parseSettingsFile(text, SETTINGS, AGENT_SETTINGS);
    const settings = checkedSettings(
      AgentSettings,
      givenSettings(AGENT_SETTINGS, { flags: {}, env: {}, file }),
    );
    return { names: Object.keys(file.values), settings };
  };

  it("sets what the service needs", () => {
    const { names, settings } = read(agentSettingsFile());
    expect(names).toEqual(["key_file", "state"]);
    expect(settings).toMatchObject({ key_file: KEY_FILE, state: STATE });
  });

  it("shows every other setting as a comment, which can be taken as it is", () => {
    const { names, settings } = read(agentSettingsFile().replace(/^# (?=\w+ = )/gm, ""));
    const all = Object.entries(AGENT_SETTINGS).flatMap(([name, { in_file }]) => (in_file ? [name] : []));
    expect(names).toEqual(all);
    expect(settings).toMatchObject({ slots: 64, labels: { gpu: "a100", zone: "eu" }, fsync: "interval" });
  });
});

it("has a manual page without an error or a warning, with each setting", { tags: ["groff-base"] }, () => {
  const page = agentManPage("1.2.3");
  const args = ["-man", "-ww", "-Kutf8", "-Tutf8", "-z"];
  const { stderr, status } = spawnSync("groff", args, { input: page, encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  for (const { flag, variable } of Object.values(AGENT_SETTINGS))
    for (const word of [flag, variable])
      if (word !== undefined) expect(page).toContain(`\\fB${word.replaceAll("-", "\\-")}\\fR`);
});

it("has a unit that is open to less than most services", { tags: ["systemd"] }, () => {
  const unit = join(ROOT, "release/debian/tailrace-agent.service");
  const { stdout } = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], {
    encoding: "utf8",
  });
  const [, exposure] = /Overall exposure level for tailrace-agent.service: ([\d.]+) OK/.exec(stdout) ?? [];
  expect(Number(exposure)).toBeLessThan(4);
});

describe("the Debian package", { tags: ["root", "dpkg", "adduser", "systemd"] }, () => {
  let host: DisposableHost;
  let server: Server;
  let executable: BuiltExecutable;
  let first: string;
  let second: string;

  beforeAll(async () => {
    [executable] = await Promise.all([
      builtExecutable(),
      startServer({ port: 0, state: scratch() }).then((started) => (server = started)),
      DisposableHost.start().then((started) => (host = started)),
    ]);
    ok("find /bin/ /usr/bin /usr/local/bin -name node -delete");
    ok(`mkdir -p /run/systemd/system && cat > /usr/bin/systemctl <<'END'\n${SYSTEMCTL}END`);
    first = await packageOf(executable, "1.2.3");
    second = await packageOf(executable, "1.2.4");
  }, 240_000);
  afterAll(async () => {
    await host?.stop();
    await server?.stop();
  });

  const ok = (line: string, user?: string): string => {
    const { status, output } = host.run(line, user);
    expect({ line, status, output }).toMatchObject({ status: 0 });
    return output;
  };

  /** What the package's scripts have asked systemd for since the last question. */
  const calls = (): string[] => ok("cat /systemctl.log && rm /systemctl.log").trim().split("\n");

  /** What systemd starts, by hand: the unit's program as the unit's user, in the unit's folder. */
  const start = (): Promise<Standalone> => {
    const unit = ok("cat /usr/lib/systemd/system/tailrace-agent.service");
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(unit)?.[1] ?? "";
    const [file = "", ...words] = host.words(value("User"), { HOME: STATE });
    const program = `cd ${value("WorkingDirectory")} && exec ${value("ExecStart")}`;
    const agent = new Standalone(file, [...words, "sh", "-c", program], { cwd: "/", env: process.env });
    afterTest(() => agent.stop());
    return agent.ready();
  };

  it("is installed, runs, is upgraded, removed and purged", async () => {
    ok(`install -D /dev/null ${SERVER_STATE}/do/kept`);
    expect(ok(`dpkg --install ${first}`)).toContain("systemctl enable --now tailrace-agent");
    expect(calls()).toEqual(["daemon-reload"]);
    expect(ok(`stat --format '%n %U %G %a' ${STATE} ${KEY_FILE} ${SETTINGS} /usr/bin/tailrace-agent`)).toBe(
      [
        `${STATE} tailrace tailrace 700`,
        `${KEY_FILE} tailrace tailrace 600`,
        `${SETTINGS} root root 644`,
        "/usr/bin/tailrace-agent root root 755\n",
      ].join("\n"),
    );
    expect(ok("dpkg --verify tailrace-agent")).toBe("");
    expect(ok("cat /usr/share/doc/tailrace-agent/copyright")).toMatch(/^Node\.js\n\nNode\.js is licensed/m);
    expect(
      ok(`dpkg-deb --fsys-tarfile ${first} | tar -xO ./usr/share/man/man1/tailrace-agent.1.gz | gunzip`),
    ).toBe(agentManPage("1.2.3"));
    expect(ok("systemd-analyze verify tailrace-agent.service")).toBe("");
    const drop_in = "/etc/systemd/system/tailrace-agent.service.d";
    ok(`install -D -m 0644 /usr/share/doc/tailrace-agent/examples/sudo.conf -t ${drop_in}`);
    expect(ok("systemd-analyze verify tailrace-agent.service")).toBe("");

    const client = clientOf(server.url, server.apiKey);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "debian" });
    const settings = mainJobSettings(server.url, KEY_FILE, STATE);
    ok(`cat > ${KEY_FILE} <<'END'\n${key}\nEND\ncat > ${SETTINGS} <<'END'\n${settings}END`);
    const agent = await start();
    await expectMainJob(client, "debian");
    expect(agent.log).not.toContain(" warn ");
    const { id: run } = await client.create({
      action: "core.local",
      parameters: { cmd: "id -un" },
      pool: "debian",
    });
    expect(await (await client.output(run)).text()).toBe("tailrace\n");
    await agent.stop();

    const said = ok(`dpkg --install ${second}`);
    expect(said).toContain("the service is disabled; to start it: systemctl enable --now tailrace-agent");
    expect(calls()).toEqual([
      "daemon-reload",
      "daemon-reload",
      "try-restart --no-block tailrace-agent.service",
      "--quiet is-enabled tailrace-agent.service",
    ]);
    expect(ok(`cat ${SETTINGS}`)).toBe(settings);
    const upgraded = await start();
    await expectMainJob(client, "debian");
    expect(await client.agents("debian")).toHaveLength(1);
    await upgraded.stop();

    ok("dpkg --remove tailrace-agent");
    expect(calls()).toEqual(["disable --now tailrace-agent.service", "daemon-reload"]);
    expect(ok(`ls ${SETTINGS} ${STATE}/identity.json`)).toContain("identity.json");
    expect(host.run("command -v tailrace-agent").status).not.toBe(0);
    ok("dpkg --purge tailrace-agent");
    expect(host.run(`ls -d /etc/tailrace ${STATE}`).output).toMatch(/(.*No such file or directory\n){2}/);
    // Files of its actions still belong to it, and a server's state is no agent's.
    expect(ok("getent passwd tailrace")).toContain(STATE);
    expect(ok(`stat --format '%U %a' ${SERVER_STATE}`)).toBe("root 755\n");
    expect(ok(`ls ${SERVER_STATE}/do`)).toBe("kept\n");
  }, 120_000);

  it("is installed where the user exists without the group, in an image by the step of the container file", () => {
    ok("deluser --quiet tailrace && useradd --system --no-user-group --gid nogroup tailrace");
    const name = `tailrace-agent_1.2.3_${ok("dpkg --print-architecture").trim()}.deb`;
    ok(`mkdir /release && cp ${first} /release/${name} && sh ${ROOT}/release/container/agent.sh /release`);
    expect(ok("tailrace-agent --version", "tailrace")).toBe(`${VERSION}\n`);
  }, 120_000);

  it("is the same each time, byte for byte", async () => {
    const again = await packageOf(executable, "1.2.3");
    expect(readFileSync(again).equals(readFileSync(first))).toBe(true);
  });
});

describe("the container file", () => {
  const folder = join(ROOT, "release/container");
  const text = readFileSync(join(folder, "Containerfile"), "utf8");
  const steps = [...text.matchAll(/^RUN .* sh \/release\/container\/(\S+) \/release$/gm)].map(
    ([, name]) => name,
  );

  it("runs only scripts, and each of them is a script", () => {
    expect(text.match(/^RUN /gm)).toHaveLength(steps.length);
    expect(readdirSync(folder).sort()).toEqual(["Containerfile", ...steps].sort());
    for (const name of steps)
      expect(spawnSync("sh", ["-n", join(folder, name ?? "")], { encoding: "utf8" }).stderr).toBe("");
  });
});

/** A package without compression, which takes no time. */
async function packageOf({ file: executable, licences }: BuiltExecutable, version: string): Promise<string> {
  const work = scratch();
  const file = join(work, "tailrace-agent.deb");
  await makeDebianPackage({
    version,
    architecture: hostArchitecture(),
    executable,
    licences: readFileSync(licences, "utf8"),
    epoch_s: 1_800_000_000,
    file,
    work: join(dirname(file), "tree"),
    compression_level: 0,
  });
  return file;
}
