import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { Log } from "../../src/execution/log/log.ts";
import { Children } from "../../src/execution/state/children.ts";
import { executionSteps } from "../../src/execution/state/schema.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { beginSchema } from "../../src/storage/schema.ts";

/** A batch of one line, as a producer sends it. */
function batch(seq: number) {
  const line = { seq, timestamp: "2026-11-30T00:00:00.000000Z", output_type: "stdout", data: "x\n" };
  const counts = { stdout: 2, stderr: 0, other: 0 };
  const head = { first_seq: seq, last_seq: seq, bytes: counts, gaps: 0, lines: { ...counts, stdout: 1 } };
  return { head, body: `${JSON.stringify(line)}\n` };
}

it("a log whose last batch was rolled back fails for a reader, and the next instance reads it to its end", async () => {
  await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
    beginSchema(storage, executionSteps(new Vault(env)));
    const log = new Log(storage);
    const [first, second] = [batch(1), batch(2)];
    log.append(first, 0);
    // A full disk makes a commit fail like this.
    expect(() =>
      storage.transactionSync(() => {
        log.append(second, 0);
        throw new Error("database or disk is full: SQLITE_FULL");
      }),
    ).toThrow("SQLITE_FULL");
    for (const seq of [0, 1]) expect(() => log.pageAfter(seq)).toThrow("nothing behind 1");
    const next = new Log(storage);
    expect(next.pageAfter(0)).toEqual({ lines: first.body, last_seq: 1 });
    expect(next.pageAfter(1)).toBeUndefined();
  });
});

it("children whose tables were rolled back with them are planned again", async () => {
  await runInDurableObject(env.EXECUTION.getByName(newId()), (_, { storage }) => {
    const vault = new Vault(env);
    const children = new Children(storage.sql, vault);
    const plan = () => {
      for (const name of ["one", "two"]) {
        const id = newId();
        children.plan({ id, name, draft: vault.seal([id, "draft"], {}) }, "2026-11-30T00:00:00.000000Z");
      }
    };
    expect(() =>
      storage.transactionSync(() => {
        plan();
        throw new Error("string or blob too big: SQLITE_TOOBIG");
      }),
    ).toThrow("SQLITE_TOOBIG");
    children.reload();
    expect(children.all()).toEqual([]);
    plan();
    expect(children.all().map(({ name }) => name)).toEqual(["one", "two"]);
  });
});
