import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../cli/settings/config.ts";
import { scratch } from "../support/world.ts";

const folder = scratch();
const user_file = join(folder, "config.yaml");
writeFileSync(user_file, "url: https://a.example.com/\nkey: of a\n");
const key_file = join(folder, "key");
writeFileSync(key_file, "of a file\n");
const env = { TAILRACE_CONFIG: user_file };

describe("the server's address and key", () => {
  it("come from a flag, else the environment, else the user's file", () => {
    const environment = { ...env, TAILRACE_URL: "https://b.example.com", TAILRACE_API_KEY: "of b" };
    expect(readConfig({}, env)).toMatchObject({ url: "https://a.example.com", key: "of a" });
    expect(readConfig({}, environment)).toMatchObject({ url: "https://b.example.com", key: "of b" });
    expect(readConfig({ url: "https://c.example.com", keyFile: key_file }, environment)).toEqual({
      url: "https://c.example.com",
      key: "of a file",
      source: { url: "flag", key: "flag" },
    });
  });

  it("belong together: a key of a file is used only for the server in that file", () => {
    expect(readConfig({ url: "https://a.example.com" }, env).key).toBe("of a");
    expect(() => readConfig({ url: "https://b.example.com" }, env)).toThrow(
      "No key (TAILRACE_API_KEY) for https://b.example.com is set.",
    );
  });

  it("come from no file that cannot be read, if they are in the environment", () => {
    const given = { TAILRACE_URL: "https://b.example.com", TAILRACE_API_KEY: "of b" };
    expect(readConfig({}, { ...given, TAILRACE_CONFIG: folder })).toMatchObject({ key: "of b" });
    expect(() => readConfig({}, { TAILRACE_CONFIG: folder })).toThrow(`${folder} cannot be read: EISDIR`);
  });

  it.each([
    ["ftp://a.example.com", /does not begin with http/],
    [
      "https://ann:swordfish@a.example.com",
      /has a name or a password.*: https:\/\/a\.example\.com \(from flag\)/,
    ],
    ["https://a.example.com/?key=1", /has a \? or a #/],
  ])("refuse what no request takes: %s", (url, text) => {
    expect(() => readConfig({ url }, env)).toThrow(text);
  });

  it("have an error that names the wrong setting and its source", () => {
    const nowhere = join(folder, "none");
    expect(() => readConfig({ url: "b.example.com" }, env)).toThrow("b.example.com (from flag)");
    expect(() => readConfig({ keyFile: nowhere }, env)).toThrow(`There is no key in ${nowhere}`);
    expect(() => readConfig({}, { TAILRACE_CONFIG: nowhere })).toThrow("No server (TAILRACE_URL or --url)");
    writeFileSync(join(folder, "broken.yaml"), "url: [");
    expect(() => readConfig({}, { TAILRACE_CONFIG: join(folder, "broken.yaml") })).toThrow(
      "broken.yaml cannot be read: ",
    );
  });
});
