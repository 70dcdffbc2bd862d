// @module-tag python3
// @module-tag tar
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sign } from "hono/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocal } from "../../cli/local/local.ts";
import { findPrograms } from "../../cli/local/programs.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { ListExecutions } from "../../protocol/model/execution.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { receive, sha256 } from "../support/reader.ts";
import { copyState, RELEASES, type StoredState } from "../support/stored-state.ts";
import { afterTest, clientOf, ROOT, until } from "../support/world.ts";

/** Long enough that no stored lease has expired. */
const GRACE_SECONDS = 1e10;

/** Soon, so that the test need not wait long for the lost run. */
const RETURN_SECONDS = 2;

const PACKS = ["--packs", join(ROOT, "test/fixtures/packs/stored")];

interface Opened {
  stored: StoredState;
  url: string;
  client: Client;
  /** The secret that signs leases and links. */
  secret: string;
  /** The id of one of the executions, by its role in the example. */
  idOf: (as: string) => string;
  stop: () => Promise<void>;
}

/** A copy of a state, opened by the server alone: no run in it goes on. */
async function open(release: string): Promise<Opened> {
  const { state, stored } = copyState(release);
  const server = await startServer({
    port: 0,
    state,
    vars: { LEASE_GRACE_SECONDS: GRACE_SECONDS, RBAC_ENABLED: true },
  });
  const { TAILRACE_SECRET: secret } = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
  const { url, apiKey } = server;
  return { stored, url, secret, client: clientOf(url, apiKey), idOf: idsOf(stored), stop: server.stop };
}

function idsOf({ executions }: StoredState): (as: string) => string {
  return (as) => {
    const id = executions[as];
    if (id === undefined) throw new Error(`the state has no execution ${as}`);
    return id;
  };
}

