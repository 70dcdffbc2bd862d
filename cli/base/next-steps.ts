import type { ErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { ForeignAnswer } from "../../protocol/client/request.ts";

/** The next step after a refusal whose own text names none. */
const NEXT_STEPS: Record<ErrorCode, string> = {
  unauthorized: "Sign in (tailrace login NAME), or give another key (TAILRACE_API_KEY, --key-file FILE).",
  forbidden: "`tailrace whoami` shows what you may do; an administrator can grant more.",
  lease_lost: "`tailrace execution get` shows its status.",
  not_found: "Is the URL right? `tailrace doctor` says more.",
  execution_not_found: "`tailrace execution list` lists the executions.",
  action_not_found: "`tailrace action list` lists the actions.",
  key_not_found: "`tailrace key list` lists the keys.",
  identity_not_found: "`tailrace user list`, `apikey list` and `role list` show the existing ones.",
  agent_not_found: "`tailrace agent list` lists the agents.",
  no_executions: "Start one: tailrace run core.local cmd=date --tail",
  invalid: "The command's help (-h) shows what it takes.",
  too_deep: "Give a value with fewer levels.",
  too_costly: "Give a shorter text, or a simpler pattern or template.",
  runner_missing: "`tailrace runner list` lists the runners.",
  ambiguous_pool: "Name the pool: --pool NAME.",
  unresolved: "Give the variable, or a default in the template.",
  method_not_allowed: "The server may run another release: `tailrace doctor` shows which.",
  body_timeout: "Try again over a faster connection.",
  gap: "Try again.",
  exists: "Choose another name, or delete the existing one.",
  conflict: "Read the present state, then try again.",
  ended: "`tailrace execution get` shows its result.",
  not_ended: "Wait for its end (tailrace tail), or cancel it (tailrace execution cancel).",
  expired: "To keep an output for longer, start it with --keep DAYS, or pin it (tailrace execution pin).",
  unsupported_media: "The server may run another release: `tailrace doctor` shows which.",
  too_large: "Give less at once.",
  protocol_too_old: "`tailrace doctor` shows the server's release.",
  protocol_too_new: "`tailrace doctor` shows the server's release.",
  upgrade_required: "A proxy may block WebSockets: `tailrace doctor` says more.",
  too_many: "Wait a little, then try again.",
  internal: "The server's log says why.",
  not_configured: "The server's administrator sets it: in tailrace.toml, or on an account in wrangler.toml.",
  package_index_unreachable:
    "Give one that this host reaches, by pip's own settings (PIP_INDEX_URL, PIP_FIND_LINKS, PIP_PROXY), then run it again.",
  index_unavailable: "Check whether the change was made; if not, try again.",
  index_behind: "An administrator applies the migrations: tailrace deploy.",
  storage_full: "Make room on the server's disk, then check whether the change was made; if not, try again.",
  newer_state: "Upgrade the server.",
  unavailable: "Try again; `tailrace doctor` says more.",
};

/** The next step after a refusal. If a proxy answered, the advice is about the connection and not the request. */
export function nextStep(error: TailraceError): string {
  if (error instanceof ForeignAnswer)
    return "A proxy may have answered instead of the server: `tailrace doctor` says more.";
  return NEXT_STEPS[error.code];
}
