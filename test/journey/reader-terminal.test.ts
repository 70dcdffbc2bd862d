// @module-tag bsdutils
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { constants } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { atTerminal } from "../support/pty.ts";
import { afterTest, startWorld, until, type World } from "../support/world.ts";

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  world = await startWorld();
  // A person's environment: colours are wanted, and no variable says otherwise.
  const { NO_COLOR, FORCE_COLOR, CI, ...rest } = userEnvironment(world);
  env = rest;
});
afterAll(() => world.stop());

/**
 * A hostile output, as a shell writes it: a title, the clipboard, a query, another screen, a hidden cursor, 8 bits, between
 * words.
 */
const HOSTILE = String.raw`\033]0;title\007one \033]52;c;aGk=\007\033[6n\033[c\033[?1049h\033[?25ltwo \302\2330c\033P$q"p\033\134\033[99Athree\n`;
const HARMLESS = "one two three\n";

/** The same as a terminal shows it: the program has ended on another screen, which begins at the cursor's place. */
const PLAIN = "one \n    two three\n";

/** A colour that is begun and never ended. */
const RED = String.raw`\033[31mred`;

const ESC = "\u001b";

const COLOURS = new RegExp(`${ESC}\\[\\d*m`, "g");

async function run(text: string, more = ""): Promise<string> {
  const { id } = await world.client.create({
    action: "core.local",
    parameters: { cmd: `printf '${text.replaceAll("'", "")}'; ${more}` },
  });
  return id;
}

async function ended(text: string): Promise<string> {
  const id = await run(text);
  await until("it has ended", async () => (await world.client.get(id)).status === "succeeded");
  return id;
}

async function shownBy(...args: string[]): Promise<string> {
  const terminal = atTerminal(args, env);
  expect(await terminal.ended).toBe(0);
  return terminal.shown();
}

/** The output of `tail` for an ended execution. */
const whole = (id: string, output: string) =>
  `${output}\nExecution ${id} has completed (status=succeeded).\n`;

