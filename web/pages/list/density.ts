/** The name by which the browser keeps whether lists are dense. */
const STORED = "tailrace.dense";

/** Whether lists have as many rows as fit, or room between them. */
export function readDense(): boolean {
  try {
    return localStorage.getItem(STORED) === "true";
  } catch {
    return false;
  }
}

export function keepDense(dense: boolean): void {
  localStorage.setItem(STORED, String(dense));
}
