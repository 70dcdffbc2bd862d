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
  const said = c.req.header(PROTOCOL_HEADER);
  if (said !== undefined) {
    const theirs = readRange(said);
    if (!theirs) throw new TailraceError("invalid", `${PROTOCOL_HEADER} is a version (2) or a range (2-3).`);
    const { kind } = agree(theirs);
    if (kind !== "spoken") throw new TailraceError(`protocol_${kind}`, REFUSALS[kind](said));
  }
  await next();
  c.res.headers.set(PROTOCOL_HEADER, RANGE);
});

const RANGE = rangeText(PROTOCOL_RANGE);

const REFUSALS = {
  too_old: (said: string) =>
    `The client speaks version ${said} of the protocol and this server ${RANGE}: upgrade the client.`,
  too_new: (said: string) =>
    `The client speaks version ${said} of the protocol and this server ${RANGE}: upgrade the server.`,
};
