/** Numbers of what two graphs compute, and the weights that they have in common. */
import { type DType, fromBfloat16, fromFloat16 } from "../core/dtype.ts";
import { toBfloat16, toFloat16 } from "../core/half.ts";
import { valuesOf } from "../core/tensor.ts";
import type { Attrs, Graph, Size, Value, ValueId, WeightRef } from "../ops/types.ts";

/** Numbers for expressions: the same expression has the same number in both graphs. */
export class Expressions {
  readonly #numbers = new Map<string, number>();
  /** Both meanings of hard_sigmoid count as one: whoever translates takes care of them. */
  readonly alike: boolean;
  /** Weights that both graphs have by one path; others are the same by the order of their first use. */
  readonly shared: ReadonlySet<string | undefined>;

  constructor(alike: boolean, shared: ReadonlySet<string> = new Set()) {
    this.alike = alike;
    this.shared = shared;
  }

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

/** The paths that are one weight's alone. */
function ownPaths({ values }: Graph): ReadonlySet<string> {
  const weights = new Map<string, WeightRef | null>();
  for (const { from } of values.values()) {
    if (from === undefined || !("weight" in from) || from.weight.path === undefined) continue;
    const { path } = from.weight;
    weights.set(path, weights.has(path) && weights.get(path) !== from.weight ? null : from.weight);
  }
  return new Set([...weights].flatMap(([path, weight]) => (weight === null ? [] : [path])));
}

/** The paths that are one weight's alone in both graphs. */
export function sharedPaths(a: Graph, b: Graph): ReadonlySet<string> {
  const others = ownPaths(b);
  return new Set([...ownPaths(a)].filter((path) => others.has(path)));
}

const ROUNDS: ReadonlyMap<DType, (x: number) => number> = new Map([
  ["float16", (x) => fromFloat16(toFloat16(x))],
  ["bfloat16", (x) => fromBfloat16(toBfloat16(x))],
  ["float32", Math.fround],
]);

/** The numbers of a constant as its dtype has them. */
export function numbersOf({ from, dtype }: Value): readonly number[] {
  if (from === undefined || !("constant" in from)) return [];
  const exact = Array.from<unknown, number>(valuesOf(from.constant), Number);
  return exact.map(ROUNDS.get(dtype) ?? ((x) => x));
}

/** A number alone takes the dtype of what stands beside it, an array has its own. */
export const constantText = (value: Value, shape: readonly number[]): string =>
  `constant ${shape.length === 0 ? "" : `${value.dtype} ${shape.join()}`}: ${numbersOf(value).join()}`;

/** The value whose first axis a length is. */
export const measuredBatch = (length: Size | undefined): ValueId | null =>
  typeof length === "object" && "of" in length && length.axis === 0 ? length.of : null;

/** Both meanings of hard_sigmoid as one. */
export const sameActivation = (value: unknown): unknown => (value === "hard_sigmoid_keras2" ? "hard_sigmoid" : value);

/** What an attribute says, where both generations count as one: they differ in the largest of no elements alone. */
export const withoutNothing = ({ nothing, ...attrs }: Attrs): Attrs => attrs;

/** A value and the one number that it is compared with. */
export function bounded(
  { values }: Graph,
  a: ValueId,
  b: ValueId,
): { readonly of: ValueId; readonly bound: number } | null {
  for (const [of, by] of [
    [a, b],
    [b, a],
  ] as const) {
    const numbers = numbersOf(values.get(by)!);
    if (numbers.length === 1) return { of, bound: numbers[0]! };
  }
  return null;
}