describe("at a terminal", () => {
  it("an output can only colour, clear, and move within its rows: tail, output, run --tail", async () => {
    const id = await ended(HOSTILE);
    expect(await shownBy("execution", "output", id)).toBe(HARMLESS);
    expect(await shownBy("execution", "tail", id)).toContain(HARMLESS);
    const ran = await shownBy("run", "core.local", `cmd=printf '${HOSTILE}'`, "--tail");
    expect(ran).toContain(`\n${HARMLESS}\nExecution `);
    expect(ran).not.toContain(ESC);
  });

  it("--raw passes everything, and --plain and NO_COLOR pass text only", async () => {
    const id = await ended(HOSTILE + RED);
    const raw = await shownBy("execution", "output", id, "--raw");
    expect(raw).toBe(await (await world.client.output(id)).text());
    expect(raw).toContain(`${ESC}]52;c;aGk=`);
    expect(await shownBy("execution", "output", id)).toBe(`${HARMLESS}${ESC}[31mred${ESC}[0m`);
    expect(await shownBy("execution", "output", id, "--plain")).toBe(`${PLAIN}red`);
    const plain = atTerminal(["execution", "output", id], { ...env, NO_COLOR: "1" });
    await plain.ended;
    expect(plain.shown()).toBe(`${PLAIN}red`);
  });

  it("a server's reason to wait can only colour", async () => {
    const id = "a".repeat(24);
    const reason = `one ${ESC}]52;c;aGk=\u0007${ESC}[?1049htwo`;
    const execution = { id, status: "requested", waiting: { reason, since: new Date().toISOString() } };
    const server = createServer((_, response) => response.end(JSON.stringify(execution)));
    server.listen(0, "127.0.0.1");
    afterTest(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const terminal = atTerminal(["execution", "tail", id], {
      ...env,
      TAILRACE_URL: `http://127.0.0.1:${port}`,
    });
    await until("it says why", () => terminal.shown().includes("two"));
    terminal.kill("SIGTERM");
    await terminal.ended;
    expect(terminal.shown()).toContain("waiting: one two\n");
  });

  it("colours end with the output, before the command's own text", async () => {
    const id = await ended(RED);
    expect(await shownBy("execution", "tail", id)).toContain(
      `${ESC}[31mred${ESC}[0m\nExecution ${id} has completed`,
    );
  });

  it.each([
    ["Ctrl-C", "\u0003"],
    ["a second Ctrl-C", "\u0003\u0003"],
  ])("colours end with %s", async (_, keys) => {
    const id = await run(RED, "sleep 600");
    const terminal = atTerminal(["execution", "tail", id], env);
    await until("it is red", () => terminal.shown().includes("red"));
    terminal.type(keys);
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown().replace("^C", "")).toContain(`${ESC}[31mred${ESC}[0m`);
    await world.client.cancel(id);
  });

  it.each(["SIGTERM", "SIGHUP"] as const)("colours end with %s", async (signal) => {
    const id = await run(RED, "sleep 600");
    const terminal = atTerminal(["execution", "tail", id], env);
    await until("it is red", () => terminal.shown().includes("red"));
    terminal.kill(signal);
    expect(await terminal.ended).toBe(128 + constants.signals[signal]);
    expect(terminal.shown().endsWith(`red${ESC}[0m`)).toBe(true);
    await world.client.cancel(id);
  });

  it("colours end with an error, before it is shown", async () => {
    const id = await run(RED, "sleep 600");
    const { key, id: key_id } = await world.client.identity.createApiKey({ role: "admin", user: "reader" });
    const terminal = atTerminal(["execution", "tail", id], { ...env, TAILRACE_API_KEY: key });
    await until("it is red", () => terminal.shown().includes("red"));
    await world.client.identity.deleteApiKey(key_id);
    expect(await terminal.ended).toBe(1);
    expect(terminal.shown()).toContain(`${ESC}[31mred${ESC}[0m`);
    expect(terminal.shown()).toMatch(/Unauthorized.* \(unauthorized\)\. Sign in .*\n$/);
    await world.client.cancel(id);
  });

  it("labels of lines belong to the command: an output cannot overwrite them", async () => {
    const id = await ended(String.raw`a\rb\033[1Gc\010\010\n\033[31md\ne\n`);
    const shown = await shownBy("execution", "tail", id, "--include-metadata");
    const label = String.raw`\[[\d:.TZ-]+\]\[stdout\] `;
    expect(shown.replaceAll(`${ESC}[0m`, "")).toMatch(
      new RegExp(`^${label}a\r${label}bc\n${label}\u001b\\[31md\n${label}e\n`),
    );
  });

  it("--notify rings the bell once, after the end", async () => {
    const id = await ended("done");
    const bell = "\u0007";
    expect(await shownBy("execution", "tail", id, "--notify")).toBe(`${whole(id, "done")}${bell}`);
    expect((await shownBy("run", "core.local", "true", "--notify")).indexOf(bell)).toBeGreaterThan(0);
  });

  it("names and values from outside stay in their place: list, get", async () => {
    const hostile = `va${ESC}[2J${ESC}]0;title\u0007l\u009b6nue`;
    await world.client.setKey("hostile", { value: hostile });
    for (const args of [
      ["key", "list"],
      ["key", "get", "hostile"],
    ]) {
      const shown = await shownBy(...args);
      // Only a table's head is bold.
      expect(shown.replace(COLOURS, "")).not.toMatch(/(?!\n)\p{Cc}/u);
      expect(shown).toMatch(/va.*l.*ue/);
    }
    const piped = await runCommandLine(["key", "get", "hostile"], { env });
    expect(piped.stdout).toBe(`${hostile}\n`);
  });
});

describe("through a pipe", () => {
  it("--notify-run runs a command with the outcome; its failure is told and changes no exit code", async () => {
    const show = 'echo "$TAILRACE_ENDED_ID $TAILRACE_ENDED_STATUS <$TAILRACE_ENDED_EXIT_CODE>"; exit 9';
    const { code, stdout, stderr } = await runCommandLine(
      ["run", "core.local", "cmd=exit 3", "--tail", "--notify-run", show],
      { env },
    );
    const id = /"(\w+)"/.exec(stdout)?.[1];
    expect(code).toBe(3);
    expect(stderr).toBe(`${id} failed <3>\n--notify-run: the command has ended with exit code 9.\n`);
  });

  it("--notify is refused before anything is started", async () => {
    const before = await world.client.list();
    const { code, stderr } = await runCommandLine(["run", "core.local", "true", "--notify"], { env });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^.*--notify: stderr is no terminal, so it has no bell\. Use --notify-run <command>\.\n$/,
    );
    expect(await world.client.list()).toEqual(before);
  });

  it("an output is its raw bytes", async () => {
    const id = await ended(HOSTILE + RED);
    const bytes = await (await world.client.output(id)).text();
    expect((await runCommandLine(["execution", "output", id], { env })).stdout).toBe(bytes);
    const tailed = await runCommandLine(["execution", "tail", id], { env });
    expect(tailed.stdout).toBe(whole(id, bytes));
  });

  it("an output is text only with --plain", async () => {
    const id = await ended(HOSTILE + RED);
    const { stdout } = await runCommandLine(["execution", "tail", id, "--plain"], { env });
    expect(stdout).toBe(whole(id, `${PLAIN}red`));
  });
});
