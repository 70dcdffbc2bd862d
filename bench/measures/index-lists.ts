import { percentile } from "../statistics.ts";
import { registerLocal, startTailrace, type TailraceServer } from "../systems/tailrace.ts";

const ROWS_PER_STATEMENT = 50_000;
const REPEATS = 15;
const ACTIONS = 200;
/** Seconds between two executions: ten million are from almost a year. */
const APART_SECONDS = 3;
const FIRST_SECONDS = 1_700_000_000;

/** The lists that are measured, by what their names say. `action7` is one of 200 actions, with five users. */
const LISTS: Record<string, string> = {
  all: "",
  "without children": "parent=null",
  succeeded: "status=succeeded",
  abandoned: "status=abandoned",
  running: "status=running",
  "an action": "action=core.action7",
  "an action, failed": "action=core.action7&status=failed",
  "a user": "user=user49",
  "a user, failed, without children": "user=user49&status=failed&parent=null",
  "a pool": "pool=gpu",
  "a runner": "runner=action-chain",
  "all filters": "action=core.action7&status=succeeded&user=user49&runner=action-chain&pool=gpu&parent=null",
  "failed before a time": `status=failed&timestamp_lt=${timeOf(20_000)}`,
  "an action, at offset 10,000": "action=core.action7&offset=10000",
  "the middle of succeeded": "status=succeeded&offset=MIDDLE",
};

/** The lists with a bound. A deep page of many groups takes as long as the rows before it are many. */
export const INDEX_LISTS = [
  ...Object.keys(LISTS).filter((name) => !name.includes("middle")),
  "last",
  "values of filters",
];

/** Milliseconds from the request for a page of each list to its last byte, with the exact total; and for `last`: the medians. */
export async function indexLists(executions: number): Promise<Record<string, number>> {
  const server = await startTailrace();
  try {
    await fill(server, executions);
    const figures: Record<string, number> = {};
    for (const [name, query] of Object.entries(LISTS)) {
      const path = `?limit=50&${query.replace("MIDDLE", String(Math.floor(executions * 0.45)))}`;
      figures[`${name}, p50 ms`] = await measure(server, path);
    }
    figures["last, p50 ms"] = await measure(server, "/last");
    figures["values of filters, p50 ms"] = await measure(server, "/views/filters");
    return figures;
  } finally {
    await server.stop();
  }
}

function timeOf(row: number): string {
  return new Date((FIRST_SECONDS + row * APART_SECONDS) * 1000).toISOString();
}

/** Copies one execution's row, with a document of a real size, as executions of many actions, users and outcomes. */
async function fill({ client, sql }: TailraceServer, executions: number): Promise<void> {
  await registerLocal(client);
  const { id } = await client.create({ action: "core.local", parameters: {} });
  await client.cancel(id);
  for (let first = 0; first < executions; first += ROWS_PER_STATEMENT)
    await sql(copies(id, first, Math.min(first + ROWS_PER_STATEMENT, executions)));
  await sql(`UPDATE executions SET status = 'running', end_timestamp = NULL
    WHERE id > printf('%08x%016x', ${FIRST_SECONDS} + ${(executions - 1_000) * APART_SECONDS}, 0) AND id < '${id}'`);
}

/** Chances are digits of a number that looks random, so that each run has the same rows. */
function copies(id: string, first: number, end: number): string {
  return `INSERT INTO executions (id, version, action, runner, status, user, parent, liveaction, pool,
      start_timestamp, end_timestamp, document)
    WITH RECURSIVE number (n) AS (VALUES (${first}) UNION ALL SELECT n + 1 FROM number WHERE n < ${end - 1}),
      drawn (n, r, a) AS (SELECT n, (n * 1103515245 + 12345) & 2147483647,
        (((n * 1103515245 + 12345) & 2147483647) >> 8) % ${ACTIONS} FROM number),
      made (n, r, a, id) AS (SELECT n, r, a, printf('%08x%016x', ${FIRST_SECONDS} + n * ${APART_SECONDS}, n) FROM drawn)
    SELECT made.id, version, 'core.action' || a,
      CASE a % 4 WHEN 3 THEN 'action-chain' WHEN 1 THEN 'python-script' ELSE 'local-shell-cmd' END,
      CASE WHEN (r >> 10) % 1000 < 930 THEN 'succeeded' WHEN (r >> 10) % 1000 < 980 THEN 'failed'
        WHEN (r >> 10) % 1000 < 990 THEN 'timeout' WHEN (r >> 10) % 1000 < 999 THEN 'canceled' ELSE 'abandoned' END,
      'user' || ((a * 7 + (r >> 20) % 5) % 100), iif((r >> 5) % 20 = 0, '${id}', NULL), made.id,
      CASE a % 3 WHEN 1 THEN 'gpu' ELSE 'default' END,
      strftime('%Y-%m-%dT%H:%M:%S', ${FIRST_SECONDS} + n * ${APART_SECONDS}, 'unixepoch') || '.000000Z',
      end_timestamp, replace(document, executions.id, made.id)
    FROM made CROSS JOIN executions WHERE executions.id = '${id}'`;
}

async function measure({ url, key }: TailraceServer, path: string): Promise<number> {
  const took_ms: number[] = [];
  while (took_ms.length < REPEATS) {
    const started = performance.now();
    const response = await fetch(`${url}/api/v1/executions${path}`, { headers: { "st2-api-key": key } });
    const text = await response.text();
    took_ms.push(performance.now() - started);
    // The rows have no object, which `last` finds out.
    if (!response.ok && path !== "/last") throw new Error(`${path}: ${response.status} ${text}`);
  }
  return percentile(took_ms, 50);
}
