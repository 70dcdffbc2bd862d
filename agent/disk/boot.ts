import { readProc } from "./proc.ts";

/** The id of the host's present boot. Another id means that the host has crashed or was restarted since. */
export function bootId(): string | undefined {
  return readProc("sys/kernel/random/boot_id")?.trim();
}
