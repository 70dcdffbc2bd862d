import type * as v from "valibot";
import { ErrorBody } from "../../protocol/base/errors.ts";
import { Action, ActionParameters, Pack, RegisterActions, RunnerType } from "../../protocol/model/action.ts";
import { AuditEntry } from "../../protocol/model/audit.ts";
import {
  CreateExecution,
  Execution,
  IndexExecutions,
  IndexedExecutions,
  RedactExecution,
  RedactedExecution,
  ReRunExecution,
  UpdateExecution,
} from "../../protocol/model/execution.ts";
import {
  Account,
  ApiKey,
  Assignment,
  CreateAccount,
  CreateApiKey,
  CreateAssignment,
  CreateLink,
  CreateRole,
  CreateToken,
  Link,
  ListedLink,
  PermissionGrant,
  Role,
  Token,
  UpdateAccount,
  UpdateApiKey,
  User,
} from "../../protocol/model/identity.ts";
import { Key, PoolKeys, SetKey, SetPoolKeys } from "../../protocol/model/key.ts";
import { EndRequest, ExpandExecution } from "../../protocol/wire/agent.ts";
import { AgentIdentity } from "../../protocol/wire/agent-identity.ts";
import { AgentState, KnownAgent, RegisterAgent } from "../../protocol/wire/agent-state.ts";
import { Acknowledgement } from "../../protocol/wire/append.ts";
import { Chunk } from "../../protocol/wire/chunk.ts";
import { ControlEvent } from "../../protocol/wire/record.ts";
import { OfferPacks, RegisterPage } from "../../protocol/wire/registration.ts";

/** The schemas by their names in the document: the same ones that the routes check with. */
export const SCHEMAS = {
  Acknowledgement,
  Action,
  ActionParameters,
  AgentIdentity,
  AgentState,
  KnownAgent,
  RegisterAgent,
  AuditEntry,
  Chunk,
  ControlEvent,
  CreateExecution,
  EndRequest,
  Error: ErrorBody,
  Execution,
  ExpandExecution,
  Key,
  Pack,
  PoolKeys,
  OfferPacks,
  RegisterActions,
  RegisterPage,
  IndexedExecutions,
  IndexExecutions,
  RedactedExecution,
  RedactExecution,
  ReRunExecution,
  RunnerType,
  SetKey,
  SetPoolKeys,
  UpdateExecution,
  Account,
  ApiKey,
  Assignment,
  CreateAccount,
  CreateApiKey,
  CreateAssignment,
  CreateLink,
  CreateRole,
  CreateToken,
  Link,
  ListedLink,
  PermissionGrant,
  Role,
  Token,
  UpdateAccount,
  UpdateApiKey,
  User,
} satisfies Record<string, v.GenericSchema>;

/** The name of a schema, as operations refer to it. */
export type SchemaName = keyof typeof SCHEMAS;
