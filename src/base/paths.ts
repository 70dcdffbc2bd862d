/** StackStorm's resources that its API also serves without a version. */
const RESOURCES = "executions|actions|packs|runnertypes|keys|user|users|apikeys|rbac|links|audit";

/**
 * The path under which the table of routes has a request. StackStorm's services accept each path with and without its
 * version, with and without its nginx prefix, and some under an older name; this function maps all of them to one.
 */
export function canonicalPath(path: string): string {
  for (const [pattern, replacement] of REWRITES) {
    if (pattern.test(path))
      return path.replace(pattern, replacement).replace(OLDER_NAME, "/api/v1/executions");
  }
  return path.replace(OLDER_NAME, "/api/v1/executions");
}

const OLDER_NAME = /^\/api\/v1\/actionexecutions(?=\/|$)/;

/** The first match counts. */
const REWRITES: [RegExp, string][] = [
  // The stream, also under an older path of StackStorm's nginx.
  [/^(\/api)?(\/v1)?\/stream$/, "/stream/v1/stream"],
  [/^\/(api|stream|auth)\/v1(?=\/|$)/, "/$1/v1"],
  [/^(\/auth)?(\/v1)?\/tokens(?=\/|$)/, "/auth/v1/tokens"],
  [/^\/(api|stream|auth)(?=\/|$)/, "/$1/v1"],
  [/^\/v1(?=\/|$)/, "/api/v1"],
  [new RegExp(`^/(${RESOURCES}|actionexecutions)(?=/|$)`), "/api/v1/$1"],
];
