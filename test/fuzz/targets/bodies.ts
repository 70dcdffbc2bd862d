import type { GenericSchema } from "valibot";
import { safeParse } from "valibot";
import { parseJson } from "../../../protocol/base/json.ts";
import { BODY_DEPTH_MAX } from "../../../protocol/base/limits.ts";
import { isStructure, nearestBut } from "../../../protocol/base/numbers.ts";
import { RegisterActions } from "../../../protocol/model/action.ts";
import { firstTask } from "../../../protocol/model/chain.ts";
import {
  CreateExecution,
  RedactExecution,
  ReRunExecution,
  UpdateExecution,
} from "../../../protocol/model/execution.ts";
import {
  CreateAccount,
  CreateApiKey,
  CreateAssignment,
  CreateLink,
  CreateRole,
  CreateToken,
  PermissionGrant,
  UpdateAccount,
  UpdateApiKey,
} from "../../../protocol/model/identity.ts";
import { SetKey, SetPoolKeys } from "../../../protocol/model/key.ts";
import { outputSettings, placementSettings } from "../../../protocol/model/tags.ts";
import { EndRequest, ExpandExecution } from "../../../protocol/wire/agent.ts";
import { RegisterAgent } from "../../../protocol/wire/agent-state.ts";
import { issueText } from "../../../protocol/wire/batch.ts";
import { OfferPacks, RegisterPage } from "../../../protocol/wire/registration.ts";
import { mustEqual, type Target } from "../target.ts";

const SCHEMAS: Record<string, GenericSchema> = {
  ...{ CreateAccount, CreateApiKey, CreateAssignment, CreateExecution, CreateLink, CreateRole, CreateToken },
  ...{
    EndRequest,
    ExpandExecution,
    OfferPacks,
    PermissionGrant,
    ReRunExecution,
    RedactExecution,
    RegisterActions,
  },
  ...{ RegisterAgent, RegisterPage, SetKey, SetPoolKeys, UpdateAccount, UpdateApiKey, UpdateExecution },
};

const PACK = { ref: "core", name: "core", version: "1" };
const ACTION = {
  ...{ pack: "core", name: "local", runner_type: "local-shell-cmd", entry_point: "" },
  parameters: {
    cmd: { type: ["string", "null"], required: true, secret: true, enum: ["a"], position: 0, default: 1.5 },
  },
  tags: [
    { name: "tailrace.output_ttl_days", value: "30" },
    { name: "tailrace.labels", value: "gpu=a100, zone=eu" },
    { name: "tailrace.pool", value: "eu" },
  ],
  output_schema: { type: "object" },
};
const CHAIN = {
  ...{ pack: "core", name: "c", runner_type: "action-chain", entry_point: "chains/c.yaml" },
  chain: {
    chain: [
      {
        name: "a",
        ref: "core.local",
        parameters: { cmd: "{{ x }}" },
        "on-success": "b",
        publish: { y: "{{ a.stdout }}" },
      },
      { name: "b", ref: "core.noop", params: {}, "on-failure": "a", pool: "eu", labels: { gpu: "a100" } },
    ],
    default: "a",
    vars: { x: 1 },
  },
};

/** The JSON bodies of all routes. Each is read by every route. */
export const target: Target = {
  covers: [
    ...[
      "protocol/model/action.ts",
      "protocol/wire/agent.ts",
      "protocol/model/chain.ts",
      "protocol/model/tags.ts",
      "protocol/model/label.ts",
    ],
    ...[
      "protocol/model/pool.ts",
      "protocol/model/retention.ts",
      "protocol/base/numbers.ts",
      "protocol/base/json.ts",
      "protocol/wire/batch.ts",
    ],
  ],
  shape: "json",
  words: [
    "tailrace.",
    "tailrace.queue_timeout_seconds",
    "core.local",
    "admin",
    "key_value_pair:st2kv.system:a",
    "pack:core",
    "action:core:local",
    "user",
    "pool",
    "on-success",
  ],
  seeds: [
    {
      action: "core.local",
      parameters: { cmd: "ls", n: 1.0 },
      user: null,
      context: {},
      delay: 0,
      labels: { gpu: "a100" },
      pool: "eu",
      queue_timeout_seconds: 5,
      retention: { output_ttl_days: 1 },
    },
    { parameters: {}, tasks: ["a"], reset: ["a"], delay: 5 },
    { status: "canceled", result: { a: 1.5 } },
    { texts: ["a secret"] },
    { name: "u", password: "long enough" },
    { password: "long enough", current_password: "x", enabled: false },
    { user: "u", role: "agent", pool: "eu", enabled: true, metadata: { a: 1 } },
    {
      name: "r",
      description: "d",
      permission_grants: [{ resource_uid: "pack:core", permission_types: ["execution_view"], pool: "eu" }],
    },
    { resource_uid: "key_value_pair:st2kv.system:a.b", permission_types: ["key_value_pair_view"] },
    { ttl: 60, user: "u" },
    { name: "k", value: "v", secret: true, scope: "user", ttl: 5, encrypted: false },
    { prefixes: ["a."] },
    {
      hosts: [
        { key: "a", address: "a:22" },
        { key: "b", address: "b" },
      ],
      concurrency: 1,
      allow_partial_failure: true,
    },
    { last_seq: 5, status: "failed", exit_code: null, result: { stdout: "" } },
    { name: "agent", pool: "eu", legacy_id: "6742f0c0012c0123456789ab" },
    { packs: [{ ref: "core", digest: "0".repeat(64) }] },
    { pack: PACK, digest: "0".repeat(64), total: 2, first: 0, actions: [ACTION, CHAIN] },
    { packs: [PACK], actions: [ACTION, CHAIN] },
  ].map((body) => JSON.stringify(body)),
  throws: [SyntaxError],
  run: (input) => {
    const value = parseJson(input, { depth_max: BODY_DEPTH_MAX, exact: true });
    const body = isStructure(value) ? nearestBut(value, ["parameters", "result", "actions"]) : value;
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      const parsed = safeParse(schema, body);
      if (!parsed.success) issueText(parsed.issues[0]);
      else
        mustEqual(
          safeParse(schema, parsed.output).output,
          parsed.output,
          `${name} that is read again is the same`,
        );
    }
    const actions = safeParse(RegisterActions, body);
    for (const { chain, tags } of actions.success ? actions.output.actions : []) {
      if (chain) firstTask(chain);
      outputSettings(tags);
      placementSettings(tags);
    }
  },
};
