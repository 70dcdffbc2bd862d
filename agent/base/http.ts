/**
 * Node's HTTP client and server. An import statement would also read the module's lazy properties, and load `fetch` with its
 * classes.
 */
export const http = process.getBuiltinModule("node:http");
