import { percentile } from "../statistics.ts";
import { startTailrace, type TailraceServer } from "../systems/tailrace.ts";

/** Executions that match the measured filter. Two statements add others that do not match. */
const MATCHING = 100_000;
const ROWS_PER_STATEMENT = 10_000;

const REPEATS = 40;
const FILTER = "action=core.local&status=succeeded&limit=50&exclude_attributes=result,trigger_instance";

/** Milliseconds from the request for a list to its last byte, with the exact total: the median. */
export async function listing(): Promise<
  Record<"first_ms" | "middle_ms" | "last_ms" | "top_level_ms", number>
> {
  const server = await startTailrace();
  try {
    await fill(server);
    return {
      first_ms: await measure(server, FILTER),
      middle_ms: await measure(server, `${FILTER}&offset=${MATCHING / 2}`),
      last_ms: await measure(server, `${FILTER}&offset=${MATCHING - 100}`),
      top_level_ms: await measure(server, `${FILTER}&parent=null`),
    };
  } finally {
    await server.stop();
  }
}

/** Copies one execution's row under new ids and times, so that the documents have a real size. */
async function fill({ client, sql }: TailraceServer): Promise<void> {
  await client.register({
    actions: [
      {
        pack: "core",
        name: "local",
        runner_type: "local-shell-cmd",
        parameters: { cmd: { type: "string" } },
      },
    ],
  });
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "true" } });
  await client.cancel(id);
  const copies = (first: number, action: string, status: string) =>
    sql(`INSERT INTO executions
      (id, version, action, runner, status, user, parent, liveaction, start_timestamp, end_timestamp, document)
      WITH RECURSIVE number (n) AS (
        VALUES (${first}) UNION ALL SELECT n + 1 FROM number WHERE n < ${first + ROWS_PER_STATEMENT - 1})
      SELECT printf('%024x', n), version, '${action}', runner, '${status}', user, parent, printf('%024x', n),
        strftime('%Y-%m-%dT%H:%M:%S', 1700000000 + n, 'unixepoch') || '.000000Z', end_timestamp,
        replace(document, id, printf('%024x', n))
      FROM executions, number WHERE id = '${id}'`);
  for (let row = 0; row < MATCHING; row += ROWS_PER_STATEMENT) await copies(row, "core.local", "succeeded");
  await copies(MATCHING, "core.local", "failed");
  await copies(MATCHING + ROWS_PER_STATEMENT, "core.other", "succeeded");
}

async function measure({ url, key }: TailraceServer, query: string): Promise<number> {
  const took_ms: number[] = [];
  while (took_ms.length < REPEATS) {
    const started = performance.now();
    const response = await fetch(`${url}/api/v1/executions?${query}`, { headers: { "st2-api-key": key } });
    const rows = (await response.json()) as unknown[];
    took_ms.push(performance.now() - started);
    const total = response.headers.get("x-total-count");
    if (rows.length !== 50 || total !== String(MATCHING)) throw new Error(`${rows.length} rows of ${total}`);
  }
  return percentile(took_ms, 50);
}
