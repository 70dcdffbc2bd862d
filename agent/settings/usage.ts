import { VERSION } from "../../protocol/base/version.ts";
import { AGENT_SETTINGS, agentSettingText } from "../../protocol/settings/agent.ts";

/** Where the text of an option begins, and where a line ends. */
const TEXT_COLUMN = 24;
const COLUMNS_MAX = 88;

/** The answer to a command line that asks for the help or the version; undefined if it starts an agent. */
export function answerTo(args: readonly string[]): string | undefined {
  if (args.includes("-h") || args.includes("--help")) return usage();
  return args.includes("--version") ? `${VERSION}\n` : undefined;
}

function usage(): string {
  return `Usage: tailrace-agent --url URL --state DIR [options]
       tailrace-agent read-packs DIR...

Runs actions on this host for a Tailrace server. The first start registers the agent with its pool's key, which comes from
a file (--key-file) or from the environment (TAILRACE_API_KEY). Later starts with the same state folder need no key. With
read-packs, it prints as JSON which packs an agent would load from folders.

${optionLines().join("\n")}

Each option is also an environment variable, and a line of the settings file. Flags come first, then the environment, then
the file:

  --slots 8 --label gpu=a100 --label zone=eu
  TAILRACE_AGENT_SLOTS=8 TAILRACE_AGENT_LABELS=gpu=a100,zone=eu
  slots = 8
  labels = ["gpu=a100", "zone=eu"]

SIGTERM or Ctrl-C drains the agent: it takes no new runs, and stops once its runs have ended. A second one ends the runs. A third
stops the agent at once.

Examples:
  $ tailrace-agent --url https://tailrace.example.com --state /var/lib/tailrace-agent --key-file pool.key
  $ tailrace-agent --config /etc/tailrace/agent.toml
  $ tailrace-agent read-packs /opt/stackstorm/packs
`;
}

function optionLines(): string[] {
  const settings = Object.entries(AGENT_SETTINGS).flatMap(([name, setting]) => {
    const { flag, word = "" } = setting;
    const text = agentSettingText(name, setting);
    return flag === undefined ? [] : [{ flags: `${flag} ${word}`.trim(), text }];
  });
  const others = [
    {
      flags: "--config FILE",
      text: "read settings from a file (TOML); the variable is TAILRACE_AGENT_CONFIG",
    },
    { flags: "--version", text: "show the version" },
    { flags: "-h, --help", text: "show this help" },
  ];
  return [...settings, ...others].flatMap(({ flags, text }) => optionText(flags, text));
}

/** An option and its text, which begins below a longer option. */
function optionText(flags: string, text: string): string[] {
  const margin = " ".repeat(TEXT_COLUMN);
  const lines = wrapped(text, COLUMNS_MAX - TEXT_COLUMN).map((line) => margin + line);
  const head = `  ${flags}`;
  if (head.length >= TEXT_COLUMN) return [head, ...lines];
  const [first = "", ...rest] = lines;
  return [head.padEnd(TEXT_COLUMN) + first.slice(TEXT_COLUMN), ...rest];
}

function wrapped(text: string, columns: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines.splice(-1, 1, word);
    else if (line.length + 1 + word.length <= columns) lines.splice(-1, 1, `${line} ${word}`);
    else lines.push(word);
  }
  return lines;
}
