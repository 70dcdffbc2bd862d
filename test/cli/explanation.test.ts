import { once } from "node:events";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { explanation } from "../../cli/base/errors.ts";

it("a server that is gone is not explained as a path that cannot be used", async () => {
  const socket = connect(1, "127.0.0.1");
  const error = await once(socket, "connect").catch((error: unknown) => error);
  expect(explanation(error)).toBe(
    "The server does not answer: nothing listens at 127.0.0.1:1 (ECONNREFUSED). `tailrace doctor` says more.",
  );
});
