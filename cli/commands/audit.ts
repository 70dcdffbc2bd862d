import { type Command, Option } from "commander";
import { AUDIT_PAGE_MAX } from "../../protocol/base/limits.ts";
import {
  AUDIT_ACTIONS,
  AUDIT_OUTCOMES,
  type AuditEntry,
  type AuditFilter,
} from "../../protocol/model/audit.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

interface AuditFlags extends CommonFlags, Omit<AuditFilter, "limit" | "before"> {
  last: number;
}

/** `tailrace audit`: who did what on the server, newest first. */
export function auditCommand(): Command {
  return serverCommand("audit", "who did what on the server, for administrators", [
    "tailrace audit",
    "tailrace audit --user ann --since 2026-11-01T00:00:00Z",
    "tailrace audit --resource execution:6b04912e0000abcdef000001 --json",
  ])
    .option("-n, --last <count>", "how many", wholeNumber, 50)
    .option("--user <name>", "only what this user did")
    .addOption(new Option("--action <action>", "only this").choices(AUDIT_ACTIONS))
    .option("--resource <resource>", "only what was done to this: execution:ID, user:NAME, apikey:ID …")
    .addOption(new Option("--outcome <outcome>", "only what went so").choices(AUDIT_OUTCOMES))
    .option("--since <time>", "only from this moment on")
    .option("--until <time>", "only before this moment")
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
      if (entries.length === 0) return print("There are no such entries.");
      printTable(["time", "user", "action", "outcome", "resource", "by", "from"], entries.map(rowOf));
    });
}

function rowOf({ timestamp, user, action, outcome, resource, credential, address }: AuditEntry): string[] {
  return [timestamp, user, action, outcome, resource, credential, address];
}
