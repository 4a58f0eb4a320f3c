/** Runs the nodes of a resolved, lowered graph in order, in float64, and lets go of values after their last use. */
import type { DType } from "../../core/dtype.ts";
import { atMost, fail, located } from "../../core/error.ts";
import { sizeOf } from "../../core/tensor.ts";
import type { In, Out, Slots } from "../../ops/signatures.ts";
import { isNode, makesOf, mapSlots, readsOf, zipSlots } from "../../ops/slots.ts";
import type { Graph, GraphNode, Nd, NodeOf, ValueId } from "../../ops/types.ts";
import { settle } from "../values.ts";
import { arithmeticOf } from "./arithmetic/index.ts";

export type ValueScope = Map<ValueId, Nd>;

/** For each node, the values that nobody reads after it. */
function lastUses(graph: Graph, keep: readonly ValueId[]): ValueId[][] {
  const kept = new Set<ValueId>([...graph.outputs, ...keep, ...graph.states.map((state) => state.write)]);
  const last = new Map<ValueId, number>();
  graph.nodes.forEach((node, i) => {
    for (const id of [...makesOf(node), ...readsOf(node)]) last.set(id, i);
  });
  const uses: ValueId[][] = graph.nodes.map(() => []);
  for (const [id, i] of last) if (!kept.has(id)) uses[i]!.push(id);
  return uses;
}

/** Evaluates graphs, bodies of loops among them. Throws `limit/run-bytes`. */
export class Evaluator {
  readonly #limit: number;
  readonly #fixed: ReadonlyMap<ValueId, Nd>;
  readonly #plans = new WeakMap<Graph, ValueId[][]>();
  readonly #owned = new Set<Nd>();
  #bytes = 0;

  /** `fixed`: weights and constants. `limit`: bytes that the values of a run may take up at any moment. */
  constructor(fixed: ReadonlyMap<ValueId, Nd>, limit: number) {
    this.#fixed = fixed;
    this.#limit = limit;
  }

  /** Forgets what an earlier run left behind: its outputs, or all of it when it failed. */
  start(): void {
    this.#owned.clear();
    this.#bytes = 0;
  }

  #fits(bytes: number): void {
    atMost("limit/run-bytes", bytes, this.#limit, "bytes of intermediate values", { source: "reference" });
  }

  /** Refuses a graph whose values outside of loops are too large, before anything is computed. */
  expect(graph: Graph, keep: readonly ValueId[]): void {
    const bytesOf = (id: ValueId): number => 8 * sizeOf(graph.values.get(id)!.shape as readonly number[]);
    const made = new Set<ValueId>();
    let held = 0;
    lastUses(graph, keep).forEach((dying, i) => {
      for (const id of makesOf(graph.nodes[i]!)) {
        made.add(id);
        held += bytesOf(id);
      }
      this.#fits(held);
      for (const id of dying) if (made.has(id)) held -= bytesOf(id);
    });
  }

