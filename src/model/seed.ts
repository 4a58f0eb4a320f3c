/** The generator behind everything that is drawn without a seed of its own. */
import { fail } from "../core/error.ts";
import { kindOf } from "../core/guard.ts";
import { Random } from "../core/random.ts";

let next = new Random(Math.floor(Math.random() * 2 ** 32));

/** Makes everything drawn afterwards repeatable, as Keras's `set_random_seed`. */
export function setRandomSeed(seed: number): void {
  if (!Number.isFinite(seed)) fail("mismatch/argument", { path: "seed", expected: "a number", found: kindOf(seed) });
  next = new Random(seed);
}

/** A seed from it. */
export const seedBits = (): number => next.bits();
