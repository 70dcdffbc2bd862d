import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { LONGEST } from "./longest.ts";

/** Runs project after project, so that an engine takes the next file of its project, and the longest files of each first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    const order = (file: TestSpecification) => projects.indexOf(file.project);
    return sorted.sort((a, b) => order(a) - order(b) || placeOf(a) - placeOf(b));
  }
}

/** The place among the longest files. All others come after them, in the order that they have. */
function placeOf({ moduleId, project }: TestSpecification): number {
  const at = LONGEST.indexOf(relative(project.vitest.config.root, moduleId));
  return at >= 0 ? at : LONGEST.length;
}
