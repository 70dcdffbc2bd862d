/** The exports of a WebAssembly module that tests use. */
export interface WasmExports {
  [name: string]: unknown;
  memory: { buffer: ArrayBuffer };
}

interface Wasm {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: WasmExports };
}

/** Instantiates a module without imports. */
export function instantiate(bytes: Uint8Array): WasmExports {
  // Node's types lack WebAssembly.
  const { Module, Instance } = Reflect.get(globalThis, "WebAssembly") as Wasm;
  return new Instance(new Module(bytes)).exports;
}

/** A module of functions from one integer to another, by name, with two pages of memory. */
export function smallModule(functions: Record<string, number[]>): Uint8Array {
  const names = Object.keys(functions);
  const exported = names.map((name, at) => [...named(name), 0x00, at]);
  const bodies = Object.values(functions).map((body) => sized([0x00, ...body, 0x0b]));
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    // (i32) -> i32
    ...section(0x01, [[0x60, 0x01, 0x7f, 0x01, 0x7f]]),
    ...section(
      0x03,
      names.map(() => [0x00]),
    ),
    ...section(0x05, [[0x00, 0x02]]),
    ...section(0x06, [[0x7f, 0x00, 0x41, 0x05, 0x0b]]),
    ...section(0x07, [...exported, [...named("memory"), 0x02, 0x00]]),
    ...section(0x0a, bodies),
  ]);
}

function section(id: number, items: number[][]): number[] {
  return [id, ...sized([items.length, ...items.flat()])];
}

/** A list with its length before it, which takes one or two bytes. */
function sized(bytes: number[]): number[] {
  const { length } = bytes;
  return [...(length < 0x80 ? [length] : [(length % 0x80) | 0x80, length >> 7]), ...bytes];
}

function named(text: string): number[] {
  return sized([...Buffer.from(text)]);
}
