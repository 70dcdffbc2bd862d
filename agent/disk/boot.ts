import { readFileSync } from "node:fs";

/** What names the present run of the host's kernel: another one since means that the host has crashed, or was restarted. */
export function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return undefined;
  }
}
