/** What each value of a graph is, as an expression of the inputs and weights: equal ones compute the same. */
import type { SliceRange } from "../ops/attributes.ts";
import { isNode, makesOf, mapSlots, readsOf } from "../ops/slots.ts";
import type { Attrs, Graph, GraphNode, ValueId, WeightRef } from "../ops/types.ts";
import {
  bounded,
  constantText,
  type Expressions,
  measuredBatch,
  numbersOf,
  sameActivation,
  withoutNothing,
} from "./expressions.ts";
import { AxisLengths, isOpenSize } from "./lengths.ts";
import { isCut } from "../ops/move.ts";
import { fromEnd, isZero } from "./places.ts";
import { simplify } from "./simplify.ts";
import { stepwise } from "./stepwise.ts";
import { callsAsWholes, NONE, type Wholes } from "./wholes.ts";

/** The expression of every value of a graph. */
export class Reading {
  readonly #values = new Map<ValueId, number>();
  readonly #sizes: AxisLengths;
  /** Values that count 0, 1 …: up to which length. */
  readonly #counting = new Map<number, string>();
  /** A number made of a truth value: what it was made of. */
  readonly #truths = new Map<number, number>();
  /** Nodes by what they give, and the least length of vectors that are made ones of length 1. */
  readonly #makers = new Map<number, GraphNode>();
  readonly lengths = new Map<number, number>();
  /** Whether -0 counts for less than 0 somewhere. */
  ordersZeros = false;
  /** Whether whole numbers out of a range are refused somewhere. */
  refusesOthers = false;
  /** Nodes that lower what a mask leaves out, in rows that may keep nothing: the number that is all that is left of it there. */
  readonly lowers = new Map<GraphNode, number>();
  /** Nodes that give zeros for rows of a softmax that keep nothing. */
  readonly zeroes = new Set<GraphNode>();
  /** Without what nothing needs. */
  readonly graph: Graph;
  readonly #calls: ReturnType<typeof callsAsWholes>;
  readonly #expressions: Expressions;
  /** In the order of their first use. */
  readonly weights: WeightRef[] = [];

  constructor(graph: Graph, expressions: Expressions, wholes: Wholes = NONE) {
    const made = new Set(graph.nodes.flatMap(makesOf));
    const called = graph.calls.flatMap((call) => call.outputs);
    this.graph = simplify(
      graph,
      called.filter((id) => made.has(id)),
    );
    this.#expressions = expressions;
    this.#calls = callsAsWholes(this.graph, wholes);
    this.#sizes = new AxisLengths(this.graph, (id) => this.of(id), this.#texts.number);
    this.graph.inputs.forEach((id, i) => this.#set(id, `input ${i}`));
    this.graph.nodes.forEach((node) => this.#read(node));
  }

  readonly #texts = {
    of: (id: ValueId) => this.of(id),
    attrs: (attrs: Attrs) => this.#attrs(attrs),
    number: (text: string) => this.#expressions.number(text),
    value: (id: ValueId) => this.graph.values.get(id)!,
  };

  #set(id: ValueId, text: string): void {
    this.#values.set(id, this.#expressions.number(text));
  }

  of(id: ValueId): number {
    const known = this.#values.get(id);
    if (known !== undefined) return known;
    const from = this.graph.values.get(id)?.from;
    if (from === undefined) this.#set(id, `unknown ${id}`);
    else if ("weight" in from) {
      const [{ name, path }, { shared }] = [from.weight, this.#expressions];
      this.#set(id, shared.has(path) ? `weight of ${path}` : `weight ${this.weights.push(from.weight)} ${name}`);
    } else if ("state" in from) this.#set(id, `state ${from.state}`);
    else this.#set(id, constantText(this.graph.values.get(id)!, from.constant.shape));
    return this.#values.get(id)!;
  }

  #attrs(attrs: Attrs): string {
    const told = this.#expressions.alike ? withoutNothing(attrs) : attrs;
    const sorted = Object.fromEntries(Object.entries(told).sort(([a], [b]) => (a < b ? -1 : 1)));
    return JSON.stringify(sorted, (key, value: unknown) => {
      if (isOpenSize(value)) return this.#sizes.of(value);
      if (key === "ranges") return (value as readonly SliceRange[]).filter(isCut);
      // From the first element on: by its number or by none.
      if (typeof value === "object" && value !== null && "start" in value && "step" in value)
        return value.start === 0 && Number(value.step) > 0 ? { ...value, start: null } : value;
      return key === "fn" && this.#expressions.alike ? sameActivation(value) : value;
    });
  }

