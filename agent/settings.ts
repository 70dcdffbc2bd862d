import { hostname } from "node:os";
import { parseArgs } from "node:util";
import * as v from "valibot";
import { failureText } from "../protocol/base/failure-text.ts";
import { SLOTS_MAX } from "../protocol/base/limits.ts";
import { type Labels, readLabels } from "../protocol/model/label.ts";
import { RegisterAgent } from "../protocol/wire/agent-state.ts";
import { FSYNC_POLICIES, type FsyncPolicy } from "./disk/fsync.ts";

export interface Settings {
  url: string;
  /** The pool's key, for the first start to register with. */
  key: string | undefined;
  /** The pool that the agent must be in; undefined: the key's. */
  pool: string | undefined;
  state: string;
  name: string;
  slots: number;
  labels: Labels;
  packs: string[];
  spool_bytes_max: number;
  fsync: FsyncPolicy;
  mask_env: string[];
  ssh_alive_seconds: number;
  stop_with_stdin: boolean;
}

export const USAGE = `Usage: node agent/main.ts --url URL --state DIR [options]
       node agent/main.ts read-packs DIR...

Runs actions on this host for a Tailrace server. The first start registers the agent with its pool's key, which comes from
the environment: TAILRACE_API_KEY. Later starts with the same state folder need no key. With read-packs, it prints as JSON
which packs an agent would load from folders.

  --url URL             the server's URL, for example https://tailrace.example.com
  --state DIR           the folder for the agent's identity and spools
  --pool NAME           start only if this is the pool of the key
  --name NAME           the agent's name in lists (default: this host's name)
  --slots N             run this many executions at the same time, 1 to ${SLOTS_MAX} (default: 64)
  --label NAME=VALUE    a label of this host, to select it by (gpu=a100); repeatable
  --packs DIR           a pack in StackStorm's layout, or a folder of packs; repeatable
  --mask-env NAME       mask the value of this variable in all output; * stands for
                        any text (*_TOKEN); repeatable
  --ssh-alive-seconds N seconds between two signs of life to a remote host; after four missing
                        ones in a row, each side ends the run (default: 3)
  --spool-bytes-max N   bytes of one execution that may wait on disk (default: 2147483648)
  --fsync WHEN          when waiting output is synced to disk, to survive a crash of the
                        host: never, interval (within a second), or always (before the
                        program may write more) (default: interval)
  --stop-with-stdin     stop when stdin ends, because the process that started the agent
                        has ended
  -h, --help            show this help

Examples:
  $ node agent/main.ts --url https://tailrace.example.com --state /var/lib/tailrace-agent
  $ node agent/main.ts --url https://tailrace.example.com --state /var/lib/tailrace-agent --slots 8 --label gpu=a100
  $ node agent/main.ts read-packs /opt/stackstorm/packs
`;

const SPOOL_BYTES_MAX = 2 * 1024 ** 3;

/** Whether requests to a server can be read on the network: it is on another host, and the URL is not encrypted. */
export function isReadable(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** The settings from a command line and environment. Throws if one is missing or wrong. */
export function readSettings(args: string[], env: NodeJS.ProcessEnv): Settings {
  const { values } = parseArgs({
    args,
    options: {
      url: { type: "string" },
      state: { type: "string" },
      pool: { type: "string" },
      name: { type: "string", default: hostname() },
      slots: { type: "string", default: "64" },
      label: { type: "string", multiple: true, default: [] },
      packs: { type: "string", multiple: true, default: [] },
      "spool-bytes-max": { type: "string", default: String(SPOOL_BYTES_MAX) },
      fsync: { type: "string", default: "interval" },
      "mask-env": { type: "string", multiple: true, default: [] },
      "ssh-alive-seconds": { type: "string", default: "3" },
      "stop-with-stdin": { type: "boolean", default: false },
    },
  });
  const { url, state, pool, name, packs } = values;
  if (!url) throw new Error("--url is missing: give the server's URL.");
  if (!URL.canParse(url)) throw new Error(`--url is not a URL: ${url}`);
  if (!state) throw new Error("--state is missing: give a folder for the agent's identity and spools.");
  const checked = v.safeParse(RegisterAgent, { name, pool });
  if (!checked.success) throw new Error(`--${v.getDotPath(checked.issues[0])}: ${checked.issues[0].message}`);
  return {
    url: url.replace(/\/+$/, ""),
    key: env.TAILRACE_API_KEY || undefined,
    pool,
    state,
    name,
    slots: wholeNumber("--slots", values.slots, SLOTS_MAX),
    labels: labelsOf(values.label),
    packs,
    spool_bytes_max: wholeNumber("--spool-bytes-max", values["spool-bytes-max"], Number.MAX_SAFE_INTEGER),
    fsync: fsyncOf(values.fsync),
    mask_env: values["mask-env"],
    ssh_alive_seconds: wholeNumber("--ssh-alive-seconds", values["ssh-alive-seconds"], 3600),
    stop_with_stdin: values["stop-with-stdin"],
  };
}

function fsyncOf(text: string): FsyncPolicy {
  const policy = FSYNC_POLICIES.find((name) => name === text);
  if (policy === undefined) throw new Error(`--fsync is one of ${FSYNC_POLICIES.join(", ")}, not ${text}.`);
  return policy;
}

function labelsOf(texts: string[]): Labels {
  try {
    return readLabels(texts);
  } catch (error) {
    throw new Error(`--label: ${failureText(error)}`);
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > max)
    throw new Error(`${name} is a whole number from 1 to ${max}, not ${text}.`);
  return value;
}
