import * as v from "valibot";
import { Tombstone } from "./tombstone.ts";

/** The closed set of failures. A code owns its HTTP status; the text says what happened and what to do. */
export const ERRORS = {
  unauthorized: { status: 401, text: "Unauthorized" },
  forbidden: { status: 403, text: "The key does not permit this." },
  lease_lost: {
    status: 403,
    text: "The lease is void: the execution was given to another agent, abandoned or ended.",
  },
  not_found: { status: 404, text: "The path does not exist." },
  execution_not_found: { status: 404, text: "Unable to identify resource with id." },
  action_not_found: { status: 404, text: "Resource with a reference or id not found" },
  key_not_found: { status: 404, text: "The key does not exist." },
  identity_not_found: { status: 404, text: "The user, key, role or assignment does not exist." },
  no_executions: { status: 400, text: "No executions found in the database" },
  invalid: { status: 400, text: "The request is not valid." },
  too_deep: { status: 400, text: "Lists and objects are nested too deep." },
  too_costly: { status: 400, text: "Computing this takes more steps than allowed." },
  runner_missing: { status: 400, text: "Tailrace does not have the runner of this action." },
  ambiguous_pool: { status: 400, text: "Several pools offer it: name one of them." },
  unresolved: { status: 400, text: "A template refers to a variable that has no value." },
  method_not_allowed: { status: 405, text: "The method is not allowed here." },
  body_timeout: { status: 408, text: "The body did not arrive in time." },
  gap: { status: 409, text: "The batch starts above the next sequence number; send from `next`." },
  exists: { status: 409, text: "It already exists." },
  conflict: { status: 409, text: "The log already holds other content at this sequence number." },
  ended: { status: 409, text: "The execution has ended; its log takes no more." },
  not_ended: { status: 409, text: "The execution has not ended." },
  expired: { status: 410, text: "The output has expired." },
  unsupported_media: { status: 415, text: "The body must be JSON, and the header Content-Type must say so." },
  too_large: { status: 413, text: "The body is too large." },
  agent_not_found: { status: 404, text: "The agent does not exist." },
  protocol_too_old: {
    status: 426,
    text: "The other side speaks only protocol versions that this server no longer supports: upgrade it.",
  },
  protocol_too_new: {
    status: 426,
    text: "The other side speaks only protocol versions that are newer than this server: upgrade the server.",
  },
  upgrade_required: { status: 426, text: "This path speaks WebSocket only." },
  too_many: { status: 429, text: "Too many; try again later." },
  internal: { status: 500, text: "Internal Server Error" },
  not_configured: { status: 500, text: "The server lacks a setting." },
  package_index_unreachable: { status: 503, text: "The index of Python packages does not answer." },
  index_unavailable: {
    status: 503,
    text: "The index, which keeps lists, keys and roles, does not answer now. A change may have been made or not: look, and try again.",
  },
  index_behind: {
    status: 503,
    text: "The index lacks a migration of this release: an administrator applies it (tailrace deploy). Then try again.",
  },
  storage_full: {
    status: 507,
    text: "The server's disk is full. Nothing more is stored until there is room; then it continues by itself. A change may have been made or not: look, and try again.",
  },
  newer_state: {
    status: 503,
    text: "This was stored by a later release of Tailrace. Nothing in it was changed: start that release, or a later one.",
  },
  unavailable: { status: 503, text: "The service is not available now, and nothing was done. Try again." },
} as const satisfies Record<string, { status: number; text: string }>;

export type ErrorCode = keyof typeof ERRORS;

/**
 * The body of every failing answer: StackStorm's `faultstring`, our `code`, `next` if a producer must rewind, the request's id, which
 * earlier servers gave from status 500 on only, and the tombstone of an expired output.
 */
export const ErrorBody = v.object({
  faultstring: v.string(),
  code: v.picklist(Object.keys(ERRORS) as ErrorCode[]),
  next: v.exactOptional(v.number()),
  request_id: v.exactOptional(v.string()),
  ...v.partial(Tombstone).entries,
});
export type ErrorBody = v.InferOutput<typeof ErrorBody>;

/** A failure with a code. The client throws it, and the Worker throws it to end a request. */
export class TailraceError extends Error {
  override readonly name = "TailraceError";
  readonly code: ErrorCode;
  readonly next: number | undefined;
  readonly tombstone: Tombstone | undefined;
  /** The request that the server refused, as its log names it. */
  readonly request_id: string | undefined;

  constructor(
    code: ErrorCode,
    text: string = ERRORS[code].text,
    next?: number,
    tombstone?: Tombstone,
    request_id?: string,
  ) {
    super(text);
    this.code = code;
    this.next = next;
    this.tombstone = tombstone;
    this.request_id = request_id;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** The body of an answer to a request. What is told over a socket or in an open stream has no request's id. */
  toBody(request_id?: string): ErrorBody {
    const body: ErrorBody = { faultstring: this.message, code: this.code, ...this.tombstone };
    if (this.next !== undefined) body.next = this.next;
    if (request_id !== undefined) body.request_id = request_id;
    return body;
  }
}

/** Whether a value from outside is one of our codes. */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(ERRORS, code);
}
