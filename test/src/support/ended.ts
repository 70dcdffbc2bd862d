import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eventually } from "./eventually.ts";
import { chunks, clientWith, ended, ORIGIN, run } from "./world.ts";

const client = clientWith();

/** An ended execution with this output in chunks, which the index offers to the edge's cache. */
export async function offered(...data: string[]): Promise<string> {
  const { id, token } = await run(client);
  // A batch a chunk: pages end between batches.
  for (const [at, text] of data.entries()) await client.append(id, token, chunks(at + 1, text));
  await client.end(id, token, ended(data.length));
  await eventually(() => versionOf(id));
  return id;
}

/** The version with which the index offers an output; throws while it does not. */
export async function versionOf(id: string): Promise<number> {
  const row = await env.INDEX.prepare(
    "SELECT version FROM executions WHERE id = ? AND output_version = version",
  )
    .bind(id)
    .first<{ version: number }>();
  if (!row) throw new Error(`the index does not offer the output of ${id}`);
  return row.version;
}

/** Resolves once the cache has an answer: a page, the beginning of the last lines, or a page of lines. */
export async function kept(id: string, name: string): Promise<void> {
  const cache = await caches.open("tailrace-ended");
  const version = await versionOf(id);
  await eventually(async () => {
    const found = await cache.match(`${ORIGIN}/ended/${id}/${version}/${name}`);
    if (!found) throw new Error(`${name} is not in the cache`);
    await found.arrayBuffer();
  });
}

/** Empties an execution's object, as if it had never run: an answer with its output comes from elsewhere. */
export async function emptyObject(id: string): Promise<void> {
  const stub = env.EXECUTION.getByName(id);
  await runInDurableObject(stub, (_, state) => state.storage.deleteAll());
  await evictDurableObject(stub);
}
