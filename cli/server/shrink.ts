import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";

/** A database with less free space than this is left as it is. */
export const FREE_BYTES_MIN = 1024 * 1024;

/** A database with more data than this is not rewritten while the engine has it open: its object would wait too long. */
const LIVE_BYTES_MAX = 64 * 1024 * 1024;

/** How long a rewrite waits for the engine. It is short, because everything else that the server's process does waits too. */
const BUSY_MS_MAX = 500;

/** The first number that a checkpoint returns if no reader was in its way. */
const CHECKPOINT_DONE = 0;

/** SQLite's header: the size of a page, the number of pages, and how many of them are free. */
const HEADER = { bytes: 100, page_size: 16, pages: 28, free_pages: 36 } as const;

/**
 * Gives the free space of a database back to the disk. SQLite keeps it for later rows, and an object cannot change that. Safe while the
 * engine has the file open: SQLite locks it between processes. A crash leaves the file as it was. While the engine has a query open, as
 * after a reader that has stopped in its middle, the file is left to the next start: the engine could not write after that query.
 */
export function shrinkOpen(file: string): void {
  const database = openDatabase(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS_MAX}`);
    const numberOf = (pragma: string) =>
      Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0]);
    const [page_size, pages, free_pages] = [
      numberOf("page_size"),
      numberOf("page_count"),
      numberOf("freelist_count"),
    ];
    if (free_pages * page_size < FREE_BYTES_MIN || (pages - free_pages) * page_size > LIVE_BYTES_MAX) return;
    if (numberOf("wal_checkpoint(TRUNCATE)") === CHECKPOINT_DONE) rewriteOpen(database);
  } finally {
    database.close();
  }
}

/** Rewrites a database without its free pages. Closing it empties and removes its log. */
export function rewrite(file: string): void {
  const database = openDatabase(file);
  try {
    rewriteOpen(database);
  } finally {
    database.close();
  }
}

/**
 * Rewrites each database of a folder of which more than half is free: an earlier release has left it so, or a crash. The engine does
 * not run yet.
 */
export function shrinkAll(store: string): void {
  const folders = ["do", "d1"].map((name) => join(store, name)).filter((folder) => existsSync(folder));
  for (const name of folders.flatMap((folder) => databasesIn(folder))) if (isMostlyFree(name)) rewrite(name);
}

interface Pages {
  page_size: number;
  pages: number;
  free_pages: number;
}

function rewriteOpen(database: DatabaseSync): void {
  database.exec("PRAGMA wal_checkpoint(TRUNCATE); VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
}

function databasesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sqlite"))
    .map((name) => join(folder, name));
}

/** Reads the header only: there may be many databases. A log that was not merged may say otherwise, and is merged first. */
function isMostlyFree(file: string): boolean {
  if (sizeOf(`${file}-wal`) >= FREE_BYTES_MIN) mergeLog(file);
  if (sizeOf(file) < FREE_BYTES_MIN) return false;
  const { page_size, pages, free_pages } = headerOf(file);
  return free_pages * page_size >= FREE_BYTES_MIN && free_pages > pages / 2;
}

function mergeLog(file: string): void {
  const database = openDatabase(file);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

function headerOf(file: string): Pages {
  const header = Buffer.alloc(HEADER.bytes);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, header, 0, HEADER.bytes, 0);
  } finally {
    closeSync(descriptor);
  }
  const page_size = header.readUInt16BE(HEADER.page_size);
  return {
    // 1 stands for 64 KiB, which has no place in two bytes.
    page_size: page_size === 1 ? 65_536 : page_size,
    pages: header.readUInt32BE(HEADER.pages),
    free_pages: header.readUInt32BE(HEADER.free_pages),
  };
}

/** The module is loaded here, because Node 22 warns of it. */
function openDatabase(file: string): DatabaseSync {
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  return new DatabaseSync(file);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
