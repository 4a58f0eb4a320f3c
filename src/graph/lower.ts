/** Spells out composites that a backend does not take, in bodies too. */
import type { DType } from "../core/dtype.ts";
import { makeOps, type Ops } from "../ops/builder.ts";
import { getOp } from "../ops/index.ts";
import type { Attrs, Graph, GraphNode, OpContext, Size, Sym, Value, ValueId } from "../ops/types.ts";
import { loopInputs } from "./bodies.ts";
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
      emit: (op, x, attrs, body) => this.#emit(op, x, attrs ?? {}, body),
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

  /** Emits a body's nodes here, lowered; `x` replaces its inputs, then its captures. */
  inline(body: Graph, x: readonly Sym[]): readonly Sym[] {
    body.inputs.forEach((id, i) => this.map.set(id, x[i]!));
    body.captures.forEach(({ outer, inner }, i) => this.map.set(inner, x[body.inputs.length + i] ?? this.at(outer)));
    return this.nodes(body);
  }

  /** The new value in place of an old one. */
  at(id: ValueId): Sym {
    const known = this.map.get(id);
    if (known !== undefined) return known;
    const value = this.#builder.values.get(id)!;
    return { id, shape: value.shape ?? [], dtype: value.dtype };
  }

  nodes(graph: Graph): readonly Sym[] {
    for (const node of graph.nodes) {
      const before = this.#builder.call;
      this.#builder.call = node.call;
      const attrs = remapSizes(node.attrs, (id) => this.at(id).id);
      const out = this.#emit(
        node.op,
        node.in.map((id) => this.at(id)),
        attrs,
        node.body,
      );
      this.#builder.call = before;
      node.out.forEach((id, i) => this.map.set(id, out[i]!));
    }
    return graph.outputs.map((id) => this.at(id));
  }

  #emit(name: string, x: readonly Sym[], attrs: Attrs, body?: Graph): readonly Sym[] {
    const op = getOp(name);
    const node: GraphNode = {
      op: name,
      in: x.map((s) => s.id),
      out: [],
      attrs,
      call: this.#builder.call,
      ...(body && { body }),
    };
    const isKept = this.#isWhole || op.kind === "primitive" || this.#takes(node, this.#builder.values);
    if (!isKept && op.kind === "composite") return op.expand(this, x, attrs, body);
    return body === undefined ? this.#builder.emit(name, x, attrs) : this.#loop(node, x, body);
  }

  /** Traces the body anew, since its nodes may be spelt out. */
  #loop(node: GraphNode, x: readonly Sym[], body: Graph): readonly Sym[] {
    const { axis, init, sequences, captured } = loopInputs(node, x);
    if (node.op === "scan") {
      const step = (carry: readonly Sym[], slices: readonly Sym[]): ScanResult => {
        const out = this.inline(body, [...carry, ...slices, ...captured]);
        return { carry: out.slice(0, init.length), ys: out.slice(init.length) };
      };
      const { carry, ys } = this.#builder.scan(init, sequences, step, { axis });
      return [...carry, ...ys];
    }
    const { goBackwards, zeroOutputForMask, masked } = node.attrs;
    const attrs = {
      axis: axis === 0 ? 0 : 1,
      goBackwards: goBackwards === true,
      zeroOutputForMask: zeroOutputForMask === true,
      masked: masked === true,
    } as const;
    const { sequence, last, states } = this.#builder.rnn(sequences, init, attrs, (xt, old) => {
      const before = this.#isWhole;
      this.#isWhole = true;
      const [y, ...next] = this.inline(body, [xt, ...old, ...captured]);
      this.#isWhole = before;
      return { y: y!, states: next };
    });
    return [sequence, last, ...states];
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
