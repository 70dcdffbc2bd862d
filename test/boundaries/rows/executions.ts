import type { Link } from "../../../protocol/model/identity.ts";
import { FIRST_USER } from "../../../src/auth/system-admin.ts";
import { admin, created } from "../world.ts";
import {
  ADMINS,
  ELSEWHERE,
  GRANTED,
  LINKED,
  type Row,
  RUNNERS,
  read,
  SIGNED_IN,
  SYSTEM,
  VIEWERS,
  withoutRuns,
  write,
} from "./row.ts";

/** Executions, their output and their links. */
export const EXECUTIONS: Row[] = [
  write(
    "POST /api/v1/executions",
    RUNNERS,
    ({ world: { own } }) => ({
      path: "/api/v1/executions",
      body: { action: "vault.open", pool: own, parameters: { cmd: "true" }, delay: DELAY_MS },
    }),
    ELSEWHERE,
  ),
  write(
    "POST /api/v1/executions",
    // The run's own user is this one.
    [...SYSTEM, "a run's token"],
    ({ world: { own } }) => ({
      path: "/api/v1/executions",
      body: { action: "vault.open", pool: own, user: FIRST_USER, delay: DELAY_MS },
    }),
    { what: "in the name of a system administrator", ...ELSEWHERE },
  ),
  read("GET /api/v1/executions", GRANTED, () => "/api/v1/executions"),
  read("GET /api/v1/executions/views/filters", GRANTED, () => "/api/v1/executions/views/filters"),
  read(
    "GET /api/v1/executions/{id}",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}?show_secrets=true`,
  ),
  read(
    "GET /api/v1/executions/{id}/children",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/children`,
  ),
  read(
    "GET /api/v1/executions/{id}/attribute/{attribute}",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/attribute/status`,
  ),
  read("GET /api/v1/executions/{id}/result", LINKED, ({ work }) => `/api/v1/executions/${work.id}/result`),
  write("PUT /api/v1/executions/{id}", RUNNERS, async ({ world: { own } }) => ({
    path: `/api/v1/executions/${await created(own, { delay: DELAY_MS })}`,
    body: CHANGED,
  })),
  write("DELETE /api/v1/executions/{id}", RUNNERS, async ({ world: { own } }) => ({
    path: `/api/v1/executions/${await created(own, { delay: DELAY_MS })}`,
  })),
  write("POST /api/v1/executions/{id}/pin", RUNNERS, ({ work }) => ({
    path: `/api/v1/executions/${work.id}/pin`,
  })),
  write("DELETE /api/v1/executions/{id}/pin", RUNNERS, ({ work }) => ({
    path: `/api/v1/executions/${work.id}/pin`,
  })),
  write("POST /api/v1/executions/{id}/re_run", RUNNERS, ({ work }) => ({
    path: `/api/v1/executions/${work.id}/re_run`,
    body: { parameters: { token: "another" }, delay: DELAY_MS },
  })),
  write("POST /api/v1/executions/{id}/links", withoutRuns(VIEWERS), ({ work }) => ({
    path: `/api/v1/executions/${work.id}/links`,
    body: {},
  })),
  read(
    "GET /api/v1/executions/{id}/links",
    withoutRuns(VIEWERS),
    ({ work }) => `/api/v1/executions/${work.id}/links`,
  ),
  write("DELETE /api/v1/executions/{id}/links", withoutRuns(RUNNERS), async ({ world: { own } }) => ({
    path: `/api/v1/executions/${await created(own, { delay: DELAY_MS })}/links`,
  })),
  write("POST /api/v1/executions/index", ADMINS, () => ({
    path: "/api/v1/executions/index",
    body: { objects: [] },
  })),
  write("POST /api/v1/executions/{id}/redact", ADMINS, async ({ world: { own } }) => {
    const id = await created(own, { delay: DELAY_MS });
    await admin("DELETE", `/api/v1/executions/${id}`);
    return { path: `/api/v1/executions/${id}/redact`, body: { texts: ["a text of the pool"] } };
  }),
  read("GET /api/v1/links", SIGNED_IN, () => "/api/v1/links"),
  write("DELETE /api/v1/links/{id}", ADMINS, async ({ work }) => {
    const { id } = await admin<Link>("POST", `/api/v1/executions/${work.id}/links`, {});
    return { path: `/api/v1/links/${id}` };
  }),
  read(
    "GET /api/v1/executions/{id}/output",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/output?follow=false`,
  ),
  read(
    "GET /api/v1/executions/{id}/output/lines",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/output/lines`,
  ),
  read(
    "GET /api/v1/executions/{id}/output/folds",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/output/folds`,
  ),
  read(
    "GET /api/v1/executions/{id}/search",
    LINKED,
    ({ work }) => `/api/v1/executions/${work.id}/search?q=o`,
  ),
  read(
    "GET /stream/v1/executions/{id}/output",
    LINKED,
    ({ work }) => `/stream/v1/executions/${work.id}/output?follow=false`,
  ),
  read(
    "GET /stream/v1/stream",
    [...GRANTED, "a link", "a link of another execution"],
    () => "/stream/v1/stream",
  ),
];

const CHANGED = { status: "canceled" };
const DELAY_MS = 3_600_000;
