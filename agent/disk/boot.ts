import { readProc } from "./proc.ts";

const boot_id = readProc("sys/kernel/random/boot_id")?.trim();

/**
 * The id of the host's present boot; undefined where the system has none. Another id means that the host has crashed or was restarted
 * since.
 */
export function bootId(): string | undefined {
  return boot_id;
}
