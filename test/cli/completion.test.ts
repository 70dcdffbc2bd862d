import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { auditCommand } from "../../cli/commands/audit.ts";
import { executionCommand } from "../../cli/commands/execution.ts";
import { tailCommand } from "../../cli/commands/following.ts";
import { manPage } from "../../cli/commands/man-page.ts";
import { packCommand } from "../../cli/commands/pack.ts";
import { roleCommand } from "../../cli/commands/role.ts";
import { runCommand } from "../../cli/commands/run.ts";
import { serverOf, suggest } from "../../cli/commands/suggest.ts";
import { STATUSES } from "../../protocol/base/status.ts";
import { COMMAND_LINE } from "../support/built-programs.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { afterTest, scratch } from "../support/world.ts";

const program = new Command("tailrace").description("Watches.");
for (const make of [runCommand, executionCommand, packCommand, roleCommand, auditCommand])
  program.addCommand(make());
program.addCommand(tailCommand("tail"));

/** The words that may stand at the cursor, which is in the last word. */
function at(...words: string[]): string[] {
  return suggest(program, words).words.map(({ value }) => value);
}

describe("the words at the cursor", () => {
  it("are commands, then their own commands", () => {
    expect(at("")).toEqual(expect.arrayContaining(["run", "execution", "tail"]));
    expect(at("execution", "")).toEqual(expect.arrayContaining(["list", "tail", "link"]));
    expect(at("execution", "link", "")).toEqual(expect.arrayContaining(["list", "revoke"]));
    expect(at("nothing", "")).toEqual([]);
  });

  it("are flags of the command that is being typed, also after words and values", () => {
    expect(at("tail", "--")).toEqual(expect.arrayContaining(["--exit-status", "--type", "--json", "--help"]));
    expect(at("run", "--type", "stderr", "core.local", "-")).toContain("--tail");
    expect(at("run", "core.local", "--", "-")).toEqual([]);
  });

  it("are the values of a flag or an argument", () => {
    const streams = ["stdout", "stderr", "other"];
    expect(at("tail", "--type", "")).toEqual(streams);
    expect(at("tail", "--type=std")).toEqual(streams);
    expect(at("tail", "--type", "=", "std")).toEqual(streams);
    expect(at("tail", "--type", "=")).toEqual(streams);
    expect(at("execution", "list", "--status", "")).toEqual([...STATUSES]);
    expect(at("role", "grant", "operators", "action_view", "")).toContain("action_execute");
    expect(at("tail", "--lines", "")).toEqual([]);
  });

  it.each([
    [["tail", ""], "executions"],
    [["execution", "cancel", ""], "executions"],
    [["execution", "link", ""], "executions"],
    [["run", ""], "actions"],
    [["execution", "list", "--action", ""], "actions"],
    [["pack", "validate", ""], undefined],
    [["run", "core.local", ""], undefined],
  ])("are the server's for %j: %s", (words, asked) => {
    expect(suggest(program, words).asked).toBe(asked);
  });
});

describe("the server of the command line", () => {
  const url = "https://a.example";
  it.each([
    [["tail", "--url", url, "--key-file", "a.key", ""], { url, keyFile: "a.key" }],
    [["tail", `--url=${url}`, ""], { url }],
    // As bash parts it.
    [["tail", "--url", "=", url, ""], { url }],
    [["tail", "--url", url], {}],
    [["run", "core.local", "--", "--url", url, ""], {}],
    [["tail", "--type", "--url", ""], {}],
  ])("of %j is %j", (words, server) => {
    expect(serverOf(program, words)).toEqual(server);
  });
});

/** Types each line into a real shell, with a tab and a line end, and waits until its command has run. */
const TYPE_INTO_ZSH = `
  zmodload zsh/zpty
  zpty shell zsh -f -i
  zpty -w shell 'autoload -Uz compinit && compinit -u -D && source <(tailrace completion zsh)'
  at=0
  for typed in "$@"; do
    zpty -w shell $typed$'\\t'
    (( ++at ))
    until (( $(wc -l < ran) == at )); do zpty -r -t shell seen; sleep 0.05; done
  done
  zpty -d shell`;

/** How long the shell may take for all lines. */
const TYPING_MS_MAX = 60_000;

/** A folder with a `tailrace` that completes. Any other command is only written to the file `ran`. */
function shellFolder() {
  const folder = scratch();
  writeFileSync(join(folder, "ran"), "");
  writeFileSync(
    join(folder, "tailrace"),
    `#!/bin/sh
case $1 in complete | completion) exec "${process.execPath}" "${COMMAND_LINE}" "$@" ;; esac
echo "$*" >> ${folder}/ran
`,
    { mode: 0o755 },
  );
  return { folder, env: { ...bareEnvironment(), PATH: `${folder}:${process.env.PATH}` } };
}

