import { is, safeParse } from "valibot";
import { TailraceError } from "../../../../protocol/base/errors.ts";
import { tryJson } from "../../../../protocol/base/json.ts";
import { writeExact } from "../../../../protocol/base/numbers.ts";
import { AgentMessage, PoolMessage } from "../../../../protocol/wire/agent.ts";
import { greet } from "../../../../src/pool/decide/greeting.ts";
import { readMessage } from "../../../../src/pool/message.ts";
import { readGrant, readMissed } from "../../../../src/sockets/grant.ts";
import { must, mustEqual, type Target } from "../../target.ts";

const ID = "6742f0c0012c0123456789ab";
const KEY = { execution_id: ID, epoch: 1 };

/** The messages of agents, pools and followers on their sockets. */
export const target: Target = {
  covers: [
    "pool/message.ts",
    "pool/decide/greeting.ts",
    "execution/grant.ts",
    "protocol/wire/agent.ts",
    "protocol/wire/version.ts",
    "protocol/model/label.ts",
  ],
  shape: "json",
  words: [
    "hello",
    "accepted",
    "lease",
    "confirmed",
    "declined",
    "unable",
    "able",
    "void",
    "cancel",
    "flush",
    "resume",
    ID,
    "local-shell-cmd",
    "action-chain",
    "epoch",
  ],
  seeds: [
    JSON.stringify({
      ...{
        type: "hello",
        protocol: 2,
        protocol_min: 2,
        name: "a",
        version: "0.1.0",
        slots: 4,
        runners: ["noop"],
      },
      ...{
        labels: { gpu: "a100" },
        packs: [{ ref: "core", version: "1", digest: "0".repeat(64) }],
        leases: [KEY],
      },
    }),
    JSON.stringify({
      type: "hello",
      agent_id: ID,
      name: "a",
      version: "0",
      slots: 1,
      runners: ["noop"],
      leases: [],
    }),
    JSON.stringify({ type: "accepted", ...KEY }),
    JSON.stringify({ type: "declined", ...KEY }),
    JSON.stringify({ type: "confirmed", ...KEY }),
    JSON.stringify({ type: "unable", why: "the disk is full" }),
    JSON.stringify({ type: "welcome", pool: "default" }),
    JSON.stringify({ type: "flush", flush_ms: 200, ...KEY }),
    JSON.stringify({ type: "error", code: "invalid", faultstring: "no" }),
    JSON.stringify({ type: "resume", token: "a.b.c", ...KEY }),
    '{"credit": 1000}',
    JSON.stringify({
      ...{ type: "lease", token: "a.b.c" },
      execution: {
        ...{
          ...KEY,
          user: "u",
          context: {},
          parameters: { cmd: "x" },
          runner_parameters: {},
          action_parameters: {},
        },
        action: {
          pack: "core",
          name: "local",
          runner_type: "local-shell-cmd",
          parameters: { cmd: { type: "string" } },
        },
      },
    }),
  ],
  run: (input) => {
    const said = readMessage(input);
    if (said instanceof TailraceError)
      must(said.code !== "internal", "what is wrong with a message has a code");
    else {
      mustEqual(readMessage(JSON.stringify(said)), said, "a message that is read again is the same");
      if (said.type === "hello")
        for (const registered of [undefined, ID]) greet(said, registered, () => false);
    }
    const told = safeParse(PoolMessage, tryJson(input, { exact: true }));
    if (told.success)
      must(
        is(PoolMessage, tryJson(writeExact(told.output), { exact: true })),
        "an agent takes what it was told",
      );
    must(!(told.success && is(AgentMessage, told.output)), "an agent and a pool speak apart");
    must((readGrant(input) ?? 1) >= 1, "a grant is of something");
    must((readMissed(input) ?? 0) >= 0, "lines are missed after a number");
  },
};
