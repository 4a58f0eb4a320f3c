/** Means of times that scatter, and whether the difference of two is more than chance. */

/** How much single times are taken to scatter before some are known, and as how many of them that counts. */
const SCATTER = 0.1;
const SUPPOSED = 2;
/** So many standard errors are more than chance. */
const SURE = 1.5;

/** Times of which the last ones count. */
export class Sample {
  readonly #most: number;
  #weight = 0;
  #mean = 0;
  #variance = 0;

  /** `most`: times that count. */
  constructor(most: number) {
    this.#most = most;
  }

  add(value: number): void {
    this.#weight = Math.min(this.#weight + 1, this.#most);
    const off = value - this.#mean;
    this.#mean += off / this.#weight;
    this.#variance += (off * (value - this.#mean) - this.#variance) / this.#weight;
  }

  /** The same times, of which the last `most` count. */
  as(most: number): Sample {
    const sample = new Sample(most);
    sample.#weight = Math.min(this.#weight, most);
    sample.#mean = this.#mean;
    sample.#variance = this.#variance;
    return sample;
  }

  /** How many times count. */
  get weight(): number {
    return this.#weight;
  }

  /** 0: of none. */
  get mean(): number {
    return this.#mean;
  }

  /** Of all that count, the squares of what they are off by, as shares of the mean. */
  get scatter(): number {
    return this.#mean === 0 ? 0 : (this.#weight * this.#variance) / this.#mean ** 2;
  }
}

/**
 * Whether times are less than that share of others, by more than chance. Both are taken to scatter alike: few times mostly
 * miss the rare long ones.
 */
export function surelyLess(a: Sample, b: Sample, share: number, sure = SURE): boolean {
  if (a.weight === 0 || b.weight === 0 || a.mean >= share * b.mean) return false;
  const count = a.weight + b.weight + SUPPOSED;
  const variance = (a.scatter + b.scatter + SUPPOSED * SCATTER ** 2) / count;
  const error = Math.sqrt(variance * (a.mean ** 2 / a.weight + b.mean ** 2 / b.weight));
  return b.mean - a.mean > sure * error;
}