  #read(node: GraphNode): void {
    // What is rounded apart Keras rounds as all else: engines of more digits alone are to be told.
    const unrounded = isNode(node, "cast") && node.attrs.rounded === true && this.#expressions.alike ? this.of(node.in.x) : null; // prettier-ignore
    const same = unrounded ?? this.#among(node) ?? this.#once(node) ?? this.#whole(node) ?? this.#narrowed(node) ?? this.#zeroed(node) ?? this.#fromStart(node); // prettier-ignore
    if (same !== null && !this.#calls.has(makesOf(node)[0]!)) return void this.#values.set(makesOf(node)[0]!, same);
    const wide = isNode(node, "cast") ? node.in.x : isNode(node, "gather") ? node.in.indices : null;
    const slots = isNode(node, "add") && this.of(node.in.a) > this.of(node.in.b) ? { a: node.in.b, b: node.in.a } : node.in; // prettier-ignore
    const x = JSON.stringify(mapSlots(slots, (id) => (id === wide ? this.#unwidened(id) : this.of(id))));
    const text =
      this.#choice(node) ??
      this.#ofTruth(node) ??
      this.#count(node) ??
      this.#constantOf(node) ??
      this.#turned(node) ??
      stepwise(node, this.#texts) ??
      this.#cut(node) ??
      this.#reshaped(node) ??
      (this.#expressions.alike ? (this.#perLength(node) ?? this.#placeOf(node) ?? this.#lowered(node)) : null) ??
      `${node.op}${x}${this.#attrs(node.attrs)}${node.body ? this.#body(node.body, node) : ""}`;
    makesOf(node).forEach((id, i) => this.#set(id, this.#asWhole(id) ?? (i === 0 ? text : `${text} output ${i}`)));
    this.#makers.set(this.of(makesOf(node)[0]!), node);
    this.#sizes.measure(node);
    const counted = this.#countedTo(node);
    if (counted !== null) this.#counting.set(this.of(makesOf(node)[0]!), counted);
    const truth = this.#truthOf(node);
    if (truth !== null) this.#truths.set(this.of(makesOf(node)[0]!), truth);
  }

  /** What a call gives that is told by what it reads alone. */
  #asWhole(id: ValueId): string | null {
    const call = this.#calls.get(id);
    if (call === undefined) return null;
    const reads = [...new Set(call.reads.map((read) => this.of(read)))].sort((a, b) => a - b);
    return `call ${call.name} of ${reads.join()}`;
  }

  readonly #maker = (id: ValueId): GraphNode | undefined => this.#makers.get(this.of(id));
  readonly #isZero = (id: ValueId): boolean => isZero(this.graph, id, this.#maker);

  /** Whole numbers in a wider dtype are the same places, and the same numbers once they are cast. */
  #unwidened(id: ValueId): number {
    const cast = this.#maker(id);
    const from = fromEnd(this.graph, this.#expressions.alike ? cast : undefined, this.#maker, (x) => this.of(x));
    if (from !== null)
      return this.#expressions.number(`${this.#unwidened(from.places)} of ${from.length} from the end`);
    const value = this.graph.values.get(id)!;
    if (this.#expressions.alike && value.dtype === "int64" && value.from !== undefined && "constant" in value.from)
      return this.#expressions.number(constantText({ ...value, dtype: "int32" }, value.from.constant.shape));
    if (cast === undefined || !isNode(cast, "cast") || !this.#expressions.alike) return this.of(id);
    const isWidened = this.graph.values.get(cast.in.x)?.dtype === "int32" && cast.attrs.dtype === "int64";
    return this.of(isWidened ? cast.in.x : id);
  }

  /** What was widened, as narrow as before. */
  #narrowed(node: GraphNode): number | null {
    if (!isNode(node, "cast") || node.attrs.dtype !== "int32") return null;
    const before = this.#unwidened(node.in.x);
    return before === this.of(node.in.x) ? null : before;
  }

  /** The truth value that a cast is of, over other numbers or not: 0 and 1 are the same in every dtype. */
  #truthOf(node: GraphNode): number | null {
    if (!isNode(node, "cast")) return null;
    const x = this.of(node.in.x);
    return this.graph.values.get(node.in.x)?.dtype === "bool" ? x : (this.#truths.get(x) ?? null);
  }

  #ofTruth(node: GraphNode): string | null {
    const truth = this.#truthOf(node);
    return truth === null ? null : `cast${JSON.stringify({ x: truth })}${this.#attrs({ dtype: node.attrs.dtype })}`;
  }

  /** How many are true, in numbers of another dtype: the same as counted in these. */
  #count(node: GraphNode): string | null {
    const sum = isNode(node, "cast") ? this.#makers.get(this.#unwidened(node.in.x)) : undefined;
    if (!isNode(node, "cast") || sum === undefined || !isNode(sum, "sum")) return null;
    const truth = this.#truths.get(this.of(sum.in.x));
    if (truth === undefined) return null;
    const ones = this.#expressions.number(
      `cast${JSON.stringify({ x: truth })}${this.#attrs({ dtype: node.attrs.dtype })}`,
    );
    return `sum${JSON.stringify({ x: ones })}${this.#attrs(sum.attrs)}`;
  }

  /** Whole numbers of a constant as floats. */
  #constantOf(node: GraphNode): string | null {
    const x = isNode(node, "cast") && node.attrs.dtype === "float32" ? this.graph.values.get(node.in.x) : undefined;
    if (x?.from === undefined || !("constant" in x.from)) return null;
    return constantText({ ...x, dtype: "float32" }, x.from.constant.shape);
  }

  /** One length follows from the others: it is left out. */
  #reshaped(node: GraphNode): string | null {
    if (!isNode(node, "reshape")) return null;
    const shape = [...node.attrs.shape];
    // Beside the batch's own length, as it is or measured, another follows from the rest of x.
    const [batch, ...rest] = this.graph.values.get(node.in.x)?.shape ?? [];
    const free = shape.map((length, i) => (typeof length === "object" || length === -1 ? i : -1)).filter((i) => i >= 0);
    const own = measuredBatch(shape[0]);
    if (
      batch === null &&
      own !== null &&
      this.#sizes.of({ of: own, axis: 0 }) === this.#sizes.of({ of: node.in.x, axis: 0 }) &&
      free.length === 2 &&
      rest.every((n) => n !== null)
    ) {
      const others = shape.filter((length) => typeof length === "number" && length >= 0) as number[];
      shape[free[1]!] = rest.reduce((a, b) => a * b, 1) / others.reduce((a, b) => a * b, 1);
    }
    const at = shape.findLastIndex((length) => typeof length === "object" || length === -1);
    if (at >= 0) shape[at] = -1;
    return `reshape${JSON.stringify({ x: this.of(node.in.x) })}${this.#attrs({ ...node.attrs, shape })}`;
  }

  /** The length that a value counts to: of 0, 1 … as it is, or summed up from ones. */
  #countedTo(node: GraphNode): string | null {
    if (isNode(node, "iota")) return this.#sizes.of(node.attrs.length);
    const sums = isNode(node, "subtract") ? this.#makers.get(this.of(node.in.a)) : undefined;
    if (!isNode(node, "subtract") || sums === undefined || !isNode(sums, "cumsum") || sums.attrs.reverse) return null;
    const ones = this.#makers.get(this.of(sums.in.x));
    if (ones === undefined || !isNode(ones, "full") || ones.attrs.shape.length !== 1 || ones.attrs.value !== 1)
      return null;
    return numbersOf(this.graph.values.get(node.in.b)!).join() === "1" ? this.#sizes.of(ones.attrs.shape[0]!) : null;
  }

