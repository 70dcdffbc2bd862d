// @module-tag openssh-client
// @module-tag openssh-server
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { markedProcesses } from "../../agent/process/table.ts";
import { FaultyProxy } from "../support/proxy.ts";
import { receive } from "../support/reader.ts";
import { Sshd } from "../support/sshd.ts";
import { ROOT, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd;

beforeAll(async () => {
  sshd = await Sshd.start();
  const packs = join(ROOT, "test/fixtures/packs");
  world = await startWorld({ agentArgs: ["--packs", packs, "--ssh-alive-seconds", "2"] });
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
});

/** Ignores the signals of a lost connection and of an end, as do its children, one of them in another session. */
const STUBBORN = `trap '' HUP TERM; (trap '' HUP TERM; while :; do sleep 0.1; done) & setsid sh -c "trap '' HUP TERM; while :; do sleep 0.1; done" & echo up; while :; do sleep 0.1; done`;

/** Ends at once, and leaves a process that ignores every signal. */
const LEAVES_STUBBORN = `setsid sh -c "trap '' HUP TERM; while :; do sleep 0.1; done" & echo up; exec sleep 600`;

const CASES = [
  { runner: "remote-shell-cmd", action: "core.remote", code: "cmd" },
  { runner: "remote-shell-script", action: "matrix.remote_script", code: "code" },
].flatMap((one) => [
  { ...one, form: "plain", tty: false },
  { ...one, form: "in a terminal", tty: true },
]);

describe.concurrent.each(CASES)("$runner, $form, leaves nothing running", (one) => {
  const start = async (code: string, more: Record<string, unknown> = {}) => {
    const parameters = { hosts: "127.0.0.1", ...sshd.login, tty: one.tty, [one.code]: code, ...more };
    const { id } = await world.client.create({ action: one.action, parameters });
    return id;
  };
  const untilUp = (id: string) =>
    until("it is up", async () => ((await world.client.get(id)).output?.bytes.stdout ?? 0) >= "up\n".length);
  const programs = [
    ["all its processes ignore signals", STUBBORN],
    ["its child ignores signals", LEAVES_STUBBORN],
  ] as const;

  it.each(programs)("when it is canceled and %s", async (_, code) => {
    const id = await start(code);
    await untilUp(id);
    // The test can find the processes that have to end.
    expect(markedProcesses(id).length).toBeGreaterThan(1);
    await world.client.cancel(id);
    const { end } = await receive(world.client, id);
    expect({ status: end?.status, left: markedProcesses(id) }).toEqual({ status: "canceled", left: [] });
  });

  it.each(programs)("when it times out and %s", async (_, code) => {
    const id = await start(code, { timeout: 1 });
    const { end } = await receive(world.client, id);
    expect({ status: end?.status, left: markedProcesses(id) }).toEqual({ status: "timeout", left: [] });
  });

  it.each(programs)("when its connection is lost and %s", async (_, code) => {
    const proxy = await FaultyProxy.before(`http://127.0.0.1:${sshd.port}`);
    const id = await start(code, { port: Number(new URL(proxy.url).port) });
    await untilUp(id);
    proxy.cut();
    const { end } = await receive(world.client, id);
    const { status, result = {} } = await world.client.get(id);
    expect({ status, end: end?.status, host: result["127.0.0.1"] }).toMatchObject({
      status: "failed",
      end: "failed",
      host: { return_code: 255, error: expect.stringContaining("Lost 127.0.0.1") },
    });
    await until("nothing of it runs", () => markedProcesses(id).length === 0);
    proxy.close();
  });
});
