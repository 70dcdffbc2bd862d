import { join } from "node:path";
import { isFull } from "../base/disk.ts";
import { CliError } from "../base/errors.ts";
import { hostText, LOCAL } from "../base/listen.ts";
import { UnreadableIndex } from "./index-access.ts";
import { lockState } from "./lock.ts";
import { type Server, type ServerOptions, startEngine, storeOf } from "./running.ts";
import type { Scripts } from "./scripts.ts";
import { shrinkAll } from "./shrink.ts";
import { noteStateVersion, readStateVersion, STATE_VERSION } from "./state-version.ts";
import { upgradeState } from "./upgrade.ts";

/** Locks the state folder, upgrades an older one, and starts the server on it. */
export async function startBuilt(options: ServerOptions, scripts: Scripts): Promise<Server> {
  const lock = await lockState(options.state);
  try {
    await prepareState(options, scripts);
    return await startEngine(options, scripts, lock.release);
  } catch (error) {
    lock.release();
    if (error instanceof Error && /address already in use/i.test(error.message)) {
      throw new CliError(
        `Port ${options.port} is in use. Is a server already running? To start another: --port 0 takes a free port.`,
      );
    }
    const cause = error instanceof Error ? NO_SOCKET.exec(error.message)?.[1] : undefined;
    if (cause !== undefined) {
      const { host } = options.listen ?? LOCAL;
      throw new CliError(
        `The server cannot listen at ${hostText(host)}:${options.port}: ${cause.trim()}. Choose another: --host ADDRESS, --port PORT.`,
      );
    }
    // The engine reports a full disk in its own words, or not at all.
    if (!(error instanceof CliError) && isFull(options.state)) {
      throw new CliError(
        `The disk under the state folder ${options.state} is full. Make room and start again: the stored data is kept.`,
      );
    }
    if (error instanceof UnreadableIndex) {
      const { state } = options;
      throw new CliError(
        `The index of ${state} cannot be read: its database is damaged, and the executions are not. Move ${join(state, "store/d1")} away, start again, then: tailrace index rebuild --state ${state}`,
      );
    }
    throw error;
  }
}

/** What the engine prints when it cannot open the socket for clients, with the cause. */
const NO_SOCKET = /Socket "(?:worker|beside)": (?:\w+\(\): )?([^;(.]+)/;

/** Refuses state that is newer than this program, and upgrades older state. */
async function prepareState(options: ServerOptions, scripts: Scripts): Promise<void> {
  const { state } = options;
  const version = readStateVersion(state);
  shrinkAll(storeOf(state));
  if (version === STATE_VERSION) return;
  // On another port: clients get no answer on the usual one until the upgrade is done, and try again.
  await upgradeState(storeOf(state), () =>
    startEngine({ ...options, port: 0, listen: LOCAL }, scripts, () => undefined),
  );
  noteStateVersion(state);
}
