/**
 * Lengths of axes as sums of products of others: equal ones read the same. That no length is below 0 is taken for granted:
 * where one would be, operations are refused, and slices leave nothing.
 */
import { isNode, makesOf } from "../ops/slots.ts";
import type { Graph, GraphNode, Size, ValueId } from "../ops/types.ts";
import { type Axis, asLong } from "./origins.ts";

/** How often each product occurs; the empty one is 1. */
type Sum = ReadonlyMap<string, number>;

const number = (n: number): Sum => new Map(n === 0 ? [] : [["", n]]);
const single = (text: string): Sum => new Map([[text, 1]]);
/** A product of sums of more terms together is not spelt out. */
const MOST_TERMS = 64;

function plus(a: Sum, b: Sum, times = 1): Sum {
  const sum = new Map(a);
  for (const [key, n] of b) {
    const whole = (sum.get(key) ?? 0) + times * n;
    if (whole === 0) sum.delete(key);
    else sum.set(key, whole);
  }
  return sum;
}

function spelt(a: Sum, b: Sum): Sum {
  const parts = [...a].flatMap(([p, n]) =>
    [...b].map(([q, m]): Sum => new Map([[[p, q].filter(Boolean).join("*").split("*").sort().join("*"), n * m]])),
  );
  return parts.reduce((sum, part) => plus(sum, part), number(0));
}

const textOf = (sum: Sum): string =>
  [...sum].map(([key, n]) => (key === "" ? `${n}` : `${n}*${key}`)).sort().join("+") || "0"; // prettier-ignore

/** The number that it is, if it is one. */
const plain = (sum: Sum): number | null => (sum.size === 0 ? 0 : sum.size === 1 ? (sum.get("") ?? null) : null);

/** A length that is no number, among the attributes of a node. */
export const isOpenSize = (value: unknown): value is Exclude<Size, number> => {
  if (typeof value !== "object" || value === null) return false;
  return ("of" in value && "axis" in value) || ("fn" in value && "a" in value && "b" in value);
};

/** What the lengths of a graph's values are, as far as that is known. */
export class AxisLengths {
  readonly #known = new Map<string, Sum>();
  readonly #graph: Graph;
  /** The expression of a value. */
  readonly #of: (id: ValueId) => number;
  /** Gives each text a number of its own, the same in both graphs. */
  readonly #number: (text: string) => number;

  constructor(graph: Graph, of: (id: ValueId) => number, numbered: (text: string) => number) {
    this.#graph = graph;
    this.#of = of;
    this.#number = numbered;
  }

  /** What is not spelt out. */
  #single(fn: string, a: Sum, b: Sum): Sum {
    return single(`@${this.#number(`length ${fn} ${textOf(a)}, ${textOf(b)}`)}`);
  }

  #product(a: Sum, b: Sum): Sum {
    if (a.size * b.size <= MOST_TERMS) return spelt(a, b);
    const [first, second] = textOf(a) < textOf(b) ? [a, b] : [b, a];
    return this.#single("mul", first, second);
  }

  #shared(a: Sum, by: Sum): Sum {
    const k = plain(by);
    if (k !== null && k > 0 && [...a.values()].every((n) => n % k === 0))
      return new Map([...a].map(([key, n]) => [key, n / k]));
    return this.#single("floor", a, by);
  }

  #extreme(fn: "max" | "min", a: Sum, b: Sum): Sum {
    const more = plain(plus(a, b, -1));
    if (more !== null) return more > 0 === (fn === "max") ? a : b;
    const [first, second] = textOf(a) < textOf(b) ? [a, b] : [b, a];
    return this.#single(fn, first, second);
  }

  #along({ of, axis }: Axis): Sum {
    const length = this.#graph.values.get(of)?.shape?.[axis] ?? null;
    if (length !== null) return number(length);
    const key = `${this.#of(of)}.${axis}`;
    return this.#known.get(key) ?? single(key);
  }

  #sum(size: Size): Sum {
    if (typeof size === "number") return number(size);
    if ("of" in size) return this.#along(size);
    const [a, b] = [this.#sum(size.a), this.#sum(size.b)];
    switch (size.fn) {
      case "add":
        return plus(a, b);
      case "sub":
        return plus(a, b, -1);
      case "mul":
        return this.#product(a, b);
      case "max":
        return this.#extreme("max", a, b);
      case "need":
        return this.#single("need", a, b);
      case "div":
      case "floor":
        return this.#shared(a, b);
    }
  }

  /** The same text for equal lengths. */
  of(size: Size): string {
    return textOf(this.#sum(size));
  }

  /** How many elements a slice has up to `stop`, along an axis of a known length no more than that. */
  upTo(stop: Size, x: Axis): string {
    const length = this.#graph.values.get(x.of)?.shape?.[x.axis] ?? null;
    return textOf(length === null ? this.#sum(stop) : this.#extreme("min", this.#sum(stop), number(length)));
  }

  /** Notes the lengths of what a node gives. */
  measure(node: GraphNode): void {
    for (const of of makesOf(node))
      this.#graph.values.get(of)?.shape?.forEach((length, axis) => {
        if (length !== null) return;
        const [first, ...others] = asLong(node, { of, axis }, this.#graph).map((one) => this.#along(one));
        const isOne = first !== undefined && others.every((other) => textOf(other) === textOf(first));
        const found = isOne ? first : this.#computed(node, axis);
        if (found !== null) this.#known.set(`${this.#of(of)}.${axis}`, found);
      });
  }

  #computed(node: GraphNode, axis: number): Sum | null {
    const rankOf = (id: ValueId): number => this.#graph.values.get(id)?.shape?.length ?? 0;
    if (isNode(node, "full") || isNode(node, "broadcastTo")) return this.#sum(node.attrs.shape[axis]!);
    if (isNode(node, "iota")) return this.#sum(node.attrs.length);
    if (isNode(node, "concat") && axis === node.attrs.axis)
      return node.in.xs.map((of) => this.#along({ of, axis })).reduce((a, b) => plus(a, b));
    if (isNode(node, "pad")) {
      const [before, behind] = node.attrs.amounts[axis]!;
      return plus(this.#along({ of: node.in.x, axis }), number(before + behind));
    }
    if (isNode(node, "repeat") && axis === node.attrs.axis) return this.#product(this.#along({ of: node.in.x, axis }), number(node.attrs.times)); // prettier-ignore
    if (isNode(node, "reshape") && node.attrs.shape.length === 1)
      return Array.from({ length: rankOf(node.in.x) }, (_, i) => this.#along({ of: node.in.x, axis: i })).reduce((a, b) => this.#product(a, b), number(1)); // prettier-ignore
    if (!isNode(node, "slice")) return null;
    const { start, stop, step } = node.attrs.ranges.find((range) => range.axis === axis)!;
    if (step < 1 || typeof (start ?? 0) !== "number" || Number(start) < 0) return null;
    if (typeof stop === "object" && stop !== null) return null;
    const length = this.#along({ of: node.in.x, axis });
    const end =
      stop === null ? length : stop < 0 ? plus(length, number(stop)) : this.#extreme("min", length, number(stop));
    return this.#shared(plus(end, number(step - 1 - Number(start ?? 0))), number(step));
  }
}
