// @module-tag openssh-client
// @module-tag openssh-server
import { createHash } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveProcesses, markedProcesses } from "../../agent/process/table.ts";
import { chunkBytes } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { receive, sha256 } from "../support/reader.ts";
import { Sshd } from "../support/sshd.ts";
import { afterTest, scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
let sshd: Sshd;

beforeAll(async () => {
  sshd = await Sshd.start({ hosts: 50 });
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
  sshd?.stop();
});

/** Loopback is a whole network: ssh sees each of these addresses as a host. */
const hostsOf = (count: number) => Array.from({ length: count }, (_, at) => `127.0.0.${at + 1}`);

async function start(cmd: string, hosts: string[], more: Record<string, unknown> = {}): Promise<string> {
  const parameters = { cmd, hosts: hosts.join(","), ...sshd.login, ...more };
  return (await world.client.create({ action: "core.remote", parameters })).id;
}

/** Follows to the end. Returns the output of each host in its order. */
async function byHost(id: string) {
  const texts = new Map<string, { bytes: Buffer[]; execution_id: string | undefined }>();
  for await (const record of world.client.follow(id)) {
    if (!isChunk(record)) continue;
    const host = record.host ?? "";
    const text = texts.get(host) ?? { bytes: [], execution_id: record.execution_id };
    expect(record.execution_id).toBe(text.execution_id);
    text.bytes.push(Buffer.from(chunkBytes(record)));
    texts.set(host, text);
  }
  return new Map(
    [...texts].map(([host, { bytes, execution_id }]) => [host, { text: Buffer.concat(bytes), execution_id }]),
  );
}

describe("several hosts in one run", () => {
  it("stream at once into one complete output, with a host in each chunk: 50 hosts, 2,000 lines each", async () => {
    const hosts = hostsOf(50);
    const lines = 2_000;
    const id = await start(
      `host=$(echo $SSH_CONNECTION | cut -d' ' -f3); i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i of $host"; done`,
      hosts,
      { timeout: 300 },
    );
    const followed = await byHost(id);
    expect([...followed.keys()].sort()).toEqual([...hosts].sort());
    for (const host of hosts) {
      const wanted = Array.from({ length: lines }, (_, at) => `line ${at + 1} of ${host}\n`).join("");
      expect(sha256(followed.get(host)?.text ?? "")).toBe(sha256(wanted));
    }
    const { status, result = {}, children = [], output } = await world.client.get(id);
    expect(status).toBe("succeeded");
    expect(Object.keys(result)).toEqual(hosts);
    expect(children).toHaveLength(50);
    // The parent's log counts its children's output.
    const own = await Promise.all(children.map((child) => world.client.get(child)));
    const bytes = own.reduce((sum, child) => sum + (child.output?.bytes.stdout ?? 0), 0);
    expect(output?.bytes.stdout).toBe(bytes);
  }, 180_000);

  it("are children of the run, each with its own output and result", async () => {
    const id = await start("echo I am $SSH_CONNECTION | cut -d' ' -f1,2,5", hostsOf(3));
    const followed = await byHost(id);
    const children = await world.client.children(id);
    expect(children.map(({ parent, status }) => ({ parent, status }))).toEqual(
      Array.from({ length: 3 }, () => ({ parent: id, status: "succeeded" })),
    );
    for (const [host, { execution_id, text }] of followed) {
      const child = await world.client.get(execution_id ?? "");
      expect(child.parameters.hosts).toBe(host);
      expect(child.result).toMatchObject({ [host]: { stdout: `I am ${host}`, succeeded: true } });
      expect((await receive(world.client, child.id)).sha256).toBe(
        createHash("sha256").update(text).digest("hex"),
      );
    }
    const { result } = await world.client.get(id);
    expect(result).toMatchObject({ "127.0.0.1": { stdout: "I am 127.0.0.1", return_code: 0 } });
    // A list and `last` show runs without their children.
    const listed = await world.client.list({ parent: "null", limit: 1 });
    expect(listed[0]?.id).toBe(id);
    expect((await world.client.get("last")).id).toBe(id);
  });

  it("stream at once: a follower of the run sees each of them while all run", async () => {
    const go = join(scratch(), "go");
    const hosts = hostsOf(3);
    const id = await start(`echo up; while ! [ -e ${go} ]; do sleep 0.05; done; echo done`, hosts);
    const seen: string[] = [];
    for await (const record of world.client.follow(id)) {
      if (!isChunk(record)) continue;
      seen.push(`${record.host} ${Buffer.from(chunkBytes(record)).toString("utf8").trim()}`);
      if (seen.length === hosts.length) writeFileSync(go, "");
    }
    expect(seen.slice(0, 3).sort()).toEqual(hosts.map((host) => `${host} up`));
    expect(seen.slice(3).sort()).toEqual(hosts.map((host) => `${host} done`));
  });

  it("run at most `concurrency` at a time", async () => {
    const folder = scratch();
    const go = join(folder, "go");
    const running = join(folder, "running");
    // Each prints how many run at that time.
    const cmd = `mkdir -p ${running}/$$; ls ${running} | wc -l; while ! [ -e ${go} ]; do sleep 0.05; done; sleep 0.2; rmdir ${running}/$$`;
    const id = await start(cmd, hostsOf(6), { concurrency: 2 });
    await until("two are up", async () => (await world.client.get(id)).output?.bytes.stdout === 4);
    await until("the list has two that run", async () => {
      const children = await world.client.children(id);
      return children.filter(({ status }) => status === "running").length === 2;
    });
    writeFileSync(go, "");
    await receive(world.client, id);
    const { status, result = {} } = await world.client.get(id);
    expect(status).toBe("succeeded");
    const counts = Object.values(result).map((host) => Object(host).stdout);
    expect(counts).toHaveLength(6);
    for (const count of counts) expect([1, 2]).toContain(count);
  });

  it("that cannot be reached are named, and do not delay the others", async () => {
    // One refuses connections, another accepts them and never answers.
    const silent = createServer();
    silent.listen(0, "127.0.0.77");
    afterTest(() => silent.close());
    await once(silent, "listening");
    const silence = `127.0.0.77:${(silent.address() as AddressInfo).port}`;
    const hosts = ["127.0.0.1", "127.0.0.2:1", silence, "127.0.0.3"];
    const id = await start("echo here", hosts, { connect_timeout: 8 });
    const seen: string[] = [];
    for await (const record of world.client.follow(id)) {
      if (!isChunk(record)) continue;
      seen.push(record.host ?? "");
      if (seen.length < 2) continue;
      await until("the list has the silent host as one that runs", async () => {
        const children = await world.client.children(id);
        return children.find(({ parameters }) => parameters.hosts === silence)?.status === "running";
      });
    }
    expect(seen.sort()).toEqual(["127.0.0.1", "127.0.0.3"]);
    const { status, result } = await world.client.get(id);
    expect(status).toBe("failed");
    expect(result).toMatchObject({
      "127.0.0.1": { succeeded: true },
      "127.0.0.2": { return_code: 255, error: expect.stringMatching(/^Connection error\. .*127\.0\.0\.2:1/) },
      "127.0.0.77": {
        return_code: 255,
        error: expect.stringMatching(/^Connection error\. .*127\.0\.0\.77.*(timed out|timeout)/s),
      },
      "127.0.0.3": { succeeded: true },
    });
  });

  it.each([
    [false, "failed"],
    [true, "succeeded"],
  ])(
    "with one failure: with allow_partial_failure %s the run has %s",
    async (allow_partial_failure, wanted) => {
      const cmd = `case $SSH_CONNECTION in *127.0.0.2*) exit 7;; esac`;
      const id = await start(cmd, hostsOf(3), { allow_partial_failure });
      await receive(world.client, id);
      const { status, result } = await world.client.get(id);
      expect(status).toBe(wanted);
      expect(result).toMatchObject({ "127.0.0.2": { return_code: 7, failed: true } });
    },
  );

  it("show the warnings of each host's run in the run's own result", async () => {
    const [one = "", two = ""] = hostsOf(2);
    const id = await start("echo '{{ timeout }} {#'", [one, two]);
    await byHost(id);
    const { status, result } = await world.client.get(id);
    expect(status).toBe("succeeded");
    const host = {
      stdout: "{{ timeout }} {#",
      warnings: [
        expect.stringMatching(
          /^Not rendered: the parameter "cmd" reads \{\{ timeout \}\}, but is no template: /,
        ),
      ],
    };
    expect(result).toEqual({ [one]: expect.objectContaining(host), [two]: expect.objectContaining(host) });
  });

  it("have the status timeout only if all of them do", async () => {
    const some = await start(`case $SSH_CONNECTION in *127.0.0.2*) exit 0;; esac; sleep 60`, hostsOf(2), {
      timeout: 5,
    });
    const all = await start("sleep 60", hostsOf(2), { timeout: 1 });
    await Promise.all([receive(world.client, some), receive(world.client, all)]);
    expect((await world.client.get(some)).status).toBe("failed");
    expect((await world.client.get(all)).status).toBe("timeout");
  });

  it("are all ended by one cancel, including those that wait", async () => {
    const id = await start("echo up; sleep 600", hostsOf(4), { concurrency: 2 });
    await until("two are up", async () => (await world.client.get(id)).output?.bytes.stdout === 6);
    await world.client.cancel(id);
    const { end } = await receive(world.client, id);
    expect(end?.status).toBe("canceled");
    const { children = [], result } = await world.client.get(id);
    expect(result).toMatchObject({ message: "Action canceled by user." });
    for (const child of children) expect(markedProcesses(child)).toEqual([]);
    expect(liveProcesses().some(({ pid }) => markedProcesses(id).some((one) => one.pid === pid))).toBe(false);
  });

  it("with the same name differ by their ports in the result", async () => {
    const other = await Sshd.start();
    const id = await start(
      "echo $SSH_CONNECTION | cut -d' ' -f4",
      [`127.0.0.1:${sshd.port}`, `127.0.0.1:${other.port}`],
      {
        // Both accept the key.
        private_key: sshd.key,
        allow_partial_failure: true,
      },
    );
    await receive(world.client, id);
    other.stop();
    expect(Object.keys((await world.client.get(id)).result ?? {})).toEqual([
      `127.0.0.1:${sshd.port}`,
      `127.0.0.1:${other.port}`,
    ]);
  });

  it("end as abandoned after a restart of their agent, each with a gap", async () => {
    const id = await start("echo up; sleep 600", hostsOf(3));
    await until("three are up", async () => (await world.client.get(id)).output?.bytes.stdout === 9);
    await world.agent.stop("SIGKILL");
    await world.agent.start().ready();
    const { end, gaps } = await receive(world.client, id);
    expect(end?.status).toBe("abandoned");
    expect(gaps).toHaveLength(3);
  });
});
