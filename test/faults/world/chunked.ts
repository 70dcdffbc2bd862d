/** Finds the end of a body in chunked transfer encoding, for any cut of its bytes. */
export class ChunkedBody {
  #state: "size" | "data" | "trailer" | "done" = "size";
  #line = "";
  #left = 0;

  /** How many of these bytes belong to the body. `done` says whether it ends with them. */
  take(data: Buffer): number {
    let at = 0;
    while (at < data.length && !this.done) {
      if (this.#state === "data") {
        const taken = Math.min(this.#left, data.length - at);
        at += taken;
        this.#left -= taken;
        if (this.#left === 0) this.#state = "size";
        continue;
      }
      this.#line += String.fromCharCode(data[at++] ?? 0);
      if (this.#line.endsWith("\r\n")) this.#endLine();
    }
    return at;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  #endLine(): void {
    const line = this.#line.trim();
    this.#line = "";
    if (this.#state === "trailer") {
      if (line === "") this.#state = "done";
      return;
    }
    const size = Number.parseInt(line, 16);
    // A chunk's data ends with a line end, too.
    this.#left = size + 2;
    this.#state = size === 0 ? "trailer" : "data";
  }
}
