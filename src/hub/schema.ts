import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a hub's storage. Steps are added, and never edited. A hub stores nothing yet. */
export const HUB_STEPS: readonly SchemaStep[] = [];
