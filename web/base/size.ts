/** Units of bytes, each a thousand of the one before. */
const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** A number of bytes for a glance: `999 bytes`, `1.2 kB`, `18 MB`. */
export function sizeText(bytes: number): string {
  let [size, unit] = [bytes, 0];
  // What would be written as 1000 is 1.0 of the next unit.
  while (size >= 999.5 && unit < UNITS.length - 1) {
    size /= 1000;
    unit++;
  }
  const digits = unit === 0 || size >= 9.95 ? 0 : 1;
  return `${size.toFixed(digits)} ${bytes === 1 ? "byte" : UNITS[unit]}`;
}
