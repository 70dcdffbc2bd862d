import { ADMINS, ELSEWHERE, GRANTED, type Row, read, USERS, VIEWERS, write } from "./row.ts";

/** The public endpoints, and the offers of pools. */
export const METADATA: Row[] = [
  read("GET /healthz", "all", () => "/healthz"),
  read("GET /readyz", "all", () => "/readyz"),
  read("GET /metrics", [...ADMINS, "an observer"], () => "/metrics"),
  read("GET /openapi.json", "all", () => "/openapi.json"),
  read("GET /docs", "all", () => "/docs"),
  read("GET /api/v1", "all", () => "/api/v1"),
  read("GET /api/v1/actions", GRANTED, () => "/api/v1/actions"),
  write(
    "GET /api/v1/actions/{ref}",
    VIEWERS,
    ({ world: { own } }) => ({ path: `/api/v1/actions/vault.open?pool=${own}` }),
    ELSEWHERE,
  ),
  read("GET /api/v1/actions/views/overview", GRANTED, () => "/api/v1/actions/views/overview"),
  write(
    "GET /api/v1/actions/views/overview/{ref}",
    VIEWERS,
    ({ world: { own } }) => ({ path: `/api/v1/actions/views/overview/vault.open?pool=${own}` }),
    ELSEWHERE,
  ),
  write(
    "GET /api/v1/actions/views/parameters/{ref}",
    VIEWERS,
    ({ world: { own } }) => ({ path: `/api/v1/actions/views/parameters/vault.open?pool=${own}` }),
    ELSEWHERE,
  ),
  read("GET /api/v1/packs", GRANTED, () => "/api/v1/packs"),
  read(
    "GET /api/v1/packs/{ref}",
    [...ADMINS, "a run's token", "an observer"],
    ({ world: { own } }) => `/api/v1/packs/vault?pool=${own}`,
  ),
  read("GET /api/v1/runnertypes", USERS, () => "/api/v1/runnertypes"),
  read("GET /api/v1/runnertypes/{name}", USERS, () => "/api/v1/runnertypes/noop"),
];
