import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExact, writeExact } from "../../protocol/base/numbers.ts";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { receive } from "../support/reader.ts";
import { tree } from "../support/tree.ts";
import { startWorld, type World } from "../support/world.ts";

const DIGITS =
  '{"id":9007199254740993,"wide":340282366920938463463374607431768211456,"price":1.0,"tiny":0.1000000000000000055,"huge":1e999,"minus":-0,"list":[18446744073709551615,2.50]}';

const PACKS = tree({
  "digits/pack.yaml": "name: digits\n",
  "digits/actions/print.yaml": `
name: print
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: "cat <<'END'\\n{{ text }}\\nEND"}
  text: {type: string, required: true}
`,
  "digits/actions/typed.yaml": `
name: typed
runner_type: local-shell-cmd
parameters:
  count: {type: integer, default: 9007199254740995}
  ratio: {type: number, default: 1.50}
  values: {type: object, default: {a: 1.0}}
  cmd: {immutable: true, default: "cat <<'END'\\n{{ count }} {{ ratio }} {{ values }} {{ values | to_json_string }}\\nEND"}
`,
  "digits/actions/calculated.yaml": `
name: calculated
runner_type: local-shell-cmd
parameters:
  count: {type: integer}
  ratio: {type: number}
  cmd:
    immutable: true
    default: "echo '{{ count + 1 }} {{ count > 9007199254740992 }} {{ ratio * 2 }} {% if count %}{{ count }}{% endif %}'"
`,
  "digits/actions/slow.yaml": `
name: slow
runner_type: local-shell-cmd
parameters:
  timeout: {default: 1.0}
  cmd: {immutable: true, default: "sleep 600"}
`,
  "digits/actions/python.yaml": `
name: python
runner_type: python-script
entry_point: python.py
parameters:
  count: {type: integer}
  values: {type: object}
`,
  "digits/actions/python.py": `
from st2common.runners.base_action import Action

class Digits(Action):
    def run(self, count, values):
        return {"count": count, "text": str(count), "next": count + 1, "values": values, "float": 1.0}
`,
  "digits/actions/flow.yaml":
    "name: flow\nrunner_type: action-chain\nentry_point: flow.chain.yaml\nparameters:\n  given: {type: integer}\n",
  "digits/actions/flow.chain.yaml": `
vars:
  fixed: 9007199254740997
chain:
  - name: first
    ref: digits.print
    parameters: {text: '${DIGITS}'}
    publish:
      id: "{{ first.stdout.id }}"
    on-success: second
  - name: second
    ref: core.local
    parameters:
      cmd: "echo {{ id }} {{ first.stdout.price }} {{ first.stdout.tiny }} {{ first.stdout.huge }} {{ first.stdout.minus }} {{ first.stdout.wide }} {{ fixed }} {{ given }} {% for x in first.stdout.list %}{{ x }},{% endfor %}"
    on-success: third
  - name: third
    ref: digits.python
    parameters:
      count: "{{ first.stdout.id }}"
      values: "{{ first.stdout }}"
    on-success: fourth
  - name: fourth
    ref: digits.typed
    parameters:
      count: "{{ third.result.next }}"
`,
});

let world: World;

beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", PACKS] });
});
afterAll(() => world.stop());

