import { createMiddleware } from "hono/factory";
import { TailraceError } from "../../protocol/base/errors.ts";
import { agree, PROTOCOL_HEADER, PROTOCOL_RANGE, rangeText, readRange } from "../../protocol/wire/version.ts";
import type { AppEnv } from "./context.ts";

/**
 * Checks the protocol versions that a client states, and adds the server's versions to each answer. A client that states none
 * is not checked: StackStorm's clients, browsers and curl know no versions.
 */
export const protocolVersion = createMiddleware<AppEnv>(async (c, next) => {
  // An error that is thrown carries this header too.
  c.header(PROTOCOL_HEADER, RANGE);
  const stated = c.req.header(PROTOCOL_HEADER);
  if (stated !== undefined) {
    const theirs = readRange(stated);
    if (!theirs) throw new TailraceError("invalid", `${PROTOCOL_HEADER} is a version (2) or a range (2-3).`);
    const { kind } = agree(theirs);
    if (kind !== "spoken") throw new TailraceError(`protocol_${kind}`, REFUSALS[kind](stated));
  }
  await next();
  c.res.headers.set(PROTOCOL_HEADER, RANGE);
});

const RANGE = rangeText(PROTOCOL_RANGE);

const REFUSALS = {
  too_old: (stated: string) =>
    `The client speaks version ${stated} of the protocol and this server ${RANGE}: upgrade the client.`,
  too_new: (stated: string) =>
    `The client speaks version ${stated} of the protocol and this server ${RANGE}: upgrade the server.`,
};
