/** The part of Node's crypto that the Worker uses: the full types of Node clash with those of the Workers' runtime. */
declare module "node:crypto" {
  export function scrypt(
    password: string,
    salt: Uint8Array,
    bytes: number,
    options: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, hash: Uint8Array) => void,
  ): void;
  export function randomBytes(bytes: number): Uint8Array;
  export function hkdfSync(
    digest: string,
    secret: string | Uint8Array,
    salt: Uint8Array,
    info: string,
    bytes: number,
  ): ArrayBuffer;
  interface Cipher {
    setAAD(data: Uint8Array): this;
    update(data: Uint8Array): Uint8Array;
    final(): Uint8Array;
    getAuthTag(): Uint8Array;
    setAuthTag(tag: Uint8Array): this;
  }
  export function createCipheriv(name: "aes-256-gcm", key: Uint8Array, nonce: Uint8Array): Cipher;
  export function createDecipheriv(name: "aes-256-gcm", key: Uint8Array, nonce: Uint8Array): Cipher;
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean;
}
