/** The folder of the agent's own files, also where its code runs as one bundled file from elsewhere. */
export const AGENT_ROOT = import.meta.dirname;
