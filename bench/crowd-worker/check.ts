/** Characters that may be the beginning of a number's record, cut by the network. */
const REST_CHARS = 24;

/** The sequence numbers that one follower gets: each must follow the one before. */
export class FollowerCheck {
  #rest = "";
  last_seq = 0;
  is_broken = false;

  /** Takes a part of what the follower got, cut anywhere. */
  take(part: string): void {
    const text = this.#rest + part;
    let end = 0;
    for (const { index, 0: found, 1: seq } of text.matchAll(/\{"seq":(\d+),/g)) {
      if (Number(seq) !== this.last_seq + 1) this.is_broken = true;
      this.last_seq = Number(seq);
      end = index + found.length;
    }
    this.#rest = text.slice(Math.max(end, text.length - REST_CHARS));
  }
}
