import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a hub's storage: only added to, and never edited. A hub keeps nothing so far. */
export const HUB_STEPS: readonly SchemaStep[] = [];
