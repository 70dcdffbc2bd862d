import type { ErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { ForeignAnswer } from "../../protocol/client/client.ts";

/** The next step after a refusal whose own text names none. */
const NEXT_STEPS: Record<ErrorCode, string> = {
  unauthorized: "Sign in (tailrace login NAME), or give another key (TAILRACE_API_KEY, --key-file FILE).",
  forbidden: "`tailrace whoami` shows what you may do; an administrator can grant more.",
  lease_lost: "`tailrace execution get` shows what became of it.",
  not_found: "Is the URL right? `tailrace doctor` says more.",
  execution_not_found: "`tailrace execution list` shows those that there are.",
  action_not_found: "`tailrace action list` shows those that there are.",
  key_not_found: "`tailrace key list` shows those that there are.",
  identity_not_found: "`tailrace user list`, `apikey list` and `role list` show those that there are.",
  agent_not_found: "`tailrace agent list` shows those that there are.",
  no_executions: "Start one: tailrace run core.local cmd=date --tail",
  invalid: "With -h the command shows what it takes.",
  too_deep: "Give it in fewer levels.",
  too_costly: "Give it less to match or to render.",
  ambiguous_pool: "The option is --pool NAME.",
  unresolved: "Give the variable, or a default in the template.",
  method_not_allowed: "The server may be of another release: `tailrace doctor` shows which.",
  body_timeout: "Try again, on a faster way to the server.",
  gap: "Try again.",
  exists: "Take another name, or delete what is there.",
  conflict: "Read again what is there, then try again.",
  ended: "`tailrace execution get` shows its end.",
  not_ended: "Wait for its end (tailrace tail), or cancel it (tailrace execution cancel).",
  expired: "A longer time is set as it starts (--keep DAYS), or by a pin (tailrace execution pin).",
  unsupported_media: "The server may be of another release: `tailrace doctor` shows which.",
  too_large: "Give it less at once.",
  protocol_too_old: "`tailrace doctor` shows the server's release.",
  protocol_too_new: "`tailrace doctor` shows the server's release.",
  upgrade_required: "A proxy on the way may not pass WebSockets on: `tailrace doctor` says more.",
  too_many: "Wait a little, then try again.",
  internal: "The server's log says why.",
  not_configured: "The server's administrator sets it in wrangler.toml.",
  index_unavailable: "Look whether the change was made; if not, try again.",
  storage_full: "Make room on the server's disk, then look whether the change was made; if not, try again.",
  newer_state: "Upgrade the server.",
  unavailable: "Try again; `tailrace doctor` says more.",
};

/** The next step after a refusal. A proxy's answer is about the route, not about the request. */
export function nextStep(error: TailraceError): string {
  if (error instanceof ForeignAnswer) return "A proxy may stand in the way: `tailrace doctor` says more.";
  return NEXT_STEPS[error.code];
}
