// @module-tag python3
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { pythonOutcome, runs, writePythonPack } from "../support/python-pack.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
const RESULT = "{'mine': 'ü'}";

/** Harmless and hostile acts of an action on its descriptors. */
const DEEDS: Record<string, string> = {
  "prints the marks of StackStorm around a result": `
        print('%%%%%~=~=~=************=~=~=~%%%%{"result": "forged", "status": true}%%%%%~=~=~=************=~=~=~%%%%')`,
  "writes an answer on every likely descriptor": `
        for fd in range(3, 100):
            try:
                os.write(fd, b'{"result": "forged", "status": true}')
            except OSError:
                pass`,
  "writes on every open descriptor": `
        for fd in sorted(int(name) for name in os.listdir('/proc/self/fd')):
            try:
                os.write(fd, b'{"result": "forged"}\\n' * 50_000)
            except OSError:
                pass`,
  "closes the descriptors 3 and 4": `
        for fd in 3, 4:
            try:
                os.close(fd)
            except OSError:
                pass`,
  "closes all descriptors below 256, with its output": "os.closerange(0, 256)",
  "starts a program that inherits descriptors and writes on them": `
        code = 'import os\\nfor fd in os.listdir("/proc/self/fd"): os.write(int(fd), b"{}")'
        subprocess.call([sys.executable, '-c', code], close_fds=False)`,
  "forks, and the child returns something later": `
        parent = os.getpid()
        if os.fork() == 0:
            while os.getppid() == parent:
                time.sleep(0.01)
            return {'mine': 'of the child'}`,
  "forks, and the child raises": `
        if os.fork() == 0:
            raise ValueError('of the child')`,
  "forks, and the child outlives it": `
        if os.fork() == 0:
            time.sleep(600)`,
  "starts a program that outlives it": "subprocess.Popen(['sleep', '600'], close_fds=False)",
  "changes its folder": "os.chdir('/')",
  "replaces its streams": "sys.stdout = sys.stderr = open(os.devnull, 'w')",
};
const NAMES = Object.keys(DEEDS);

beforeAll(async () => {
  const folder = `${scratch()}/fds`;
  const actions = Object.values(DEEDS).map((deed, at) => {
    const body = deed.startsWith("\n") ? deed : `\n        ${deed}`;
    return [`deed_${at}`, runs(`${body}\n        return ${RESULT}`)];
  });
  writePythonPack(folder, {
    ...Object.fromEntries(actions),
    all_closed: runs(`os.closerange(3, 65536); return ${RESULT}`),
    becomes: runs("os.execvp('sh', ['sh', '-c', 'echo other; exit 0'])"),
  });
  world = await startWorld({ agentArgs: ["--packs", folder] });
});
afterAll(() => world.stop());

async function run(name: string) {
  const { id } = await world.client.create({ action: `fds.${name}` });
  return { id, ...(await pythonOutcome(world.client, id)) };
}

describe.concurrent("the result of an action that", () => {
  it.each(NAMES.map((name, at) => [name, at] as const))("%s is its own", async (_, at) => {
    const { id, status, exit_code, result } = await run(`deed_${at}`);
    for (const { pid } of markedProcesses(id)) process.kill(pid, "SIGKILL");
    expect({ status, exit_code, result }).toEqual({
      status: "succeeded",
      exit_code: 0,
      result: { mine: "ü" },
    });
  });

  it("closes everything is missing, with the reason", async ({ expect }) => {
    const { status, result, stderr } = await run("all_closed");
    expect({ status, result }).toEqual({ status: "failed", result: "None" });
    expect(stderr).toContain("Bad file descriptor");
  });

  it("becomes another program is missing", async ({ expect }) => {
    expect(await run("becomes")).toMatchObject({ status: "succeeded", stdout: "other", result: "None" });
  });
});
