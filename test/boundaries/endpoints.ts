import { AGENTS_OF_POOLS, LEASED } from "./rows/agents.ts";
import { EXECUTIONS } from "./rows/executions.ts";
import { KEYS } from "./rows/keys.ts";
import { METADATA } from "./rows/metadata.ts";
import { PEOPLE } from "./rows/people.ts";
import type { Row } from "./rows/row.ts";

/** Every endpoint and the credentials that it opens to. */
export const ROWS: Row[] = [...METADATA, ...EXECUTIONS, ...KEYS, ...PEOPLE, ...AGENTS_OF_POOLS, ...LEASED];
