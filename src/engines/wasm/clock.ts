/** Reads the platform's clock, and knows how fine it is: browsers round it, tests make it stand still. */
export class Clock {
  #last = 0;
  #step = Infinity;

  /** Milliseconds. */
  now(): number {
    const now = performance.now();
    const step = now - this.#last;
    if (step > 0 && step < this.#step) this.#step = step;
    this.#last = now;
    return now;
  }

  /** The least difference of two readings so far; a fine clock shows it where one follows the other. */
  get step(): number {
    return this.#step;
  }
}
