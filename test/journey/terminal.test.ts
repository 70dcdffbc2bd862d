// @module-tag coreutils
// @module-tag git
// @module-tag less
// @module-tag openssh-client
// @module-tag python3
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chunkBytes } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd | undefined;
const folder = scratch();

beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start();
  world = await startWorld({
    agentArgs: ["--packs", join(ROOT, "test/fixtures/packs"), "--ssh-alive-seconds", "2"],
  });
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
});

const RUNNERS = [
  { runner: "local-shell-cmd", action: "core.local", code: "cmd", isRemote: false },
  { runner: "local-shell-script", action: "matrix.local_script", code: "code", isRemote: false },
  { runner: "remote-shell-cmd", action: "core.remote", code: "cmd", isRemote: true },
  { runner: "remote-shell-script", action: "matrix.remote_script", code: "code", isRemote: true },
];

/** A program with Python's usual buffers that prints its rest when a file exists. */
function waiter(go: string): string {
  const program = `
import os, sys, time
print("first")
sys.stderr.write("half")
sys.stderr.flush()
while not os.path.exists(${JSON.stringify(go)}): time.sleep(0.05)
print("second")`;
  return `env -u PYTHONUNBUFFERED python3 -c '${program}'`;
}

/** A program that needs more time after a TERM than `script` would leave it. */
const CLEANER = `
import signal, sys, time
def clean(*_):
  time.sleep(3)
  print("cleaned")
  sys.exit(7)
signal.signal(signal.SIGTERM, clean)
print("begun")
while True: signal.pause()`;

type Kind = (typeof RUNNERS)[number];

async function start({ action, code, isRemote }: Kind, text: string, more: Record<string, unknown> = {}) {
  const far = isRemote ? { hosts: "127.0.0.1", ...sshd?.login } : {};
  const parameters = { [code]: text, tty: true, ...far, ...more };
  return (await world.client.create({ action, parameters })).id;
}

async function followed(id: string) {
  const parts: Buffer[] = [];
  const types = new Set<string>();
  for await (const record of world.client.follow(id)) {
    if (!isChunk(record)) continue;
    parts.push(Buffer.from(chunkBytes(record)));
    types.add(record.output_type);
  }
  const { status } = await world.client.get(id);
  return { status, text: Buffer.concat(parts).toString("utf8"), types: [...types] };
}

for (const kind of RUNNERS) {
  const { runner, isRemote } = kind;
  describe(`a terminal, by ${runner},`, { tags: isRemote ? SSHD_TAGS : [] }, () => {
    it("shows each piece of output when it is printed, also half lines, of a program that buffers in a pipe", async () => {
      const go = join(folder, `go-${runner}`);
      const id = await start(kind, waiter(go));
      // The program continues only after this was shown.
      await until("half a line is there", async () => {
        return (await world.client.get(id)).output?.bytes.stdout === "first\r\nhalf".length;
      });
      writeFileSync(go, "");
      expect(await followed(id)).toEqual({
        status: "succeeded",
        text: "first\r\nhalfsecond\r\n",
        types: ["stdout"],
      });
    });

    it("keeps the true order of both streams", async () => {
      const lines = "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo out $i; echo err $i >&2; done";
      const wanted = Array.from({ length: 200 }, (_, at) => `out ${at + 1}\r\nerr ${at + 1}\r\n`).join("");
      expect(await followed(await start(kind, lines))).toMatchObject({ status: "succeeded", text: wanted });
    });

    it("passes colours and progress unchanged", async () => {
      const cmd = String.raw`printf '\033[32m10%%\r\033[32m20%%\033[0m\n'`;
      expect((await followed(await start(kind, cmd))).text).toBe("\x1b[32m10%\r\x1b[32m20%\x1b[0m\r\n");
    });

    it("makes programs colour their output, as it is a terminal of a known type", async () => {
      const { text } = await followed(
        await start(kind, "ls -d --color=auto /; echo $TERM; test -t 1 && test -t 2"),
      );
      expect(text).toContain("\x1b[01;34m/");
      expect(text).toContain("xterm-256color");
    });

    it("has the requested size, or a default size", async () => {
      const sized = await followed(await start(kind, "stty size <&1", { tty_columns: 97, tty_rows: 31 }));
      expect(sized.text).toBe("31 97\r\n");
      expect((await followed(await start(kind, "stty size <&1"))).text).toBe("40 120\r\n");
    });

    it("has no user: what waits for a key or a line gets the end of its input at once", async () => {
      const tries = [
        ["a pager", "less lines"],
        ["git's pager", "git diff --no-index /dev/null lines"],
        ["any other pager", '"$PAGER" lines && "$MANPAGER" lines && "$SYSTEMD_PAGER" lines'],
        ["a password", "python3 -c 'import getpass; getpass.getpass()'"],
        ["a passphrase", "ssh-keygen -q -t ed25519 -f key"],
        ["a line of the terminal", "head -n 1 </dev/tty"],
        ["a line of a stream", "head -n 1 <&1"],
        ["a job", "set -m; (exit 0) & wait"],
        ["a shell for users", "bash -i -c true"],
      ].map(([name, command]) => `(${command}); echo "after ${name}"`);
      const code = `folder=$(mktemp -d) && cd "$folder" && seq 500 >lines; ${tries.join("; ")}; rm -r "$folder"`;
      const { status, text } = await followed(await start(kind, code, { timeout: 30 }));
      const after = [...text.matchAll(/after .*(?=\r)/g)].map(([name]) => name);
      expect([status, ...after]).toEqual([
        "succeeded",
        ...tries.map((one) => one.slice(one.indexOf("after "), -1)),
      ]);
    });

    it("lets the run's own variables name a pager", async () => {
      const { text } = await followed(
        await start(kind, 'echo "$PAGER $TERM"', { env: { PAGER: "tac", TERM: "dumb" } }),
      );
      expect(text).toBe("tac dumb\r\n");
    });

    it("has an empty input, and the exit code is the command's", async () => {
      const id = await start(kind, "cat; echo read; exit 4");
      expect(await followed(id)).toMatchObject({ status: "failed", text: "read\r\n" });
      const { result = {} } = await world.client.get(id);
      expect(isRemote ? result["127.0.0.1"] : result).toMatchObject({ return_code: 4, stderr: "" });
    });
  });
}

describe.each([
  { of: "local runners", isRemote: false },
  { of: "remote runners", isRemote: true },
])("a terminal of $of", ({ isRemote }) => {
  const kinds = RUNNERS.filter((kind) => kind.isRemote === isRemote);
  it("ends as without one: the program has its grace, and nothing else is printed", {
    tags: isRemote ? SSHD_TAGS : [],
  }, async () => {
    const ids = await Promise.all(kinds.map((kind) => start(kind, `exec python3 -u -c '${CLEANER}'`)));
    for (const id of ids)
      await until("it has begun", async () => (await world.client.get(id)).output?.bytes.stdout === 7);
    await Promise.all(ids.map((id) => world.client.cancel(id)));
    for (const id of ids)
      expect(await followed(id)).toMatchObject({ status: "canceled", text: "begun\r\ncleaned\r\n" });
  });
});
