import type { SchemaStep } from "../storage/schema.ts";

/** The steps of a credential's storage. Steps are added and never edited. */
export const CREDENTIAL_STEPS: readonly SchemaStep[] = [
  { name: "the open streams, as one value", run: () => "done" },
];
