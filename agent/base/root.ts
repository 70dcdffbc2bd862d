import { dirname } from "node:path";

/** The agent's folder. The command line bundles the agent into one file elsewhere, and fills in this file's folder. */
export const AGENT_ROOT = dirname(import.meta.dirname);