  #allocate(shape: readonly number[]): Nd {
    const size = sizeOf(shape);
    this.#fits(this.#bytes + 8 * size);
    const value = { shape, data: new Float64Array(size) };
    this.#owned.add(value);
    this.#bytes += 8 * size;
    return value;
  }

  #release(value: Nd): void {
    if (this.#owned.delete(value)) this.#bytes -= 8 * value.data.length;
  }

  #read(scope: ValueScope, id: ValueId): Nd {
    return scope.get(id) ?? this.#fixed.get(id) ?? fail("internal/graph", { message: `value ${id} has no value` });
  }

  /** Runs node `index`; `keep` are values wanted beside the graph's outputs. */
  step(graph: Graph, index: number, scope: ValueScope, keep: readonly ValueId[] = []): void {
    const node = graph.nodes[index]!;
    const out = mapSlots(node.out, (id) => this.#allocate(graph.values.get(id)!.shape as readonly number[]));
    const x = mapSlots(node.in, (id) => this.#read(scope, id));
    if (isNode(node, "scan")) this.#scan(node, x as In<"scan", Nd>, out as Out<"scan", Nd>);
    else this.#primitive(graph, node, x, out);
    zipSlots(node.out, out, (id, value) => scope.set(id, value));
    let plan = this.#plans.get(graph);
    if (plan === undefined) this.#plans.set(graph, (plan = lastUses(graph, keep)));
    for (const id of plan[index]!) {
      const value = scope.get(id);
      if (value === undefined) continue;
      this.#release(value);
      scope.delete(id);
    }
  }

  /** The values of `ids` once all nodes have run. */
  collect(scope: ValueScope, ids: readonly ValueId[]): Nd[] {
    return ids.map((id) => this.#read(scope, id));
  }

  #primitive(graph: Graph, node: GraphNode, x: Slots<Nd>, out: Slots<Nd>): void {
    const run = arithmeticOf(node.op) ?? fail("internal/graph", { path: node.op, message: "not spelt out" });
    const dtypeOf = (id: ValueId): DType => graph.values.get(id)!.dtype;
    const [dtypes, from] = [mapSlots(node.out, dtypeOf), mapSlots(node.in, dtypeOf)];
    const path = graph.calls[node.call]?.path;
    located({ ...(path !== undefined && { pathPrefix: path }) }, () => run(x, node.attrs, out, dtypes, from));
    zipSlots(out, dtypes, ({ data }, dtype) => settle(data, dtype));
  }

  #scan(node: NodeOf<"scan">, { init, xs, captured }: In<"scan", Nd>, { carries, ys }: Out<"scan", Nd>): void {
    const { axis } = node.attrs;
    const body = node.body!;
    const steps = xs[0]!.shape[axis]!;
    const initial = new Set(init);
    let carry: readonly Nd[] = init;
    for (let t = 0; t < steps; t++) {
      const scope: ValueScope = new Map();
      body.captures.forEach(({ inner }, i) => scope.set(inner, captured[i]!));
      const slices = xs.map((sequence) => sliceAt(sequence, axis, t));
      [...carry, ...slices].forEach((value, i) => scope.set(body.inputs[i]!, value));
      for (let i = 0; i < body.nodes.length; i++) this.step(body, i, scope);
      const made = this.collect(scope, body.outputs);
      const next = made.slice(0, init.length);
      made.slice(init.length).forEach((y, i) => {
        placeAt(ys[i]!, axis, t, y);
        if (!next.includes(y)) this.#release(y);
      });
      for (const old of carry) if (!initial.has(old) && !next.includes(old)) this.#release(old);
      carry = next;
    }
    carry.forEach((value, i) => {
      carries[i]!.data.set(value.data);
      if (!initial.has(value)) this.#release(value);
    });
  }
}

function around(shape: readonly number[], axis: number): { outer: number; length: number; inner: number } {
  const product = (part: readonly number[]) => part.reduce((a, b) => a * b, 1);
  return { outer: product(shape.slice(0, axis)), length: shape[axis]!, inner: product(shape.slice(axis + 1)) };
}

/** Element t of an axis, which goes away. */
function sliceAt(x: Nd, axis: number, t: number): Nd {
  const { outer, length, inner } = around(x.shape, axis);
  const shape = x.shape.filter((_, i) => i !== axis);
  if (outer === 1) return { shape, data: x.data.subarray(t * inner, (t + 1) * inner) };
  const data = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    const from = (o * length + t) * inner;
    data.set(x.data.subarray(from, from + inner), o * inner);
  }
  return { shape, data };
}

/** The inverse of `sliceAt`. */
function placeAt(out: Nd, axis: number, t: number, y: Nd): void {
  const { outer, length, inner } = around(out.shape, axis);
  for (let o = 0; o < outer; o++) out.data.set(y.data.subarray(o * inner, (o + 1) * inner), (o * length + t) * inner);
}