describe("a shell", () => {
  it("completes with the printed script: bash", () => {
    const { folder, env } = shellFolder();
    const script = `
      source <(tailrace completion bash)
      for line in "tailrace exec" "tailrace tail --type = st" "tailrace tail --url http://127.0.0.1:9 l"; do
        COMP_WORDS=($line)
        COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
        _tailrace tailrace
        echo "\${COMPREPLY[*]}"
      done
      complete -p tailrace`;
    const { stdout, stderr } = spawnSync("/bin/bash", ["-c", script], { env, encoding: "utf8", cwd: folder });
    expect(stdout).toBe(
      "execution\nstdout stderr\n\ncomplete -o bashdefault -o default -F _tailrace tailrace\n",
    );
    expect(stderr).toBe("");
  });

  it("completes with the printed script: zsh", { tags: ["zsh"] }, () => {
    const { folder, env } = shellFolder();
    const typed = [
      "tailrace exec",
      "tailrace tail --type=stdo",
      "tailrace tail --url http://127.0.0.1:9 --key-fi",
    ];
    const args = ["-f", "-c", TYPE_INTO_ZSH, "zsh", ...typed];
    const options = { env, encoding: "utf8", cwd: folder, timeout: TYPING_MS_MAX } as const;
    const { status, stderr } = spawnSync("zsh", args, options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(readFileSync(join(folder, "ran"), "utf8")).toBe(
      "execution\ntail --type=stdout\ntail --url http://127.0.0.1:9 --key-file\n",
    );
  });

  it("completes with the printed script: fish", { tags: ["fish"] }, () => {
    const { folder, env } = shellFolder();
    const script = `
      tailrace completion fish | source
      for typed in "tailrace exec" "tailrace tail --type=std" "tailrace tail --type stde"
        complete -C $typed
      end`;
    const ran = spawnSync("fish", ["--no-config", "-c", script], { env, encoding: "utf8", cwd: folder });
    const words = ran.stdout.split("\n").map((line) => line.split("\t")[0]);
    expect({ words, stderr: ran.stderr }).toEqual({
      words: ["execution", "--type=stderr", "--type=stdout", "stderr", ""],
      stderr: "",
    });
  });

  it("gets no word of a server that its command line would run", async () => {
    const ids = ["6b0da3a2010af9628061f76d", "x; touch made", "$(touch made)", "--key-file", "a\nb"];
    const known = { action: { ref: "core.local" }, status: "succeeded", context: {}, parameters: {} };
    const server = createServer((_, response) => {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify(ids.map((id) => ({ id, start_timestamp: "2026-01-01T00:00:00Z", ...known }))),
      );
    }).listen(0, "127.0.0.1");
    afterTest(async () => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    const env = { ...bareEnvironment(), TAILRACE_URL: "http://127.0.0.1:9", TAILRACE_API_KEY: "key" };
    // Of the server that the command line names.
    const { stdout } = await runCommandLine(["complete", "--", "tail", "--url", url, ""], { env });
    expect(stdout).toBe("last\tthe newest execution\n6b0da3a2010af9628061f76d\tcore.local, succeeded\n");
  });

  it("gets a script of its own: each of them", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const ran = await runCommandLine(["completion", shell], { env: bareEnvironment() });
      expect(ran).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(" complete -- ") });
    }
    expect((await runCommandLine(["completion", "csh"], { env: bareEnvironment() })).code).toBe(2);
  });
});

describe("the manual page", () => {
  it("has a section for each command that does something, with its arguments and flags", () => {
    const page = manPage(program, "1.2.3");
    expect(page).toMatch(/^\.TH TAILRACE 1 "" "tailrace 1\.2\.3" "User Commands"\n/);
    expect(page).toContain('.SS "execution link [\\fIid\\fR]"');
    expect(page).toContain('.SS "execution link revoke [\\fIlink\\fR]"');
    expect(page).not.toContain('.SS "execution"');
    expect(page).toContain(".TP\n\\fB\\-\\-exit\\-status\\fR\n");
  });

  it("has no error and no warning", { tags: ["groff-base"] }, async () => {
    const { stdout } = await runCommandLine(["man"], { env: bareEnvironment() });
    expect(stdout).toContain('.SS "run ');
    const args = ["-man", "-ww", "-Kutf8", "-Tutf8", "-z"];
    const { stderr, status } = spawnSync("groff", args, { input: stdout, encoding: "utf8" });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  });
});
