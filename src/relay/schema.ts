import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a relay's storage. Steps are added, and never edited. It has values only. */
export const RELAY_STEPS: readonly SchemaStep[] = [];
