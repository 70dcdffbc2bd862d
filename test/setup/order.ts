import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LONGEST } from "./longest.ts";

/**
 * Starts the longest files first, then takes turns between the projects: the Worker's files need the processor all the time, and
 * most others wait for processes most of the time.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const places = new Map(sorted.map((file) => [file, placeOf(file, sorted)]));
    return sorted.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  }
}

/** The place of a file among all, from 0 to 1; below 0 for the longest. */
function placeOf({ moduleId, project }: TestSpecification, sorted: readonly TestSpecification[]): number {
  const at = LONGEST.indexOf(relative(project.vitest.config.root, moduleId));
  if (at >= 0) return at - LONGEST.length;
  const own = sorted.filter((file) => file.project === project).map((file) => file.moduleId);
  return own.indexOf(moduleId) / own.length;
}
