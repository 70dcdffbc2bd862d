import type { MissingRunnerName, RunnerName } from "./action.ts";

/** Whether Tailrace has a runner. */
export function isHere(runner: RunnerName | MissingRunnerName): runner is RunnerName {
  return !isMissing(runner);
}

/** The runner of StackStorm that Tailrace does not have, by its name. */
export function missingRunner(name: string): MissingRunnerName | undefined {
  return isMissing(name) ? name : undefined;
}

/** `ADVICE` names all of them. The page has this, and needs none of the schemas beside the list. */
function isMissing(name: string): name is MissingRunnerName {
  return Object.hasOwn(ADVICE, name);
}

/** Why an action of such a runner cannot be run, and what to do. */
export function missingText(ref: string, runner: MissingRunnerName): string {
  return `Unable to execute. Action "${ref}" needs the runner "${runner}", which Tailrace does not have. ${ADVICE[runner]}`;
}

const WORKFLOW = "Write the workflow as an action-chain, or run it in StackStorm.";
const WINDOWS = "Reach the host over SSH with a remote-shell-cmd, or run it in StackStorm.";
const OTHER = "Run it in StackStorm.";

/** What to do instead. */
export const ADVICE: Record<MissingRunnerName, string> = {
  announcement: OTHER,
  cloudslang: WORKFLOW,
  inquirer: OTHER,
  "mistral-v1": WORKFLOW,
  "mistral-v2": WORKFLOW,
  orquesta: WORKFLOW,
  "windows-cmd": WINDOWS,
  "windows-script": WINDOWS,
  "winrm-cmd": WINDOWS,
  "winrm-ps-cmd": WINDOWS,
  "winrm-ps-script": WINDOWS,
};
