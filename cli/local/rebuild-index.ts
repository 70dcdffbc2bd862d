import * as v from "valibot";
import { CliError } from "../base/errors.ts";
import { hasState } from "../server/backup/backup.ts";
import { tellServer } from "../server/control.ts";
import { type Rebuilt, rebuildIndex } from "../server/rebuild.ts";
import { secretsOf } from "../server/secrets.ts";

const Address = v.object({ url: v.string() });

/** Makes the index of a running server again, with the first key: it is in the state folder, and not in the index. */
export async function rebuildOf(state: string, anew: boolean): Promise<Rebuilt> {
  if (!hasState(state))
    throw new CliError(`The folder ${state} has no server's state. Name the state folder: --state DIR.`);
  const answer = await tellServer(state, "address", "");
  if (answer?.status !== 200)
    throw new CliError(
      `No server runs on ${state}, and the executions are read through it. Start it first: tailrace start --state ${state}`,
    );
  const { url } = v.parse(Address, JSON.parse(answer.text));
  const { TAILRACE_API_KEY: key } = secretsOf(state);
  return rebuildIndex(state, { url, key }, anew);
}
