import { describe, expect, it } from "vitest";
import { boundedModule, STEPS_EXPORT } from "../../protocol/templates/module/bounded.ts";
import { instantiate, smallModule } from "../support/wasm.ts";

/** Each function returns 7, except `grow`, which returns the memory's size before it. */
const MODULE = smallModule({
  // loop; n = n - 1; br_if n; end
  loop: [0x03, 0x40, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x22, 0x00, 0x0d, 0x00, 0x0b, 0x41, 0x07],
  // memory.copy n bytes from 8 to 0
  copy: [0x41, 0x00, 0x41, 0x08, 0x20, 0x00, 0xfc, 0x0a, 0x00, 0x00, 0x41, 0x07],
  // memory.fill n bytes from 0 on with 1
  fill: [0x41, 0x00, 0x41, 0x01, 0x20, 0x00, 0xfc, 0x0b, 0x00, 0x41, 0x07],
  grow: [0x20, 0x00, 0x40, 0x00],
  // n == 0 ? 7 : down(n - 1)
  down: [0x20, 0x00, 0x45, 0x04, 0x7f, 0x41, 0x07, 0x05, 0x20, 0x00, 0x41, 0x01, 0x6b, 0x10, 0x04, 0x0b],
});

const PAGES_MAX = 4;

function start() {
  const exports = instantiate(boundedModule(MODULE, PAGES_MAX));
  const steps = exports[STEPS_EXPORT] as { value: number };
  const call = (of: string, argument: number, steps_max: number): number => {
    steps.value = steps_max;
    return (exports[of] as (n: number) => number)(argument);
  };
  return { call, steps, memory: exports.memory };
}

describe("a module with bounds", () => {
  it("keeps its behaviour", () => {
    const { call, memory } = start();
    const bytes = new Uint8Array(memory.buffer);
    bytes.set([1, 2, 3], 8);
    expect(call("copy", 3, 100)).toBe(7);
    expect([...bytes.subarray(0, 4)]).toEqual([1, 2, 3, 0]);
    call("fill", 2, 100);
    expect([...bytes.subarray(0, 4)]).toEqual([1, 1, 3, 0]);
    expect(call("loop", 50, 100)).toBe(7);
    expect(call("down", 50, 100)).toBe(7);
  });

  it("uses a step for each turn of a loop and each call, and one for each 64 bytes of a copy", () => {
    const { call, steps } = start();
    call("loop", 50, 100);
    expect(steps.value).toBe(100 - 51);
    call("down", 50, 100);
    expect(steps.value).toBe(100 - 51);
    call("copy", 640, 100);
    expect(steps.value).toBe(100 - 11);
    call("fill", 640, 100);
    expect(steps.value).toBe(100 - 11);
  });

  it.each(["loop", "down", "copy", "fill"])("traps when its steps are used up: %s", (of) => {
    const { call, steps } = start();
    expect(() => call(of, 100_000, 1_000)).toThrow("unreachable");
    expect(steps.value).toBe(0);
  });

  it("traps at its first call without steps", () => {
    expect(() => start().call("loop", 1, 0)).toThrow("unreachable");
  });

  it("grows to its bound and no further", () => {
    const { call, memory } = start();
    expect(call("grow", 2, 100)).toBe(2);
    expect(call("grow", 1, 100)).toBe(-1);
    expect(memory.buffer.byteLength).toBe(PAGES_MAX * 64 * 1024);
  });

  it("is refused if it has an unknown instruction", () => {
    const unknown = smallModule({ vector: [0xfd, 0x0c] });
    expect(() => boundedModule(unknown, PAGES_MAX)).toThrow("unknown instruction 0xfd");
  });
});
