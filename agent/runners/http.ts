import { failureText } from "../../protocol/base/failure-text.ts";
import { Body } from "../http/body.ts";
import { callOf, checkHost } from "../http/call.ts";
import { exchange, type Head, SilenceError } from "../http/exchange.ts";
import { type Ended, errorOf, statusOf } from "../process/result.ts";
import type { End, Runner } from "./runner.ts";

/** How a call ended: with an answer, or why there is none. */
type Outcome = { head: Head } | { error: unknown };

/** StackStorm's statuses of a request that succeeded. */
const isSuccess = (status_code: number) => status_code >= 200 && status_code <= 206;

/** `http-request`: one HTTP request from the agent's host. The body of the answer is the run's output, as it arrives. */
export const http: Runner = async ({ action, runner_parameters, action_parameters }, host, onData) => {
  const call = callOf(action.name, runner_parameters, action_parameters);
  const ending = new AbortController();
  const body = new Body();
  const onPart = (bytes: Buffer) => {
    body.add(bytes);
    return onData("stdout", bytes);
  };
  const checkRedirect = (url: URL) => checkHost(url.href, url, runner_parameters);
  let outcome: Outcome | undefined;
  const over = exchange(call, onPart, ending.signal, checkRedirect).then(
    (head) => {
      outcome = { head };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  return {
    pid: undefined,
    exit: over.then(() => ({ code: 0, signal: null, leftover_pids: [], answer: Buffer.alloc(0) })),
    hangUp: async () => {
      ending.abort();
      await over;
    },
    end: (_, ended) => httpEnd(outcome, body, host.maskBeginning, ended),
  };
};

function httpEnd(
  outcome: Outcome | undefined,
  body: Body,
  maskBeginning: (text: string) => string,
  ended: Ended,
): End {
  if (ended !== undefined) {
    const error = errorOf(ended, null);
    return { status: statusOf(ended, false), exit_code: null, result: error === undefined ? {} : { error } };
  }
  if (outcome === undefined || "error" in outcome) {
    const error = outcome?.error;
    const status = error instanceof SilenceError ? "timeout" : "failed";
    return { status, exit_code: null, result: { error: failureText(error) } };
  }
  const { status_code, headers } = outcome.head;
  const [, type = ""] = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type") ?? [];
  return {
    status: isSuccess(status_code) ? "succeeded" : "failed",
    exit_code: null,
    result: { status_code, ...body.value(type, maskBeginning), headers },
  };
}
