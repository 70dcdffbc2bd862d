/** The disk has lost a chunk that was not sent yet. */
export class MissingChunk extends Error {
  constructor(seq: number) {
    super(`the disk has lost chunk ${seq}, which was not sent yet`);
  }
}
