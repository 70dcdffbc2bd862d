import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { createToken } from "../../src/index/tokens.ts";

it("deletes old tokens in bounded portions", async () => {
  await env.INDEX.exec(
    `INSERT INTO tokens (id, token_hash, user, expires_ms, created_at)
     WITH RECURSIVE number (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM number WHERE n < 1500)
     SELECT 'old-' || n, 'hash-' || n, 'ann', n, '' FROM number`.replaceAll(/\s+/g, " "),
  );
  const left = async () => (await env.INDEX.prepare("SELECT id FROM tokens").all()).results.length;
  await createToken(env.INDEX, "ben", 60);
  expect(await left()).toBe(501);
  await createToken(env.INDEX, "ben", 60);
  expect(await left()).toBe(2);
});