  /** Places of which the negative ones count from the end, where none is. */
  #fromStart(node: GraphNode): number | null {
    if (!isNode(node, "where") || !this.#counting.has(this.of(node.in.b))) return null;
    const isNegative = this.#makers.get(this.of(node.in.condition));
    if (isNegative === undefined || !isNode(isNegative, "less") || !this.#isZero(isNegative.in.b)) return null;
    return this.of(isNegative.in.a) === this.of(node.in.b) ? this.of(node.in.b) : null;
  }

  /** The first elements of an axis, as many as a length says: taken at 0, 1 …, or up to it. */
  #cut(node: GraphNode): string | null {
    const upTo = (x: number, axis: number, stop: string): string => `slice{"x":${x}} of ${axis} up to ${stop}`;
    const count = isNode(node, "gather") ? this.#counting.get(this.#unwidened(node.in.indices)) : undefined;
    if (isNode(node, "gather"))
      return count === undefined ? null : upTo(this.of(node.in.table), node.attrs.axis, count);
    const computed = isNode(node, "slice") ? node.attrs.ranges.filter(({ stop }) => isOpenSize(stop)) : [];
    if (!isNode(node, "slice") || computed.length === 0) return null;
    if (computed.some(({ start, step }) => (start ?? 0) !== 0 || step !== 1)) return null;
    const others = node.attrs.ranges.filter((range) => isCut(range) && !computed.includes(range));
    const x = this.of(node.in.x);
    const first = others.length === 0 ? x : this.#expressions.number(`slice${JSON.stringify({ x })}${this.#attrs({ ranges: others })}`); // prettier-ignore
    const texts = computed.map(({ axis, stop }) => [axis, this.#sizes.upTo(stop!, { of: node.in.x, axis })] as const);
    return texts.reduce(
      (text, [axis, stop], i) => upTo(i === 0 ? first : this.#expressions.number(text), axis, stop),
      "",
    );
  }

  /** A product of transposed matrices is one of matrices that have been transposed. */
  #turned(node: GraphNode): string | null {
    if (!isNode(node, "matmul")) return null;
    const { transposeA, transposeB } = node.attrs;
    const side = (id: ValueId, turned: boolean): number => {
      const rank = this.graph.values.get(id)?.shape?.length ?? 0;
      if (!turned || rank < 2) return this.of(id);
      const perm = Array.from({ length: rank }, (_, k) => (k < rank - 2 ? k : 2 * rank - 3 - k));
      return this.#expressions.number(`transpose${JSON.stringify({ x: this.of(id) })}${this.#attrs({ perm })}`);
    };
    const operands = { a: side(node.in.a, transposeA), b: side(node.in.b, transposeB) };
    return `matmul${JSON.stringify(operands)}${this.#attrs({ transposeA: false, transposeB: false })}`;
  }

  /** A product with a truth value is a choice between the value and zero: they differ only where it is not finite. */
  #choice(node: GraphNode): string | null {
    if (!isNode(node, "multiply")) return null;
    const x = [this.of(node.in.a), this.of(node.in.b)];
    const truth = x.findIndex((number) => this.#truths.has(number));
    if (truth < 0) return null;
    const zero = this.#expressions.number("constant : 0");
    const operands = { condition: this.#truths.get(x[truth]!)!, a: x[1 - truth]!, b: zero };
    return `where${JSON.stringify(operands)}${this.#attrs({})}`;
  }

  /** The place of the largest or least element, whether zeros are told apart before or not. */
  #placeOf(node: GraphNode): string | null {
    if (!isNode(node, "argmax") && !isNode(node, "argmin")) return null;
    const apart = this.#makers.get(this.of(node.in.x));
    const isNull = apart && isNode(apart, "where") ? this.#makers.get(this.of(apart.in.condition)) : undefined;
    if (apart === undefined || !isNode(apart, "where") || isNull === undefined || !isNode(isNull, "equal")) return null;
    if (this.of(isNull.in.a) !== this.of(apart.in.b)) return null;
    const told = this.#makers.get(this.of(apart.in.a));
    const least = told && isNode(told, "where") ? numbersOf(this.graph.values.get(told.in.a)!) : [];
    if (!this.#isZero(isNull.in.b) || least.length !== 1 || Math.abs(least[0]!) > 1e-30) return null;
    if (told === undefined || !isNode(told, "where") || this.of(told.in.b) !== this.of(apart.in.b)) return null;
    this.ordersZeros = true;
    return `${node.op}${JSON.stringify({ x: this.of(apart.in.b) })}${this.#attrs(node.attrs)}`;
  }

  /** What the value is made by, new axes aside. */
  #makerOf(id: ValueId): GraphNode | undefined {
    const maker = this.#makers.get(this.of(id));
    return maker !== undefined && isNode(maker, "expandDims") ? this.#makerOf(maker.in.x) : maker;
  }

  /** Whether it is true where a row is no less than a column, so that each row keeps some. */
  #isCausal(id: ValueId): boolean {
    const mask = this.#makerOf(id);
    if (mask === undefined || !isNode(mask, "greaterEqual")) return false;
    const ends = [mask.in.a, mask.in.b];
    // Rows count along the last axis but one: the other way round, with fewer values than queries, a row may keep none.
    const [rows, columns] = ends.map((end) => this.graph.values.get(end)!.shape);
    const isFull = rows?.at(-1) === 1 && columns?.slice(0, -1).every((n) => n === 1) === true;
    return isFull && ends.every((end) => this.#makerOf(end)?.op === "iota");
  }

  /**
   * Numbers that a mask lowers or overwrites: the same for a softmax where its row keeps some that are finite. Where it
   * keeps none, what is lowered by 1e9 in float32 is -1e9 itself unless it is beyond 32.
   */
  #lowered(node: GraphNode): string | null {
    if (!isNode(node, "where")) return null;
    const rounded = this.#makers.get(this.of(node.in.b));
    const less = rounded && isNode(rounded, "cast") ? this.#makers.get(this.of(rounded.in.x)) : rounded;
    if (less === undefined || !isNode(less, "subtract") || this.of(less.in.a) !== this.of(node.in.a)) return null;
    const large = numbersOf(this.graph.values.get(less.in.b)!);
    const isCausal = this.#isCausal(node.in.condition);
    // Of halves it is the largest that there is.
    if (large.length !== 1 || (isCausal ? large[0]! < 65_000 : large[0] !== 1e9)) return null;
    if (!isCausal) this.lowers.set(node, -large[0]!);
    const b = this.#expressions.number(`constant : ${-large[0]!}`);
    return `where${JSON.stringify({ condition: this.of(node.in.condition), a: this.of(node.in.a), b })}${this.#attrs({})}`;
  }

  /** A softmax of what a mask keeps, zero where it keeps nothing: as it is, where the row keeps some. */
  #zeroed(node: GraphNode): number | null {
    if (!this.#expressions.alike || !isNode(node, "where")) return null;
    if (numbersOf(this.graph.values.get(node.in.b)!).join() !== "0") return null;
    const maker = this.#makers.get(this.of(node.in.a));
    const kept = maker && isNode(maker, "softmax") ? this.#makers.get(this.of(maker.in.x)) : undefined;
    if (kept === undefined || !isNode(kept, "where") || this.of(kept.in.condition) !== this.of(node.in.condition)) return null; // prettier-ignore
    this.zeroes.add(node);
    return this.of(node.in.a);
  }

  /** What is joined with itself, as masks of one tensor are that come along several ways: itself. */
  #once(node: GraphNode): number | null {
    if (!isNode(node, "logicalAnd") && !isNode(node, "logicalOr")) return null;
    const [a, b] = [this.of(node.in.a), this.of(node.in.b)];
    return a === b ? a : null;
  }

