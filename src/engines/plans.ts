/** The plans that a session keeps: those for the input shapes it met last. */

const PLANS_KEPT = 4;

/** Plans, each for one set of input shapes, that a session keeps beside one another: the last few that were used. */
export class Plans<Plan> {
  #kept: readonly Plan[] = [];

  /** The plan that fits, if one is kept. */
  find(fits: (plan: Plan) => boolean): Plan | undefined {
    return this.#kept.find(fits);
  }

  /** Keeps a plan; the oldest goes when there are too many. */
  add(plan: Plan): void {
    this.#kept = [...this.#kept.slice(-(PLANS_KEPT - 1)), plan];
  }

  /** Keeps only those for which `isValid` says so. */
  keep(isValid: (plan: Plan) => boolean): void {
    this.#kept = this.#kept.filter(isValid);
  }
}
