import { ByteReader, ByteWriter, encoded } from "./bytes.ts";
import { BULK, LOOP, MEMORY_COPY, MEMORY_FILL, skipOperands } from "./instructions.ts";

/** The numbers of a module's sections. */
const TYPES = 1;
const IMPORTS = 2;
const FUNCTIONS = 3;
const MEMORIES = 5;
const GLOBALS = 6;
const EXPORTS = 7;
const CODE = 10;

const HEADER_BYTES = 8;
const I32 = 0x7f;

/** The export that has the number of steps that are left. The caller sets it. */
export const STEPS_EXPORT = "steps";

/** Bytes that are copied or filled in the time of a step. */
const STEP_BYTES_LOG2 = 6;

/**
 * A module of WebAssembly with bounds that the platform does not have. Its memory has at most this many pages of 64 KiB. Each turn of a
 * loop, each call and each 64 bytes of a copy take one of its steps, and without steps it traps: a Worker has no other way to stop it.
 * The module must have one memory of its own and import only functions.
 */
export function boundedModule(module: Uint8Array, pages_max: number): Uint8Array<ArrayBuffer> {
  const sections = sectionsOf(module);
  const bodyOf = (id: number) => sections.find((section) => section.id === id)?.body ?? Uint8Array.of(0);
  const imported = new ByteReader(bodyOf(IMPORTS)).number();
  const own = new ByteReader(bodyOf(FUNCTIONS)).number();
  const type = new ByteReader(bodyOf(TYPES)).number();
  const names: Names = {
    steps: new ByteReader(bodyOf(GLOBALS)).number(),
    copy: imported + own,
    fill: imported + own + 1,
  };
  const made = new ByteWriter();
  made.add(module.subarray(0, HEADER_BYTES));
  for (const { id, body } of sections) {
    made.add([id]);
    made.addSized(changed(id, body, { names, type, pages_max }));
  }
  return made.bytes();
}

/** The additions, by index. */
interface Names {
  steps: number;
  copy: number;
  fill: number;
}

interface Change {
  names: Names;
  type: number;
  pages_max: number;
}

function changed(id: number, body: Uint8Array, { names, type, pages_max }: Change): Uint8Array {
  switch (id) {
    case TYPES:
      // (dest, source or value, bytes) -> nothing
      return appended(body, [[0x60, 3, I32, I32, I32, 0]]);
    case FUNCTIONS:
      return appended(body, [encoded(type), encoded(type)]);
    case MEMORIES:
      return limitedMemory(body, pages_max);
    case GLOBALS:
      // A variable i32 that begins at 0.
      return appended(body, [[I32, 1, 0x41, 0, 0x0b]]);
    case EXPORTS: {
      const name = new TextEncoder().encode(STEPS_EXPORT);
      return appended(body, [[name.length, ...name, 3, ...encoded(names.steps)]]);
    }
    case CODE:
      return countedCode(body, names);
    default:
      return body;
  }
}

function sectionsOf(module: Uint8Array): { id: number; body: Uint8Array }[] {
  const reader = new ByteReader(module, HEADER_BYTES);
  const sections: { id: number; body: Uint8Array }[] = [];
  while (reader.at < module.length) {
    const id = reader.byte();
    const size = reader.number();
    sections.push({ id, body: reader.slice(reader.at, reader.at + size) });
    reader.at += size;
  }
  return sections;
}

/** A section's list with more items at its end. */
function appended(body: Uint8Array, more: number[][]): Uint8Array {
  const reader = new ByteReader(body);
  const count = reader.number();
  const made = new ByteWriter();
  made.add(encoded(count + more.length));
  made.add(body.subarray(reader.at));
  for (const item of more) made.add(item);
  return made.bytes();
}

function limitedMemory(body: Uint8Array, pages_max: number): Uint8Array {
  const reader = new ByteReader(body);
  if (reader.number() !== 1) throw new Error("the module does not have exactly one memory");
  reader.byte();
  return Uint8Array.from([1, 1, ...encoded(reader.number()), ...encoded(pages_max)]);
}

function countedCode(body: Uint8Array, names: Names): Uint8Array {
  const reader = new ByteReader(body);
  const count = reader.number();
  const made = new ByteWriter();
  made.add(encoded(count + 2));
  for (let at = 0; at < count; at++) {
    const size = reader.number();
    made.addSized(countedFunction(reader.slice(reader.at, reader.at + size), names));
    reader.at += size;
  }
  made.addSized(countedBulk(MEMORY_COPY, names));
  made.addSized(countedBulk(MEMORY_FILL, names));
  return made.bytes();
}

function countedFunction(body: Uint8Array, names: Names): Uint8Array {
  const reader = new ByteReader(body);
  for (let groups = reader.number(); groups > 0; groups--) {
    reader.skipNumber();
    reader.byte();
  }
  const step = stepOf(names.steps);
  const made = new ByteWriter();
  let copied = 0;
  const copyTo = (end: number) => {
    made.add(body.subarray(copied, end));
    copied = end;
  };
  copyTo(reader.at);
  made.add(step);
  while (reader.at < body.length) {
    const start = reader.at;
    const opcode = reader.byte();
    const bulk = opcode === BULK ? body[reader.at] : undefined;
    skipOperands(reader, opcode);
    if (opcode === LOOP) {
      copyTo(reader.at);
      made.add(step);
    } else if (bulk === MEMORY_COPY || bulk === MEMORY_FILL) {
      copyTo(start);
      made.add([0x10, ...encoded(bulk === MEMORY_COPY ? names.copy : names.fill)]);
      copied = reader.at;
    }
  }
  copyTo(body.length);
  return made.bytes();
}

/** Takes one step, or traps: `if (steps == 0) unreachable; steps = steps - 1`. */
function stepOf(steps: number): number[] {
  const get = [0x23, ...encoded(steps)];
  const set = [0x24, ...encoded(steps)];
  return [...get, 0x45, 0x04, 0x40, 0x00, 0x0b, ...get, 0x41, 1, 0x6b, ...set];
}

/** A function that copies or fills. It first takes the steps for that, and traps if too few are left. */
function countedBulk(what: number, { steps }: Names): Uint8Array {
  const get = [0x23, ...encoded(steps)];
  const set = [0x24, ...encoded(steps)];
  const cost = [0x20, 2, 0x41, STEP_BYTES_LOG2, 0x76];
  return Uint8Array.from([
    0,
    // If too few steps are left, sets them to zero, which shows why the module trapped.
    ...[...get, ...cost, 0x49, 0x04, 0x40, 0x41, 0, ...set, 0x00, 0x0b],
    ...[...get, ...cost, 0x6b, ...set],
    ...[0x20, 0, 0x20, 1, 0x20, 2, BULK, what, ...(what === MEMORY_COPY ? [0, 0] : [0])],
    0x0b,
  ]);
}
