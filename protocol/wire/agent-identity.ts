import * as v from "valibot";

/** An agent's identity. Only the answer that makes it has the secret. */
export const AgentIdentity = v.object({ id: v.string(), pool: v.string(), secret: v.string() });
export type AgentIdentity = v.InferOutput<typeof AgentIdentity>;
