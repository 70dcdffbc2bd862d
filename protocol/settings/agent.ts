import * as v from "valibot";
import { messageOf, openSentence } from "../base/failure-text.ts";
import { SLOTS_MAX } from "../base/limits.ts";
import { LOG_FORMATS } from "../base/log-line.ts";
import { AgentName, Label } from "../model/identity.ts";
import { readLabels } from "../model/label.ts";
import type { Setting } from "./setting.ts";

/**
 * When the agent syncs what it wrote to the disk, so that it survives a crash of the host: never, within a second, or before it
 * reads more output. A crash of only the agent loses nothing, whatever the policy.
 */
export const FSYNC_POLICIES = ["never", "interval", "always"] as const;
export type FsyncPolicy = (typeof FSYNC_POLICIES)[number];

/** A week. */
const DRAIN_SECONDS_MAX = 7 * 24 * 60 * 60;

const SPOOL_BYTES_DEFAULT = 2 * 1024 ** 3;

const text = v.pipe(v.string("give a text"), v.minLength(1, "give a text that is not empty"));
const list = v.array(v.string("give a list of texts"), "give a list of texts");

/** The agent's settings, with the check and the default of each. */
export const AgentSettings = v.object({
  url: v.optional(text),
  key: v.optional(text),
  key_file: v.optional(text),
  state: v.optional(text),
  pool: v.optional(Label),
  name: v.optional(AgentName),
  slots: v.optional(wholeNumber(1, SLOTS_MAX), 64),
  labels: v.optional(v.pipe(list, v.rawTransform(labelsOf)), []),
  packs: v.optional(list, []),
  mask_env: v.optional(list, []),
  drain_timeout_seconds: v.optional(wholeNumber(0, DRAIN_SECONDS_MAX)),
  metrics: v.optional(text),
  log_format: v.optional(v.picklist(LOG_FORMATS, `give one of ${LOG_FORMATS.join(", ")}`), "text"),
  ssh_alive_seconds: v.optional(wholeNumber(1, 3600), 3),
  spool_bytes_max: v.optional(wholeNumber(1, Number.MAX_SAFE_INTEGER), SPOOL_BYTES_DEFAULT),
  fsync: v.optional(v.picklist(FSYNC_POLICIES, `give one of ${FSYNC_POLICIES.join(", ")}`), "interval"),
  stop_with_stdin: v.optional(v.boolean(), false),
});
export type AgentSettings = v.InferOutput<typeof AgentSettings>;

/** How each is given. The help, the settings file and `tailrace config` follow this table. */
export const AGENT_SETTINGS: Readonly<Record<keyof AgentSettings, Setting>> = {
  url: {
    kind: "text",
    flag: "--url",
    word: "URL",
    variable: "TAILRACE_URL",
    in_file: true,
    text: "the server's URL, for example https://tailrace.example.com",
  },
  key: {
    kind: "text",
    variable: "TAILRACE_API_KEY",
    in_file: false,
    is_secret: true,
    text: "the pool's key, for the first start to register with",
  },
  key_file: {
    kind: "text",
    flag: "--key-file",
    word: "FILE",
    variable: "TAILRACE_AGENT_KEY_FILE",
    in_file: true,
    text: "the file with the pool's key, for the first start to register with",
  },
  state: {
    kind: "text",
    flag: "--state",
    word: "DIR",
    variable: "TAILRACE_AGENT_STATE",
    in_file: true,
    text: "the folder for the agent's identity and spools",
  },
  pool: {
    kind: "text",
    flag: "--pool",
    word: "NAME",
    variable: "TAILRACE_AGENT_POOL",
    in_file: true,
    text: "start only if this is the pool of the key",
  },
  name: {
    kind: "text",
    flag: "--name",
    word: "NAME",
    variable: "TAILRACE_AGENT_NAME",
    in_file: true,
    text: "the agent's name in lists (default: this host's name)",
  },
  slots: {
    kind: "number",
    flag: "--slots",
    word: "N",
    variable: "TAILRACE_AGENT_SLOTS",
    in_file: true,
    text: `run this many executions at the same time, 1 to ${SLOTS_MAX}`,
  },
  labels: {
    kind: "list",
    flag: "--label",
    word: "NAME=VALUE",
    variable: "TAILRACE_AGENT_LABELS",
    in_file: true,
    text: "a label of this host, to select it by (gpu=a100)",
  },
  packs: {
    kind: "list",
    flag: "--packs",
    word: "DIR",
    variable: "TAILRACE_AGENT_PACKS",
    in_file: true,
    text: "a pack in StackStorm's layout, or a folder of packs",
  },
  mask_env: {
    kind: "list",
    flag: "--mask-env",
    word: "NAME",
    variable: "TAILRACE_AGENT_MASK_ENV",
    in_file: true,
    text: "mask the value of this variable in all output; * stands for any text (*_TOKEN)",
  },
  drain_timeout_seconds: {
    kind: "number",
    flag: "--drain-timeout",
    word: "N",
    variable: "TAILRACE_AGENT_DRAIN_TIMEOUT_SECONDS",
    in_file: true,
    text: "after SIGTERM or Ctrl-C, wait at most N seconds for the runs to end, then end them (default: wait as long as they take)",
  },
  metrics: {
    kind: "text",
    flag: "--metrics",
    word: "HOST:PORT",
    variable: "TAILRACE_AGENT_METRICS",
    in_file: true,
    text: "serve /metrics, /healthz and /readyz of this agent there, to all that reach it; or the path of a socket",
  },
  log_format: {
    kind: "text",
    flag: "--log-format",
    word: "FORMAT",
    variable: "TAILRACE_AGENT_LOG_FORMAT",
    in_file: true,
    text: "the form of the log: text, or json (an object a line)",
  },
  ssh_alive_seconds: {
    kind: "number",
    flag: "--ssh-alive-seconds",
    word: "N",
    variable: "TAILRACE_AGENT_SSH_ALIVE_SECONDS",
    in_file: true,
    text: "seconds between two signs of life to a remote host; after four missing ones in a row, each side ends the run",
  },
  spool_bytes_max: {
    kind: "number",
    flag: "--spool-bytes-max",
    word: "N",
    variable: "TAILRACE_AGENT_SPOOL_BYTES_MAX",
    in_file: true,
    text: "bytes of one execution that may wait on disk",
  },
  fsync: {
    kind: "text",
    flag: "--fsync",
    word: "WHEN",
    variable: "TAILRACE_AGENT_FSYNC",
    in_file: true,
    text: "when waiting output is synced to disk, to survive a crash of the host: never, interval (within a second), or always (before the program may write more)",
  },
  stop_with_stdin: {
    kind: "switch",
    flag: "--stop-with-stdin",
    in_file: false,
    text: "end the runs and stop when stdin ends, because the process that started the agent has ended",
  },
};

/** What a setting does, with its default, for the help. */
export function agentSettingText(name: string, { text, kind }: Setting): string {
  if (kind === "list") return `${text}; repeatable`;
  const value: unknown = v.getDefaults(AgentSettings)[name as keyof AgentSettings];
  return typeof value === "number" || typeof value === "string" ? `${text} (default: ${value})` : text;
}

function wholeNumber(min: number, max: number) {
  const message = ({ received }: { received: string | null }) =>
    `give a whole number from ${min} to ${max}, not ${received}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

function labelsOf({
  dataset,
  addIssue,
  NEVER,
}: v.RawTransformContext<string[]>): ReturnType<typeof readLabels> {
  try {
    return readLabels(dataset.value);
  } catch (error) {
    addIssue({ message: openSentence(messageOf(error)) });
    return NEVER;
  }
}
