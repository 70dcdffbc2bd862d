import { stringify } from "smol-toml";
import * as v from "valibot";
import { AGENT_SETTINGS, AgentSettings } from "../../protocol/settings/agent.ts";

/** What the service needs. */
const SET: Record<string, unknown> = { key_file: "/etc/tailrace/pool.key", state: "/var/lib/tailrace-agent" };

/** Examples for settings without a default. */
const EXAMPLES: Record<string, unknown> = {
  url: "https://tailrace.example.com",
  pool: "default",
  name: "web1",
  labels: ["gpu=a100", "zone=eu"],
  packs: ["/opt/stackstorm/packs"],
  mask_env: ["*_TOKEN"],
  drain_timeout_seconds: 3600,
  metrics: "127.0.0.1:9200",
};

/** The settings file of the service: every setting with its meaning, and as a comment what is not set. */
export function agentSettingsFile(): string {
  const defaults: Record<string, unknown> = v.getDefaults(AgentSettings);
  const parts = Object.entries(AGENT_SETTINGS).flatMap(([name, { in_file, text }]) => {
    if (!in_file) return [];
    const isSet = name in SET;
    const value = SET[name] ?? EXAMPLES[name] ?? defaults[name];
    return [`# ${text}\n${isSet ? "" : "# "}${stringify({ [name]: value })}`.trimEnd()];
  });
  return `${HEAD}\n${parts.join("\n\n")}\n`;
}

const HEAD = `# The settings of this host's agent. A variable in /etc/default/tailrace-agent comes before a line here: TAILRACE_AGENT_SLOTS=8.
# After a change: systemctl restart tailrace-agent
`;
