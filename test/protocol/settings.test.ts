import { describe, expect, it } from "vitest";
import { AGENT_SETTINGS, AgentSettings } from "../../protocol/settings/agent.ts";
import { checkedSettings, givenSettings, type SettingSources } from "../../protocol/settings/setting.ts";
import { parseSettingsFile } from "../../protocol/settings/settings-file.ts";

const read = ({ flags = {}, env = {}, file }: Partial<SettingSources>) =>
  checkedSettings(AgentSettings, givenSettings(AGENT_SETTINGS, { flags, env, file }));

const fileOf = (text: string) => parseSettingsFile(text, "agent.toml", AGENT_SETTINGS);

describe("the agent's settings", () => {
  const file = fileOf('slots = 1\nfsync = "never"\nlabels = ["zone=eu"]\npool = "file"');
  const env = { TAILRACE_AGENT_SLOTS: "2", TAILRACE_AGENT_FSYNC: "always", TAILRACE_AGENT_POOL: "" };

  it("come from flags before the environment, and from the environment before the file", () => {
    expect(read({ flags: { slots: "3" }, env, file })).toMatchObject({
      slots: 3,
      fsync: "always",
      labels: { zone: "eu" },
      // An empty variable is none.
      pool: "file",
      ssh_alive_seconds: 3,
    });
  });

  it("say where each comes from", () => {
    const given = givenSettings(AGENT_SETTINGS, { flags: { slots: "3" }, env, file });
    expect([...given].map(([name, { origin, place }]) => [name, origin, place])).toEqual([
      ["pool", "file", "pool in agent.toml"],
      ["slots", "flag", "--slots"],
      ["labels", "file", "labels in agent.toml"],
      ["fsync", "environment", "TAILRACE_AGENT_FSYNC"],
    ]);
  });

  it("take lists with commas from the environment", () => {
    const env = { TAILRACE_AGENT_LABELS: "gpu=a100,zone=eu", TAILRACE_AGENT_PACKS: "/a,/b" };
    expect(read({ env })).toMatchObject({ labels: { gpu: "a100", zone: "eu" }, packs: ["/a", "/b"] });
  });

  it.each([
    ['slots = "4"', 'slots in agent.toml: give a whole number from 1 to 256, not "4"'],
    ["slots = 0.5", "slots in agent.toml: give a whole number from 1 to 256, not 0.5"],
    ['packs = "/opt"', "packs in agent.toml: give a list of texts"],
    ["packs = [1]", "packs in agent.toml: give a list of texts"],
    ['labels = ["gpu"]', "labels in agent.toml: a label is NAME=VALUE, not gpu"],
    ['fsync = "soon"', "fsync in agent.toml: give one of never, interval, always"],
    ["url = false", "url in agent.toml: give a text"],
  ])("refuse a wrong value of the file: %s", (text, message) => {
    expect(() => read({ file: fileOf(text) })).toThrow(new Error(message));
  });

  it("name the variable of a wrong value", () => {
    expect(() => read({ env: { TAILRACE_AGENT_SLOTS: "many" } })).toThrow(
      'TAILRACE_AGENT_SLOTS: give a whole number from 1 to 256, not "many"',
    );
  });

  it.each([
    ["slotz = 4", /^agent\.toml: there is no setting slotz\. There are url, key_file, .*fsync\.$/],
    ["stop_with_stdin = true", /^agent\.toml: there is no setting stop_with_stdin\./],
    ['key = "tr_secret"', /^agent\.toml: the value of key does not .* name that by key_file\.$/],
    ["slots = 4\nurl = = 1", /^agent\.toml:2 is not TOML: Invalid TOML document: [^\n]*\.$/],
  ])("refuse a file with another key, or that is no TOML: %j", (text, message) => {
    expect(() => fileOf(text)).toThrow(message);
  });
});
