// @module-tag python3
// @module-tag curl
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { JSON_BODY_BYTES_MAX } from "../../protocol/base/limits.ts";
import { askJob } from "../support/job-client.ts";
import { pythonOutcome, runs, writePythonPack } from "../support/python-pack.ts";
import { scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
const folder = scratch();

const CURL = 'curl --silent --show-error --unix-socket "$TAILRACE_JOB_SOCKET"';

beforeAll(async () => {
  writePythonPack(join(folder, "job"), {
    secrets: runs(`
        for at in range(200):
            secret = 'open-sesame-%d' % at
            print(secret)
            self.action_service.register_secret(secret)
            print(secret)`),
    short: runs("self.action_service.register_secret('abc')"),
    // Python's client reads an answer only after it has written everything.
    large: runs("self.action_service.register_secret('x' * 8_000_000)"),
    keys: runs(`
        service = self.action_service
        service.set_value('one', 1)
        service.set_value('two', 'second', ttl=3600)
        service.set_value('two', 'global', local=False)
        service.set_value('hidden', 'hush-hush', encrypt=True)
        print('hush-hush', service.get_value('hidden'))
        return {
            'values': [service.get_value('one'), service.get_value('two'), service.get_value('two', local=False)],
            'missing': service.get_value('none'),
            'local': [(pair.name, pair.value) for pair in service.list_values()],
            'prefixed': [pair.name for pair in service.list_values(prefix='tw')],
            'all': [pair.name for pair in service.list_values(local=False, prefix='two')],
            'decrypted': service.get_value('hidden', decrypt=True) == 'hush-' + 'hush',
            'deleted': [service.delete_value('one'), service.delete_value('one'), service.get_value('one')],
        }`),
    decrypts: runs("print(self.action_service.get_value('password', local=False, decrypt=True))"),
    scope: runs("self.action_service.get_value('x', scope='pack')"),
    own: runs(`
        service = self.action_service
        service.set_value('place', 'mine', local=False, scope='user')
        service.set_value('place', 'ours', local=False)
        service.set_value('local', 'x', scope='user')
        return {
            'values': [service.get_value('place', local=False, scope=scope) for scope in ('user', 'st2kv.user', 'system', None)],
            'listed': [pair.name for pair in service.list_values(scope='user')],
            'deleted': [service.delete_value('local', scope='user'), service.delete_value('local', scope='user')],
        }`),
    misfit: runs("pass", {
      token: { type: "string", secret: true },
      note: { type: "string", maxLength: 10 },
      notes: { type: "array", items: { type: "object", additionalProperties: false } },
    }),
    bad_name: runs("self.action_service.set_value('a name', 1, local=False)"),
    client: {
      source: `from st2common.runners.base_action import Action
from st2client.client import Client
from st2client.models import KeyValuePair
from st2client.models.keyvalue import KeyValuePair as Same

class A(Action):
    def run(self):
        assert Same is KeyValuePair
        client = Client(base_url='http://localhost')
        client.keys.update(KeyValuePair(name='by_client', value='v'))
        found = [client.keys.get_by_name('by_client').value, client.keys.get_by_id('by_client').value,
                 [pair.name for pair in client.keys.get_all(prefix='by_')]]
        client.keys.delete(client.keys.get_by_name('by_client'))
        return found + [client.keys.get_by_name('by_client')]
`,
    },
    late: runs(
      `
        import socket
        client = socket.socket(socket.AF_UNIX)
        client.connect(os.environ['TAILRACE_JOB_SOCKET'])
        client.sendall(b'POST /secrets HTTP/1.1\\r\\nhost: job\\r\\ncontent-length: 100\\r\\n\\r\\n{')
        if os.fork() == 0:
            os.close(1); os.close(2)
            client.recv(1)
            try:
                socket.socket(socket.AF_UNIX).connect(os.environ['TAILRACE_JOB_SOCKET'])
            except OSError as error:
                open(given['path'], 'w').write(type(error).__name__)
            os._exit(0)`,
      { path: { type: "string" } },
    ),
  });
  world = await startWorld({ agentArgs: ["--packs", folder] });
});
afterAll(() => world.stop());

async function outcome(action: string, parameters: Record<string, unknown> = {}) {
  const { id } = await world.client.create({ action, parameters });
  return { id, ...(await pythonOutcome(world.client, id)) };
}

const shell = (cmd: string) => outcome("core.local", { cmd });

/** A run that reports its socket and waits. Returns the socket's path, and a function to end the run. */
async function waiting(name: string): Promise<{ path: string; end: () => Promise<unknown> }> {
  const ended = join(folder, `${name}.ended`);
  const told = join(folder, `${name}.told`);
  const cmd = `printf %s "$TAILRACE_JOB_SOCKET" > ${told}.new; mv ${told}.new ${told}; until [ -e ${ended} ]; do sleep 0.05; done`;
  const { id } = await world.client.create({ action: "core.local", parameters: { cmd } });
  await until("it tells its socket", () => existsSync(told));
  const path = readFileSync(told, "utf8");
  return {
    path,
    end: () => {
      writeFileSync(ended, "");
      return pythonOutcome(world.client, id);
    },
  };
}

describe.concurrent("a secret that an action registers", () => {
  it("is masked from the answer on, with a shell", async ({ expect }) => {
    const { stdout } = await shell(
      `echo before; ${CURL} http://job/secrets --json '{"values": ["open sesame", "line one\\nline two"]}'; echo; echo open sesame; echo line two; printf %s 'open sesame' | base64`,
    );
    const lines = ["before", '{"registered":2,"too_short":0}', "********", "********"];
    // The last group of base64 depends on the text behind the secret, and shows next to nothing of it.
    expect(String(stdout).split("\n")).toEqual([...lines, expect.stringMatching(/^\*{8}.{0,4}$/)]);
  });

  it("is masked from the answer on, for each of many, with Python", async ({ expect }) => {
    const { status, stdout } = await outcome("job.secrets");
    expect(status).toBe("succeeded");
    // Output from before the answer may be read after it.
    const lines = String(stdout).split("\n");
    expect(lines.length).toBe(400);
    expect(lines.filter((line, at) => at % 2 === 1 && line !== "********")).toEqual([]);
  });

  it("that is too long is refused with the bound, also as a parameter; the agent and another run go on", async ({
    expect,
  }) => {
    const other = await waiting("beside-long");
    const long = `python3 -c 'import json; print(json.dumps({"values": ["\\u00e9\\n<" * 200_000]}, ensure_ascii=False))'`;
    const { stdout } = await shell(`${long} | ${CURL} http://job/secrets --json @-`);
    const bound = "A secret has at most 65536 bytes.";
    expect(stdout).toEqual({ code: "too_large", faultstring: bound });
    const given = { cmd: "echo begun", sudo_password: "é\n<'".repeat(100_000) };
    expect(await outcome("core.local", given)).toMatchObject({ failed: true, error: bound });
    expect((await shell("echo alive")).stdout).toBe("alive");
    expect(await other.end()).toMatchObject({ succeeded: true });
  });

  it("that is too short is refused with the reason", async ({ expect }) => {
    const { stdout } = await shell(
      `${CURL} http://job/secrets --json '{"values": ["abc", "abcd"]}'; echo; echo abc abcd`,
    );
    const [answer, echoed] = String(stdout).split("\n");
    expect(JSON.parse(answer ?? "")).toEqual({
      code: "invalid",
      faultstring: "1 of the values are too short to be masked, 1 are masked: a secret has at least 4 bytes.",
    });
    expect(echoed).toBe("abc ********");
    expect((await outcome("job.short")).stderr).toContain(
      "ActionServiceError: 1 of the values are too short to be masked",
    );
  });
});

describe.concurrent("a secret in a parameter that does not fit", () => {
  it("is masked before the error's text is shortened", async ({ expect }) => {
    const token = Array.from({ length: 60 }, (_, at) => `<${at}>é`).join("-");
    const of = async (given: object) => (await outcome("job.misfit", { token, ...given })).error;
    expect(await of({ note: "{{ token }}" })).toBe(`Parameter "note": '********' is too long`);
    const long = await of({ note: `${"x".repeat(190)}{{ token }}${"y".repeat(100)}` });
    expect(long).toBe(`Parameter "note": '${"x".repeat(190)}********y… is too long`);
    expect(await of({ notes: ["{{ token }}"] })).toContain("'********' is not of type 'object'");
  });
});

describe.concurrent("the key-value table of an action", () => {
  it("is local to its class by default", async ({ expect }) => {
    const { result, stdout } = await outcome("job.keys");
    expect(result).toEqual({
      values: ["1", "second", "global"],
      missing: null,
      local: [
        ["job.It:hidden", "********"],
        ["job.It:one", "1"],
        ["job.It:two", "second"],
      ],
      prefixed: ["job.It:two"],
      all: ["two"],
      decrypted: true,
      deleted: [true, false, null],
    });
    expect(stdout).toBe("******** ********");
    expect(await world.client.key("job.It:two")).toMatchObject({
      value: "second",
      expire_timestamp: expect.any(String),
    });
    expect(await world.client.key("job.It:hidden")).toMatchObject({ value: "********", secret: true });
  });

  it("opens an encrypted value, which is masked from then on", async ({ expect }) => {
    await world.client.setKey("password", { value: "correct horse", secret: true });
    expect((await outcome("job.decrypts")).stdout).toBe("********");
    const { stdout } = await shell(
      `${CURL} http://job/keys/password; echo; ${CURL} "http://job/keys/password?decrypt=true"`,
    );
    const [masked, opened] = String(stdout)
      .split("\n")
      .map((line) => JSON.parse(line));
    expect({ masked, opened }).toMatchObject({
      masked: { value: "********", secret: true },
      opened: { value: "********" },
    });
  });

  it("has the user's own scope beside the shared one", async ({ expect }) => {
    expect((await outcome("job.own")).result).toEqual({
      values: ["mine", "mine", "ours", "ours"],
      listed: ["job.It:local"],
      deleted: [true, false],
    });
    const { stdout } = await shell(
      `${CURL} -X PUT "http://job/keys/curled?scope=user" --json '{"value": "1"}'; echo
       ${CURL} "http://job/keys/curled?scope=user"; echo; ${CURL} http://job/keys/curled; echo
       ${CURL} "http://job/keys?prefix=curled&scope=user"; echo; ${CURL} "http://job/keys?scope=pack"`,
    );
    const lines = String(stdout)
      .split("\n")
      .map((line) => JSON.parse(line));
    const key = { name: "curled", value: "1" };
    expect(lines).toMatchObject([key, key, { code: "key_not_found" }, [key], { code: "invalid" }]);
  });

  it("can be read and written by a shell", async ({ expect }) => {
    const { stdout } = await shell(
      `${CURL} -X PUT http://job/keys/shell%3Aone --json '{"value": "1"}'; echo
       ${CURL} http://job/keys/shell%3Aone; echo
       ${CURL} "http://job/keys?prefix=shell:"; echo
       ${CURL} -X DELETE http://job/keys/shell%3Aone -w '%{http_code}\\n'
       ${CURL} http://job/keys/shell%3Aone -w '\\n%{http_code}\\n'; ${CURL} http://job/user`,
    );
    const lines = String(stdout)
      .split("\n")
      .map((line) => JSON.parse(line));
    const key = { name: "shell:one", value: "1", secret: false };
    expect(lines).toMatchObject([
      key,
      key,
      [key],
      204,
      { code: "key_not_found" },
      404,
      { username: "admin" },
    ]);
  });

  it("can be used by StackStorm's client", async ({ expect }) => {
    expect((await outcome("job.client")).result).toEqual(["v", "v", ["by_client"], null]);
  });

  it("refuses invalid input with the reason", async ({ expect }) => {
    expect((await outcome("job.scope")).stderr).toContain("ValueError: Scope pack is unsupported.");
    expect((await outcome("job.bad_name")).stderr).toContain('"a name" is not a key\'s name');
  });
});

describe.concurrent("the socket of a run", () => {
  it("has a private path, and is gone after the run", async ({ expect }) => {
    const [one, two] = await Promise.all([waiting("one"), waiting("two")]);
    expect(statSync(dirname(one.path)).mode & 0o777).toBe(0o700);
    expect(statSync(dirname(dirname(one.path))).mode & 0o777).toBe(0o700);
    const guess = join(dirname(two.path), basename(one.path));
    expect(existsSync(guess)).toBe(false);
    expect(basename(one.path)).toMatch(/^job-[\w-]{16}$/);
    await Promise.all([one.end(), two.end()]);
    expect([one.path, two.path].filter((path) => existsSync(path))).toEqual([]);
  });

  it("does not keep a run from ending with open connections, and accepts none afterwards", async ({
    expect,
  }) => {
    const path = join(folder, "late");
    const { id, status } = await outcome("job.late", { path });
    expect(status).toBe("succeeded");
    await until("the one that was left knows", () => existsSync(path) && markedProcesses(id).length === 0);
    expect(readFileSync(path, "utf8")).toMatch(/FileNotFoundError|ConnectionRefusedError/);
  });

  it("answers a mistake with a code", async ({ expect }) => {
    const { path, end } = await waiting("codes");
    const ask = (method: string, url: string, body?: string) => askJob(path, method, url, body);
    const large = JSON.stringify({ values: ["x".repeat(2 * JSON_BODY_BYTES_MAX)] });
    expect(await ask("POST", "/secrets", large)).toMatchObject({ status: 413, body: { code: "too_large" } });
    expect((await outcome("job.large")).stderr).toContain(
      "ActionServiceError: A body has at most 1048576 bytes.",
    );
    expect(await ask("POST", "/secrets", "{")).toMatchObject({
      status: 400,
      body: { code: "invalid", faultstring: "The body is not JSON." },
    });
    expect(await ask("POST", "/secrets", '{"values": [1]}')).toMatchObject({
      status: 400,
      body: { code: "invalid" },
    });
    expect(await ask("PUT", "/keys/x", '{"value": "1", "ttl": 0}')).toMatchObject({
      status: 400,
      body: { code: "invalid" },
    });
    expect(await ask("GET", "/keys/%zz")).toMatchObject({ status: 400, body: { code: "invalid" } });
    expect(await ask("GET", "/nowhere")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await ask("GET", "/keys/a/b")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await ask("PATCH", "/keys/a")).toMatchObject({
      status: 405,
      body: { code: "method_not_allowed", faultstring: "The path takes GET, PUT, DELETE." },
    });
    expect(await ask("GET", "/user")).toMatchObject({ status: 200, body: { username: "admin" } });
    await end();
  });

  it("answers 64 requests at a time, and drops one that is incomplete after 10 s", async ({ expect }) => {
    const { path, end } = await waiting("many");
    const slow = await Promise.all(Array.from({ length: 64 }, () => halfRequest(path)));
    await until("there are too many", async () => (await askJob(path, "GET", "/user")).status === 429);
    expect(await askJob(path, "GET", "/user")).toMatchObject({ status: 429, body: { code: "too_many" } });
    await Promise.all(slow.map(({ closed }) => closed));
    expect(await askJob(path, "GET", "/user")).toMatchObject({ status: 200 });
    await end();
  });
});

/** A request without the rest of its body. */
async function halfRequest(path: string): Promise<{ socket: Socket; closed: Promise<unknown> }> {
  const socket = connect(path);
  await new Promise((done) => socket.once("connect", done));
  socket.write("POST /secrets HTTP/1.1\r\nhost: job\r\ncontent-length: 100\r\n\r\n{");
  socket.resume();
  return { socket, closed: new Promise((done) => socket.once("close", done)) };
}
