/** Consecutive lines of the spool, ready to post. */
export interface SpooledBatch {
  body: Buffer<ArrayBuffer>;
  first_seq: number;
  last_seq: number;
}