/** The API's answer as text: a client in any language reads these digits. */
async function answered(method: string, path: string, body?: string): Promise<string> {
  const response = await fetch(world.server.url + path, {
    method,
    headers: { "st2-api-key": world.server.apiKey, "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
  return response.text();
}

/** Creates an execution with this body, and runs it to its end. Returns its document as the API writes it. */
async function run(body: string): Promise<{ id: string; text: string }> {
  const { id } = JSON.parse(await answered("POST", "/api/v1/executions", body));
  await receive(world.client, id);
  return { id, text: await answered("GET", `/api/v1/executions/${id}`) };
}

describe("numbers that an action prints", () => {
  let printed: { id: string; text: string };
  beforeAll(async () => {
    const parameters = { text: DIGITS };
    printed = await run(JSON.stringify({ action: "digits.print", parameters }));
  });

  it("keep their digits in its result", () => {
    expect(printed.text).toContain(`"stdout":${DIGITS}`);
  });

  it("keep their digits in every answer with the result", async () => {
    const { id } = printed;
    expect(await answered("GET", `/api/v1/executions/${id}/result`)).toContain(DIGITS);
    expect(await answered("GET", `/api/v1/executions/${id}/attribute/result`)).toContain(DIGITS);
    expect(await answered("GET", "/api/v1/executions?action=digits.print")).toContain(DIGITS);
    expect(await answered("GET", `/stream/v1/executions/${id}/output?output_format=json`)).not.toContain(
      "…992",
    );
  });

  it("keep their digits on the command line", async () => {
    const env = userEnvironment(world);
    const json = await runCommandLine(["execution", "get", printed.id, "--json"], { env });
    expect(json.stdout).toContain('"id": 9007199254740993');
    const shown = await runCommandLine(["execution", "get", printed.id], { env });
    expect(shown.stdout).toMatch(
      /id: 9007199254740993\n.*wide: 340282366920938463463374607431768211456\n.*price: 1\.0\n/s,
    );
  });
});

describe("numbers that a user gives", () => {
  it("keep their digits in parameters and documents; a template prints them as Python does", async () => {
    const values = '{"a":0.10,"b":[9007199254740993]}';
    const body = `{"action":"digits.typed","parameters":{"count":9007199254740993,"ratio":1e400,"values":${values}}}`;
    const { id, text } = await run(body);
    expect(text).toContain(`"parameters":{"count":9007199254740993,"ratio":1e400,"values":${values}}`);
    expect(JSON.parse(text).result.stdout).toBe(
      `9007199254740993 1e400 {'a': 0.1, 'b': [9007199254740993]} {"a": 0.1,"b": [9007199254740993]}`,
    );
    const again = JSON.parse(await answered("POST", `/api/v1/executions/${id}/re_run`, "{}"));
    expect(await answered("GET", `/api/v1/executions/${again.id}`)).toContain(`"values":${values}`);
  });

  it("print as in Python from an action's defaults", async () => {
    const { text } = await run('{"action":"digits.typed"}');
    expect(JSON.parse(text).result.stdout).toBe("9007199254740995 1.5 {'a': 1.0} {\"a\": 1.0}");
  });

  it("keep their digits from a command line", async () => {
    const env = userEnvironment(world);
    const args = ["run", "digits.typed", "count=9007199254740993", "ratio=1.10", 'values={"a":-0}', "--json"];
    const { stdout } = await runCommandLine(args, { env });
    expect(stdout).toMatch(/"count": 9007199254740993,\s+"ratio": 1\.10,\s+"values": \{\s+"a": -0\s/);
  });

  it("are Python's in a template's calculation", async () => {
    const { text } = await run(
      '{"action":"digits.calculated","parameters":{"count":9007199254740993,"ratio":1.50}}',
    );
    expect(JSON.parse(text).result.stdout).toBe("9007199254740994 True 3.0 9007199254740993");
  });

  it("are whole numbers in any notation where the parameter is one", async () => {
    const { text } = await run('{"action":"core.local","parameters":{"cmd":"echo on","timeout":6.0e1}}');
    expect(JSON.parse(text)).toMatchObject({ status: "succeeded", parameters: { timeout: 60 } });
  });

  it("are whole numbers in any notation from an action's defaults, such as its timeout", async () => {
    const { text } = await run('{"action":"digits.slow"}');
    expect(JSON.parse(text).status).toBe("timeout");
  });

  it("are refused where a list or an object is expected", async () => {
    for (const field of ["parameters", "context", "notify"]) {
      const answer = await answered("POST", "/api/v1/executions", `{"action":"core.noop","${field}":1.0}`);
      expect(JSON.parse(answer)).toMatchObject({ code: "invalid" });
    }
  });
});

describe("numbers that go through a chain", () => {
  it("keep their digits from a task's result to the next task's command, to Python and back", async () => {
    const { text } = await run('{"action":"digits.flow","parameters":{"given":9223372036854775809}}');
    const { status, result } = readExact(text) as {
      status: string;
      result: { tasks: { result: Record<string, unknown> }[]; published: unknown };
    };
    expect(status).toBe("succeeded");
    const [first, second, third, fourth] = result.tasks.map((task) => task.result);
    expect(writeExact(first?.stdout)).toBe(DIGITS);
    expect(second?.stdout).toBe(
      "9007199254740993 1.0 0.1000000000000000055 1e999 0 340282366920938463463374607431768211456 9007199254740997 9223372036854775809 18446744073709551615,2.5,",
    );
    expect(writeExact(third?.result)).toContain(
      '"count":9007199254740993,"text":"9007199254740993","next":9007199254740994',
    );
    expect(writeExact(third?.result)).toContain('"wide":340282366920938463463374607431768211456');
    expect(writeExact(third?.result)).toContain('"float":1.0');
    expect(fourth?.stdout).toMatch(/^9007199254740994 1\.5 /);
  });
});

describe("numbers on the event stream", () => {
  it("keep their digits", async () => {
    const abort = new AbortController();
    const response = await fetch(`${world.server.url}/stream/v1/stream?events=st2.execution__update`, {
      headers: { "st2-api-key": world.server.apiKey },
      signal: abort.signal,
    });
    const wanted = run(JSON.stringify({ action: "digits.print", parameters: { text: DIGITS } }));
    let told = "";
    for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      told += text;
      if (told.includes(`"stdout":${DIGITS}`)) break;
    }
    abort.abort();
    await wanted;
    expect(told).toContain(`"stdout":${DIGITS}`);
  });
});
