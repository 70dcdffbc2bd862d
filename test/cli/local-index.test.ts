import { resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { expect, it } from "vitest";
import { startServer } from "../../cli/server/server.ts";
import { answersOf, type Call, type Database } from "../support/index-answers.ts";
import { ROOT, scratch } from "../support/world.ts";

/** Its own answer tells of the statements before it. */
const FIRST: Call[] = [
  { sql: "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, size REAL, bytes BLOB) STRICT" },
  { sql: "CREATE TABLE counts (notes INTEGER)" },
  { sql: "INSERT INTO counts VALUES (0)" },
  {
    sql: "CREATE TRIGGER counted AFTER INSERT ON notes BEGIN UPDATE counts SET notes = notes + 1; END",
  },
];

/** Batches whose answers show how a database binds, counts, reads and fails. */
const BATCHES: Call[][] = [
  [
    { sql: "INSERT INTO notes (text, size, bytes) VALUES (?, ?, ?)", values: ["é \u0000 🦊", 1.5, [0, 255]] },
    { sql: "INSERT INTO notes (text) VALUES (?2), (?1)", values: ["two", "one"] },
    { sql: "SELECT * FROM notes ORDER BY id" },
    { sql: "SELECT notes FROM counts" },
  ],
  [{ sql: "SELECT id, text FROM notes WHERE id > ?", values: [9] }],
  [{ sql: "SELECT 1 AS same, 2 AS same, NULL AS nothing, 9007199254740991 AS large" }],
  [{ sql: "UPDATE notes SET text = 'x' WHERE id = 9" }],
  [
    { sql: "UPDATE notes SET text = 'y' WHERE id = 1 RETURNING id, text" },
    { sql: "INSERT INTO notes (id) VALUES (1)" },
  ],
  [{ sql: "SELECT text FROM notes WHERE id = 1" }],
  [{ sql: "INSERT INTO notes (id, size) VALUES (7, 'no number')" }],
  [{ sql: "SELEC 1" }],
  [{ sql: "SELECT * FROM absent" }],
  [{ sql: "SELECT ? + ?", values: [1] }],
  [{ sql: "DELETE FROM notes" }, { sql: "SELECT count(*) AS left FROM notes" }],
];

it("the local server's index answers what Miniflare's D1 answers", async () => {
  const entry = resolve(ROOT, "test/support/index-entry.ts");
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script: "export default {}", d1Databases: ["INDEX"] }),
  );
  const server = await startServer({ port: 0, state: scratch(), entry });
  try {
    const theirs = (await miniflare.getD1Database("INDEX")) as unknown as Database;
    const answer = await fetch(server.url, { method: "POST", body: JSON.stringify([FIRST, ...BATCHES]) });
    const [, ...ours] = (await answer.json()) as unknown[];
    await answersOf(theirs, [FIRST]);
    expect(ours).toEqual(await answersOf(theirs, BATCHES));
  } finally {
    await server.stop();
    await miniflare.dispose();
  }
});
