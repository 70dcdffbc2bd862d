import { troff, troffEntry, troffLine } from "../../cli/base/troff.ts";
import { AGENT_SETTINGS, agentSettingText } from "../../protocol/settings/agent.ts";

/** The manual page of the agent as it is packaged, as troff with the macros of man(7), from the table of its settings. */
export function agentManPage(version: string): string {
  return [
    `.TH TAILRACE\\-AGENT 1 "" "tailrace\\-agent ${version}" "User Commands"`,
    ".SH NAME",
    "tailrace\\-agent \\- runs actions on this host for a Tailrace server",
    ".SH SYNOPSIS",
    ".B tailrace\\-agent",
    "\\-\\-url \\fIURL\\fR \\-\\-state \\fIDIR\\fR [\\fIOPTIONS\\fR]",
    ".br",
    ".B tailrace\\-agent",
    "read\\-packs \\fIDIR\\fR...",
    ".SH DESCRIPTION",
    troffLine(
      "The agent takes executions from its pool, runs them, masks secrets in their output, and sends the output to the server while it is written. It dials out only. The first start registers it with its pool's key. Later starts with the same state folder need no key. With read-packs, it prints as JSON which packs an agent would load from folders.",
    ),
    ".PP",
    troffLine(
      "Each option is also an environment variable and a line of the settings file. Options come first, then the environment, then the file.",
    ),
    ".SH OPTIONS",
    ...Object.entries(AGENT_SETTINGS).flatMap(([name, setting]) => {
      const { flag, word, variable } = setting;
      const places = [
        ...(flag === undefined
          ? []
          : [`\\fB${troff(flag)}\\fR${word === undefined ? "" : ` \\fI${troff(word)}\\fR`}`]),
        ...(variable === undefined ? [] : [`\\fB${troff(variable)}\\fR`]),
      ];
      return places.length === 0 ? [] : troffEntry(places.join(", "), agentSettingText(name, setting));
    }),
    ...troffEntry(
      "\\fB\\-\\-config\\fR \\fIFILE\\fR, \\fBTAILRACE_AGENT_CONFIG\\fR",
      "read settings from a file (TOML)",
    ),
    ...troffEntry("\\fB\\-\\-version\\fR", "show the version"),
    ...troffEntry("\\fB\\-h, \\-\\-help\\fR", "show the help"),
    ".SH SIGNALS",
    troffLine(
      "SIGTERM or SIGINT drains the agent: it takes no new runs, and stops once its runs have ended. A second one ends the runs. A third stops the agent at once.",
    ),
    ".SH EXIT STATUS",
    troffLine("0: it has stopped as it was told. 1: the server has refused it. 2: a setting is wrong."),
    ".SH FILES",
    ...troffEntry(
      ".I /etc/tailrace/agent.toml",
      "The settings of the service. The file explains each of them.",
    ),
    ...troffEntry(".I /etc/tailrace/pool.key", "The pool's key, for the first start."),
    ...troffEntry(".I /etc/default/tailrace\\-agent", "Variables of the service, for example of a proxy."),
    ...troffEntry(
      ".I /var/lib/tailrace\\-agent",
      "Its identity, and output that the server does not have yet.",
    ),
    ".SH SEE ALSO",
    ".BR systemctl (1),",
    ".BR journalctl (1)",
    "",
  ].join("\n");
}
