/** StackStorm's resources that its API also serves without a version. */
const RESOURCES = "executions|actions|packs|runnertypes|keys|user|users|apikeys|rbac|links|audit";

/**
 * The one path under which the table of routes has what a request asks for. StackStorm's services take each path with and
 * without its version, behind its nginx and bare, and some under an older name; this is where all of these become one.
 */
export function canonicalPath(path: string): string {
  for (const [pattern, replacement] of REWRITES) {
    if (pattern.test(path))
      return path.replace(pattern, replacement).replace(OLDER_NAME, "/api/v1/executions");
  }
  return path.replace(OLDER_NAME, "/api/v1/executions");
}

const OLDER_NAME = /^\/api\/v1\/actionexecutions(?=\/|$)/;

/** The first that fits is taken. */
const REWRITES: [RegExp, string][] = [
  // The stream, also where StackStorm's nginx had it once.
  [/^(\/api)?(\/v1)?\/stream$/, "/stream/v1/stream"],
  [/^\/(api|stream|auth)\/v1(?=\/|$)/, "/$1/v1"],
  [/^(\/auth)?(\/v1)?\/tokens(?=\/|$)/, "/auth/v1/tokens"],
  [/^\/(api|stream|auth)(?=\/|$)/, "/$1/v1"],
  [/^\/v1(?=\/|$)/, "/api/v1"],
  [new RegExp(`^/(${RESOURCES}|actionexecutions)(?=/|$)`), "/api/v1/$1"],
];
