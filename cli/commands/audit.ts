import { type Command, Option } from "commander";
import { AUDIT_PAGE_MAX } from "../../protocol/base/limits.ts";
import {
  AUDIT_ACTIONS,
  AUDIT_OUTCOMES,
  type AuditEntry,
  type AuditFilter,
} from "../../protocol/model/audit.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

interface AuditFlags extends CommonFlags, Omit<AuditFilter, "limit" | "before"> {
  last: number;
}

/** `tailrace audit`: the audit log, newest entries first. */
export function auditCommand(): Command {
  return serverCommand("audit", "show the audit log, newest entries first (for administrators)", [
    "tailrace audit",
    "tailrace audit --user ann --since 2026-11-01T00:00:00Z",
    "tailrace audit --resource execution:6b04912e0000abcdef000001 --json",
  ])
    .option("-n, --last <count>", "show at most this many", wholeNumber, 50)
    .option("--user <name>", "show only this user's entries")
    .addOption(new Option("--action <action>", "show only this action").choices(AUDIT_ACTIONS))
    .option("--resource <resource>", "show only entries about this: execution:ID, user:NAME, apikey:ID …")
    .addOption(new Option("--outcome <outcome>", "show only this outcome").choices(AUDIT_OUTCOMES))
    .option("--since <time>", "show only entries from this time on")
    .option("--until <time>", "show only entries before this time")
    .action(async ({ url, keyFile, json, last, ...filter }: AuditFlags) => {
      const { identity } = connect({ ...(url ? { url } : {}), ...(keyFile ? { keyFile } : {}) });
      const entries: AuditEntry[] = [];
      while (entries.length < last) {
        const before = entries.at(-1)?.id;
        const limit = Math.min(last - entries.length, AUDIT_PAGE_MAX);
        const page = await identity.audit({ ...filter, limit, ...(before === undefined ? {} : { before }) });
        entries.push(...page);
        if (page.length < limit) break;
      }
      if (json) return printJson(entries);
      if (entries.length === 0) return print("No entries match.");
      printTable(["time", "user", "action", "outcome", "resource", "by", "from"], entries.map(rowOf), {
        wraps: ["resource"],
        drops: ["from", "by", "resource", "outcome", "user"],
      });
    });
}

function rowOf({ timestamp, user, action, outcome, resource, credential, address }: AuditEntry): string[] {
  return [timestamp, user, action, outcome, resource, credential, address];
}
