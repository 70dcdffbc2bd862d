import { jwtVerify, SignJWT } from "jose";

/** Signs claims with a secret of the deployment: a JSON Web Token with HS256. */
export function signToken(claims: Record<string, unknown>, secret: string): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(bytesOf(secret));
}

/** The claims of a token that one of the secrets has signed. Throws for any other token, and for one that has expired. */
export async function verifyToken(token: string, secrets: readonly string[]): Promise<unknown> {
  let failure: unknown;
  for (const secret of secrets) {
    try {
      const { payload } = await jwtVerify(token, bytesOf(secret), { algorithms: ["HS256"] });
      return payload;
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

function bytesOf(secret: string): Uint8Array {
  return new TextEncoder().encode(secret);
}