describe.each(RELEASES)("the state that %s has left", (release) => {
  let opened: Opened;
  beforeAll(async () => {
    opened = await open(release);
  });
  afterAll(() => opened.stop());

  it("has the same documents, secrets, outputs and lists", async () => {
    const { stored, client } = opened;
    for (const { id, document, open, output } of stored.read) {
      expect(await client.get(id)).toMatchObject(document);
      const shown = await fetch(`${client.url}/api/v1/executions/${id}?show_secrets=true`, {
        headers: { "st2-api-key": stored.keys.admin },
      });
      expect(await shown.json()).toMatchObject(open);
      const answer = await fetch(`${client.url}/api/v1/executions/${id}/output?follow=false`, {
        headers: { "st2-api-key": stored.keys.admin },
      });
      const body = Buffer.from(await answer.arrayBuffer());
      // A refusal also names its request since then.
      const bytes = answer.ok ? body : Buffer.from(String(body).replace(/,"request_id":"[^"]*"/, ""));
      expect({ status: answer.status, bytes: bytes.length, sha256: sha256(bytes) }).toEqual(output);
      const children = await client.children(id, 1);
      expect(children.map((child) => child.id).sort()).toEqual([...(document.children ?? [])].sort());
    }
    const listed = async (filter: ListExecutions) =>
      (await client.list({ ...filter, limit: 100 })).map(({ id }) => id).sort();
    const ids = (chosen: StoredState["read"]) => chosen.map(({ id }) => id).sort();
    expect(await listed({})).toEqual(ids(stored.read));
    const logins = stored.read.filter(({ document }) => document.action.ref === "stored.login");
    expect(await listed({ action: "stored.login" })).toEqual(ids(logins));
    for (const status of ["succeeded", "failed", "running", "paused", "requested"] as const) {
      const expected = stored.read.filter(({ document }) => document.status === status);
      expect(await listed({ status })).toEqual(ids(expected));
    }
  });

  it("can be followed to its end, with each output complete", async () => {
    const { stored, client } = opened;
    for (const { id, document, output } of stored.read.filter(({ output }) => output.status === 200)) {
      const has_ended = document.end_timestamp !== undefined;
      const received = await receive(client, id, { follow: has_ended });
      expect(received).toMatchObject({ bytes: output.bytes, sha256: output.sha256, dense: true });
      expect(received.end?.status).toBe(has_ended ? document.status : undefined);
    }
  });

  it("accepts the same credentials, with the same permissions", async () => {
    const { stored, client, url, secret, idOf } = opened;
    const { token } = await client.identity.signIn("ann", stored.password);
    for (const ann of [clientOf(url, token), clientOf(url, stored.keys.user)]) {
      expect((await ann.get(idOf("speaks"))).status).toBe("succeeded");
      await expect(ann.get(idOf("login"))).rejects.toMatchObject({ code: "forbidden" });
      await expect(ann.create({ action: "core.local", parameters: { cmd: "true" } })).rejects.toMatchObject({
        code: "forbidden",
      });
    }
    expect((await clientOf(url, stored.keys.admin).get(idOf("login"))).status).toBe("succeeded");
    for (const key of [stored.keys.disabled, token.slice(1)]) {
      await expect(clientOf(url, key).user()).rejects.toMatchObject({ code: "unauthorized" });
    }
    await expect(client.identity.signIn("left", "the password of left")).rejects.toMatchObject({
      code: "unauthorized",
    });
    expect((await client.key("stored_plain")).value).toBe("a plain value");
    expect((await client.key("stored_secret")).value).not.toContain(stored.secrets.key);
    expect((await client.key("stored_secret", { decrypt: true })).value).toBe(stored.secrets.key);

    // The links of that release have expired. This link differs in its expiry only.
    const claims = { kind: "link", id: "0".repeat(24), execution_id: idOf("failed"), sub: "admin" };
    const link = await sign({ ...claims, exp: Math.floor(Date.now() / 1000) + 60 }, secret, "HS256");
    const linked = (id: string) => fetch(`${url}/api/v1/executions/${id}?link=${link}`);
    expect((await linked(idOf("failed"))).status).toBe(200);
    expect((await linked(idOf("login"))).status).toBe(403);
  });

  it("accepts more output and the end under a lease of that release", async () => {
    const { stored, client, secret, idOf, stop } = await open(release);
    afterTest(stop);
    const id = idOf("running");
    const token = await sign({ ...stored.lease }, secret, "HS256");
    const timestamp = "2026-12-01T00:00:00.000000Z";
    const written = stored.read.find((one) => one.id === id)?.document.output?.last_seq ?? 0;
    const chunk = { seq: written + 1, timestamp, output_type: "stdout" as const, data: "three\n" };
    const followed = receive(client, id);
    expect((await client.append(id, token, encodeChunk(chunk))).next).toBe(written + 2);
    const result = { failed: false, succeeded: true, return_code: 0, stdout: "one\ntwo\nthree", stderr: "" };
    await client.end(id, token, { last_seq: written + 1, status: "succeeded", exit_code: 0, result });
    expect(await followed).toMatchObject({
      dense: true,
      sha256: sha256("one\ntwo\nthree\n"),
      end: { status: "succeeded" },
    });
    expect(await client.get(id)).toMatchObject({ status: "succeeded", result });
  });

  it("continues with its agent: waiting runs start, lost ones end, paused ones resume", async () => {
    const { state, stored } = copyState(release);
    const lines: string[] = [];
    const { programs } = await findPrograms();
    const options = {
      port: 0,
      state,
      vars: { LEASE_GRACE_SECONDS: RETURN_SECONDS },
      agentArgs: PACKS,
      onLine: (line: string) => lines.push(line),
    };
    const { url, key, stop } = await startLocal(options, programs);
    afterTest(stop);
    const client = clientOf(url, key);
    const idOf = idsOf(stored);
    const ended = (as: string) =>
      until(`${as} has ended: ${lines.join("\n")}`, async () => {
        const execution = await client.get(idOf(as));
        return execution.end_timestamp === undefined ? undefined : execution;
      });
    expect(await ended("waiting")).toMatchObject({ status: "succeeded", result: { stdout: "waited" } });

    expect((await ended("lost")).status).toBe("abandoned");
    const { gaps, bytes, dense } = await receive(client, idOf("lost"));
    expect({ gaps: gaps.length, bytes, dense }).toEqual({ gaps: 1, bytes: 6, dense: true });

    const chain = await ended("running_chain");
    expect(chain.status).toBe("succeeded");
    const tasks = (chain.result as { tasks: { name: string; state: string }[] }).tasks;
    expect(tasks.map(({ name, state }) => [name, state])).toEqual([
      ["wait", "abandoned"],
      ["sorry", "succeeded"],
    ]);

    await client.resume(idOf("paused"));
    expect(await ended("paused")).toMatchObject({ status: "succeeded" });
    // A task that begins now gets the secret that the chain has stored.
    await until("the list has both tasks as succeeded", async () => {
      const tasks = await client.children(idOf("paused"));
      return tasks.length === 2 && tasks.every(({ status }) => status === "succeeded");
    });
    expect(JSON.stringify(await client.get(idOf("paused")))).not.toContain(stored.secrets.paused);
  });
});
