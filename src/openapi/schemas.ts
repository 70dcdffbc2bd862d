import type * as v from "valibot";
import { Action, Pack, RegisterActions, RunnerType } from "../../protocol/action.ts";
import { EndExecution, ExpandExecution } from "../../protocol/agent.ts";
import { AgentIdentity, AgentState, KnownAgent, RegisterAgent } from "../../protocol/agent-state.ts";
import { Acknowledgement } from "../../protocol/append.ts";
import { AuditEntry } from "../../protocol/audit.ts";
import { Chunk } from "../../protocol/chunk.ts";
import { ErrorBody } from "../../protocol/errors.ts";
import {
  CreateExecution,
  Execution,
  RedactExecution,
  RedactedExecution,
  ReRunExecution,
  UpdateExecution,
} from "../../protocol/execution.ts";
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
} from "../../protocol/identity.ts";
import { Key, PoolKeys, SetKey, SetPoolKeys } from "../../protocol/key.ts";
import { ControlEvent } from "../../protocol/record.ts";
import { OfferPacks, RegisterPage } from "../../protocol/registration.ts";

/** The schemas by the names that the document gives them: the ones that the routes check with. */
export const SCHEMAS = {
  Acknowledgement,
  Action,
  AgentIdentity,
  AgentState,
  KnownAgent,
  RegisterAgent,
  AuditEntry,
  Chunk,
  ControlEvent,
  CreateExecution,
  EndExecution,
  Error: ErrorBody,
  Execution,
  ExpandExecution,
  Key,
  Pack,
  PoolKeys,
  OfferPacks,
  RegisterActions,
  RegisterPage,
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
