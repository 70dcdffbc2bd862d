/** What the Worker uses of Node's own crypto: the types of Node as a whole clash with those of the Workers' runtime. */
declare module "node:crypto" {
  export function scrypt(
    password: string,
    salt: Uint8Array,
    bytes: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, hash: Uint8Array) => void,
  ): void;
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
