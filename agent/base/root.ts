import { dirname } from "node:path";

/** The agent's folder. When the command line bundles the agent into one file elsewhere, it replaces `import.meta.dirname` here. */
export const AGENT_ROOT = dirname(import.meta.dirname);
