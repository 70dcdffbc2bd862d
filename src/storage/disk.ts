import { TailraceError } from "../../protocol/base/errors.ts";

/** How long the disk service may take. The platform ends an object that lets its events wait for 30 seconds. */
const ANSWER_MS_MAX = 20_000;

/** How long an execution or output waits for its answer. Without one in time, there is room: a busy service must not stop output. */
const ROOM_WAIT_MS_MAX = 500;

/** The error for a request that a full disk stopped before anything was done. */
export function refusedByDisk(): TailraceError {
  return new TailraceError(
    "storage_full",
    "The server's disk is full; nothing was done. The server continues by itself once there is room. Try again then.",
  );
}

/**
 * Whether a failure comes from a full disk. If the platform hides the database's error, the local server is asked, because it
 * can see the disk.
 */
export async function isDiskFull(env: Env, error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.message.includes("SQLITE_FULL")) return true;
  return isHidden(error) && (await askDisk(env, "/")) === "full";
}

/** The error for new work while only the reserve of the local server's disk is left: it would take the room that the ends of runs need. */
function refusedByReserve(): TailraceError {
  return new TailraceError(
    "storage_full",
    "The server's disk is full except for a reserve, which is for the ends of runs; nothing was done. The server takes executions and output again by itself once there is room.",
  );
}

/** How long the answer that there is room counts: appends come often. */
const ROOM_KNOWN_MS = 1_000;

/** When there was room. The Worker's requests share it. */
let had_room_ms = Number.NEGATIVE_INFINITY;

/** Whether the local server's disk has more than its reserve. Cloudflare has no such disk. */
export async function hasRoom(env: Env): Promise<boolean> {
  // A clock that was set back asks again.
  if (env.DISK === undefined || Math.abs(Date.now() - had_room_ms) < ROOM_KNOWN_MS) return true;
  if ((await askDisk(env, "/reserve", ROOM_WAIT_MS_MAX)) === "low") return false;
  had_room_ms = Date.now();
  return true;
}

/** Throws without it. */
export async function demandRoom(env: Env): Promise<void> {
  if (!(await hasRoom(env))) throw refusedByReserve();
}

/**
 * Gives free space of an object's database back to the disk, if the local server is there to do it. On Cloudflare only used pages count.
 * The object handles nothing else until then, so that the database is at rest.
 */
export async function shrinkStorage(env: Env, ctx: DurableObjectState): Promise<void> {
  if (env.DISK === undefined) return;
  await ctx.blockConcurrencyWhile(async () => {
    await ctx.storage.sync();
    // A failure changes nothing, and the server shrinks the file at its next start.
    await askDisk(env, `/shrink/${ctx.id}`);
  });
}

/** The answer of the local server's disk service; undefined without one, and if it does not answer. */
async function askDisk(
  { DISK, DISK_KEY = "" }: Env,
  path: string,
  wait_ms = ANSWER_MS_MAX,
): Promise<string | undefined> {
  try {
    const answer = await DISK?.fetch(`http://disk${path}`, {
      headers: { "disk-key": DISK_KEY },
      signal: AbortSignal.timeout(wait_ms),
    });
    return await answer?.text();
  } catch {
    return undefined;
  }
}

/** Whether the platform hides the reason of a failure. */
export function isHidden({ message }: Error): boolean {
  return message.includes("internal error; reference = ") || message.includes("SQLITE_IOERR");
}
