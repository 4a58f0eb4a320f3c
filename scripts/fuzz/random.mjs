/** Seeded draws: the same words give the same numbers on every machine (SplitMix32 from an FNV-1a hash). */
export class Rng {
  #state;

  constructor(...words) {
    let hash = 0x811c9dc5;
    for (const c of words.join("/")) hash = Math.imul(hash ^ c.codePointAt(0), 0x01000193);
    this.#state = hash >>> 0;
  }

  bits() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }

  /** In [0, 1). */
  uniform() {
    return this.bits() / 2 ** 32;
  }

  /** In 0 … n − 1. */
  int(n) {
    return Math.floor(this.uniform() * n);
  }

  /** In from … to, both included. */
  between(from, to) {
    return from + this.int(to - from + 1);
  }

  chance(p) {
    return this.uniform() < p;
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  /** Near a standard normal: the sum of twelve uniforms. */
  normal() {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return sum;
  }

  /** One of `[weight, value]`. */
  weighed(list) {
    let at = this.uniform() * list.reduce((sum, [weight]) => sum + weight, 0);
    return (list.find(([weight]) => (at -= weight) < 0) ?? list.at(-1))[1];
  }
}
