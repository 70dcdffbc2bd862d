import type { FarRun } from "./far-side.ts";
import type { Session } from "./session.ts";

/** How long sudo may take to decide, including its delays after a wrong password, before the action's timeout begins. */
export const SUDO_MS_MAX = 20_000;

/** Whether a run uses sudo, and the password for it. */
export function sudoOf(runner: Record<string, unknown>): {
  sudo: FarRun["sudo"];
  sudo_password: string | undefined;
} {
  const { sudo, sudo_password } = runner;
  if (sudo !== true) return { sudo: "no", sudo_password: undefined };
  const isGiven = typeof sudo_password === "string" && sudo_password !== "";
  return isGiven
    ? { sudo: "with password", sudo_password }
    : { sudo: "without password", sudo_password: undefined };
}

/** The error if sudo did not run the command. Its own message is in stderr. */
export function sudoError({ stage }: Session): string | undefined {
  if (stage === "refused") return "sudo did not accept the password.";
  return stage === "asking" ? "sudo did not run the command; stderr says why." : undefined;
}
