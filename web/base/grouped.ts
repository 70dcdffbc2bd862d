/** A number in groups: 18,204,311. Not by `toLocaleString`, whose first call delays a page's first paint by 20 ms. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}