  /** A slice of all there is. */
  #whole(node: GraphNode): number | null {
    return isNode(node, "slice") && !node.attrs.ranges.some(isCut) ? this.of(node.in.x) : null;
  }

  /** A whole number that is looked up among 0, 1 …: what it is itself, as others are refused. */
  #among(node: GraphNode): number | null {
    if (!isNode(node, "gather") || this.#makers.get(this.of(node.in.table))?.op !== "iota") return null;
    const [from, to] = [node.in.indices, node.out.y].map((id) => this.graph.values.get(id)?.dtype);
    if (from !== to || !this.#expressions.alike) return null;
    this.refusesOthers = true;
    return this.of(node.in.indices);
  }

  /** 1/‖x‖ with a least length, under the root or outside of it: they differ for vectors that are shorter. */
  #perLength(node: GraphNode): string | null {
    const makerOf = this.#maker;
    let squares: ValueId;
    let least: number;
    if (isNode(node, "rsqrt")) {
      const under = makerOf(node.in.x);
      const limit = under && isNode(under, "maximum") ? bounded(this.graph, under.in.a, under.in.b) : null;
      if (limit === null) return null;
      [squares, least] = [limit.of, Math.sqrt(limit.bound)];
    } else {
      const limit = isNode(node, "minimum") ? bounded(this.graph, node.in.a, node.in.b) : null;
      const root = limit === null ? undefined : makerOf(limit.of);
      if (limit === null || root === undefined || !isNode(root, "rsqrt")) return null;
      [squares, least] = [root.in.x, 1 / limit.bound];
    }
    const text = `1/length of ${this.of(squares)}`;
    this.lengths.set(this.#expressions.number(text), least);
    return text;
  }

  #body(body: Graph, loop: GraphNode): string {
    const outer = readsOf(loop).map((id) => this.of(id));
    for (const { outer: id, inner } of body.captures) this.#values.set(inner, this.of(id));
    body.inputs.forEach((id, i) => this.#set(id, `step input ${i} of ${outer.join()}`));
    body.nodes.forEach((node) => this.#read(node));
    return `{${body.outputs.map((id) => this.of(id)).join()}}`;
  }

  outputs(): string {
    return [...this.graph.outputs, ...this.graph.states.map((state) => state.write)].map((id) => this.of(id)).join();
  }

  calls(): readonly { readonly path: string; readonly key: string; readonly outputs: string }[] {
    return this.graph.calls.map(({ path, index, outputs }) => ({
      path,
      key: `${path}#${index}`,
      outputs: outputs.map((id) => this.of(id)).join(),
    }));
  }
}
