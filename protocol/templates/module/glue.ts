/**
 * The body of a function that gives what the library's glue, a module, exports. The glue knows one instance of WebAssembly and
 * holds what that one refers to: with a function, each instance has glue of its own, and what a trap has left goes with both.
 */
export function glueBody(source: string): string {
  const names = [...source.matchAll(/^export (?:function|class) (\w+)/gm)].map(([, name]) => name);
  return `${source.replace(/^export /gm, "")}\nreturn { ${names.join(", ")} };\n`;
}
