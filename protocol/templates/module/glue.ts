/**
 * The body of a function that returns the exports of the library's glue, which is a module. The glue belongs to one instance of
 * WebAssembly and keeps its state. With a function, each instance has its own glue, and both are dropped together after a trap.
 */
export function glueBody(source: string): string {
  const names = [...source.matchAll(/^export (?:function|class) (\w+)/gm)].map(([, name]) => name);
  return `${source.replace(/^export /gm, "")}\nreturn { ${names.join(", ")} };\n`;
}
