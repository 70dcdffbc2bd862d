import type { Native } from "../values/run.ts";
import { HTML_FILTERS } from "./html.ts";
import { LIST_FILTERS } from "./lists.ts";
import { NUMBER_FILTERS } from "./numbers.ts";
import { ORDER_FILTERS } from "./order.ts";
import { SELECT_FILTERS } from "./select.ts";
import { TEXT_FILTERS } from "./texts.ts";

/** Jinja's own filters. */
export const FILTERS: Record<string, Native> = {
  ...TEXT_FILTERS,
  ...NUMBER_FILTERS,
  ...LIST_FILTERS,
  ...ORDER_FILTERS,
  ...SELECT_FILTERS,
  ...HTML_FILTERS,
};
