import { describe, expect, it } from "vitest";
import { collectEarly, shieldEngine, unshielded } from "../../cli/server/engine.ts";

describe("the engine's start script", () => {
  it.each([{}, { MINIFLARE_WORKERD_PATH: "/opt/workerd" }, { MINIFLARE_WORKERD_V8_FLAGS: "--expose-gc" }])(
    "is in the environment of the server and not of its programs: %o",
    (own) => {
      const env: NodeJS.ProcessEnv = { PATH: "/bin", ...own };
      shieldEngine(env);
      const once = { ...env };
      shieldEngine(env);
      expect(env).toEqual(once);
      collectEarly(env);
      expect(env.MINIFLARE_WORKERD_PATH).toMatch(/engine\.sh$/);
      expect(unshielded(env)).toEqual({ PATH: "/bin", ...own });
    },
  );

  it("finds the engine also in an environment that another server has changed", () => {
    const env: NodeJS.ProcessEnv = {};
    shieldEngine(env);
    const { TAILRACE_ENGINE, ...left } = env;
    shieldEngine(left);
    expect(left).toEqual(env);
  });
});
