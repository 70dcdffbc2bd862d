/** The result of registering an open stream. `stale`: the credential has changed since it was read. */
export type Opened = "counted" | "full" | "stale";

/** Targets other than executions: all hubs, and a pool or a relay by its name. */
export const HUB_TARGET = "hub";
export const POOL_TARGET = "pool:";
export const RELAY_TARGET = "relay:";
