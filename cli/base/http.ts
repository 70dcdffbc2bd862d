/**
 * Node's older HTTP client and server. An import statement would also read the module's lazy properties, and load `fetch` with its
 * classes: 14 MB for as long as the server runs.
 */
export const http = process.getBuiltinModule("node:http");
