import type { Reporter, TestCase, TestModule } from "vitest/node";
import { installCommand, PACKAGES } from "./needs.ts";
import { lackingTags, ROOT_TAG } from "./tags.ts";

/** Prints at the end the tests that were skipped because a package is missing, and the command that installs it. */
export class SkippedTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...module.children.allTests("skipped")]);
    // To look for programs takes a moment.
    if (skipped.length === 0) return;
    const lacking = lackingTags();
    const of_lacks = skipped
      .map((test) => ({ test, lacks: test.tags.filter((tag) => lacking.includes(tag)) }))
      .filter(({ lacks }) => lacks.length > 0);
    if (of_lacks.length > 0) process.stdout.write(skippedText(of_lacks));
  }
}

interface Skipped {
  test: TestCase;
  lacks: string[];
}

function skippedText(skipped: readonly Skipped[]): string {
  const lines = skipped.map(
    ({ test, lacks }) => `  ${test.module.relativeModuleId} > ${test.fullName} (${lacks.join(", ")})\n`,
  );
  const lacks = new Set(skipped.flatMap((one) => one.lacks));
  const packages = PACKAGES.filter((name) => lacks.has(name));
  return [
    `\nNot tested, as this machine lacks what they need: ${skipped.length}\n`,
    ...lines,
    packages.length > 0 ? `To install the rest: ${installCommand(packages)}\n` : "",
    lacks.has(ROOT_TAG) ? "To test accounts: run as root\n" : "",
  ].join("");
}
