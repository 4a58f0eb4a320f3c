/** Spells out composites that a backend does not take, in bodies too. */
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { makeOps, type OpContext, type Ops } from "../ops/builder.ts";
import { ruleOf } from "../ops/index.ts";
import type { In, OpName, Out, Slots } from "../ops/signatures.ts";
import { isNode, mapSlots, zipSlots } from "../ops/slots.ts";
import type { Attrs, Graph, GraphNode, Size, Sym, Value, ValueId } from "../ops/types.ts";
import { GraphBuilder, remapSizes, type ScanResult } from "./builder.ts";

/** Whether a backend runs a composite node itself, with its body as it is; `values` tells the shapes and dtypes of its inputs. */
export type Takes = (node: GraphNode, values: ReadonlyMap<ValueId, Value>) => boolean;

/** Emits through a builder, a composite as its expansion. */
class Lowering implements OpContext {
  readonly op: Ops;
  /** Old value → new, for all values that have been emitted. */
  readonly map = new Map<ValueId, Sym>();
  readonly #builder: GraphBuilder;
  readonly #takes: Takes;
  /** Whether nodes belong to the body of a node that is run whole: they stay as they are. */
  #isWhole = false;

  constructor(graph: Graph, takes: Takes) {
    this.#builder = new GraphBuilder(graph);
    this.#takes = takes;
    this.op = makeOps({
      emit: <N extends OpName>(op: N, x: In<N, Sym>, attrs: object, body?: Graph) =>
        this.#emit(op, x, attrs as Attrs, body) as Out<N, Sym>,
      constant: (values, shape, dtype: DType) => this.#builder.op.array(values, shape, dtype),
    });
  }

  size(x: Sym, axis: number): Size {
    return this.#builder.size(x, axis);
  }

  scan(
    init: readonly Sym[],
    xs: readonly Sym[],
    step: (carry: readonly Sym[], x: readonly Sym[]) => ScanResult,
    options?: { axis?: number },
  ): ScanResult {
    return this.#builder.scan(init, xs, step, options);
  }

  /** Emits a body's nodes here, lowered; `x` replaces its inputs, `captured` its captures. */
  inline(body: Graph, x: readonly Sym[], captured: readonly Sym[]): readonly Sym[] {
    body.inputs.forEach((id, i) => this.map.set(id, x[i]!));
    body.captures.forEach(({ inner }, i) => this.map.set(inner, captured[i]!));
    return this.nodes(body);
  }

  /** The new value in place of an old one. */
  at(id: ValueId): Sym {
    const known = this.map.get(id);
    if (known !== undefined) return known;
    return this.#builder.sym(id);
  }

  nodes(graph: Graph): readonly Sym[] {
    for (const node of graph.nodes) {
      const before = this.#builder.call;
      this.#builder.call = node.call;
      const attrs = remapSizes(node.attrs, (id) => this.at(id).id);
      const x = mapSlots(node.in, (id) => this.at(id));
      const out = this.#emit(node.op, x, attrs, node.body);
      this.#builder.call = before;
      zipSlots(node.out, out, (id, sym) => this.map.set(id, sym));
    }
    return graph.outputs.map((id) => this.at(id));
  }

  #emit(op: OpName, x: Slots<Sym>, attrs: Attrs, body?: Graph): Slots<Sym> {
    const rule = ruleOf(op);
    const node: GraphNode = {
      op,
      in: mapSlots(x, (s) => s.id),
      out: {},
      attrs,
      call: this.#builder.call,
      ...(body && { body }),
    };
    const isKept = this.#isWhole || rule.kind === "primitive" || this.#takes(node, this.#builder.values);
    if (!isKept && rule.kind === "composite") return rule.expand(this, x, attrs, body);
    return body === undefined ? this.#builder.emitAny(op, x, attrs) : this.#loop(node, body);
  }

  /** Traces the body anew, since its nodes may be spelt out. */
  #loop(node: GraphNode, body: Graph): Slots<Sym> {
    const at = (id: ValueId): Sym => this.#builder.sym(id);
    if (isNode(node, "scan")) {
      const captured = node.in.captured.map(at);
      const init = node.in.init.map(at);
      const step = (carry: readonly Sym[], slices: readonly Sym[]): ScanResult => {
        const out = this.inline(body, [...carry, ...slices], captured);
        return { carry: out.slice(0, init.length), ys: out.slice(init.length) };
      };
      const { carry, ys } = this.#builder.scan(init, node.in.xs.map(at), step, node.attrs);
      return { carries: carry, ys };
    }
    if (!isNode(node, "rnn")) return fail("internal/graph", { path: node.op, message: "an operation without a body" });
    const captured = node.in.captured.map(at);
    const mask = node.in.mask === null ? null : at(node.in.mask);
    return this.#builder.rnn({ x: at(node.in.x), mask, states: node.in.states.map(at) }, node.attrs, (xt, old) => {
      const before = this.#isWhole;
      this.#isWhole = true;
      const [y, ...next] = this.inline(body, [xt, ...old], captured);
      this.#isWhole = before;
      return { y: y!, states: next };
    });
  }

  finish(graph: Graph): Graph {
    const outputs = this.nodes(graph);
    const at = (id: ValueId): ValueId => this.at(id).id;
    return {
      ...this.#builder.finish(outputs),
      inputs: graph.inputs,
      states: graph.states.map((state) => ({
        ...state,
        shape: state.shape.map((size) => remapSize(size, at)),
        write: at(state.write),
      })),
      calls: graph.calls.map((call) => ({ ...call, outputs: call.outputs.map(at) })),
    };
  }
}

function remapSize(size: Size, at: (id: ValueId) => ValueId): Size {
  return typeof size === "number" ? size : (remapSizes({ size }, at)["size"] as Size);
}

/** Graph with old values' successors. */
export interface Lowered {
  readonly graph: Graph;
  /** The value that stands for a value of the given graph. */
  at(id: ValueId): ValueId;
}

/** As `lower`, and where the values of the given graph are now. */
export function lowerMapped(graph: Graph, takes: Takes): Lowered {
  const lowering = new Lowering(graph, takes);
  return { graph: lowering.finish(graph), at: (id) => lowering.at(id).id };
}

/** The same graph with every composite that `takes` declines spelt out in primitives and loops. */
export function lower(graph: Graph, takes: Takes): Graph {
  return lowerMapped(graph, takes).graph;
}
