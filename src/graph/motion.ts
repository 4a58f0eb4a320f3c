/**
 * Takes out of loops what no step changes, and products of a sequence's slices with such a value: one product of all steps.
 * What a gradient goes through is then outside too.
 */
import { mapSlots, makesOf, isNode, readsOf, zipSlots } from "../ops/slots.ts";
import type { Slots } from "../ops/signatures.ts";
import type { Graph, GraphNode, NodeOf, Sym, ValueId } from "../ops/types.ts";
import { GraphBuilder, remapSizes } from "./builder.ts";
import { measured } from "./simplify.ts";

class Motion {
  readonly builder: GraphBuilder;
  readonly #map = new Map<ValueId, Sym>();

  constructor(graph: Graph) {
    this.builder = new GraphBuilder(graph);
  }

  at(id: ValueId): Sym {
    return this.#map.get(id) ?? this.builder.sym(id);
  }

  nodes(nodes: readonly GraphNode[]): void {
    for (const node of nodes) {
      const before = this.builder.call;
      this.builder.call = node.call;
      const out: Slots<Sym> = isNode(node, "scan") ? this.#loop(node) : this.#emit(node);
      this.builder.call = before;
      zipSlots(node.out, out, (id, sym) => this.#map.set(id, sym));
    }
  }

  #emit({ op, in: x, attrs }: GraphNode): Slots<Sym> {
    return this.builder.emitAny(
      op,
      mapSlots(x, (id) => this.at(id)),
      remapSizes(attrs, (id) => this.at(id).id),
    );
  }

  /** The product of all slices of a sequence, where the node is one of a slice; else undefined. */
  #ofAll(
    node: GraphNode,
    axis: number,
    sequences: ReadonlyMap<ValueId, Sym>,
    isInside: (id: ValueId) => boolean,
  ): Sym | undefined {
    const { builder } = this;
    if (isNode(node, "cast")) {
      const x = sequences.get(node.in.x);
      return x && builder.emit("cast", { x }, node.attrs).y;
    }
    if (isNode(node, "matmul")) {
      const a = sequences.get(node.in.a);
      if (a === undefined || isInside(node.in.b) || node.attrs.transposeA) return undefined;
      const b = this.at(node.in.b);
      return b.shape.length === 2 && axis < a.shape.length - 1
        ? builder.emit("matmul", { a, b }, node.attrs).y
        : undefined;
    }
    if (!isNode(node, "conv") || axis > 1) return undefined;
    const x = sequences.get(node.in.x);
    const { kernel, bias } = node.in;
    if (x === undefined || isInside(kernel) || (bias !== null && isInside(bias))) return undefined;
    const rest = (s: Sym, from: number) => s.shape.slice(from).map((_, i) => builder.size(s, from + i));
    const flat = builder.op.reshape(x, [-1, ...rest(x, 2)]);
    const y = builder.emit(
      "conv",
      { x: flat, kernel: this.at(kernel), bias: bias === null ? null : this.at(bias) },
      node.attrs,
    ).y;
    return builder.op.reshape(y, [builder.size(x, 0), builder.size(x, 1), ...rest(y, 1)]);
  }

  #loop(node: NodeOf<"scan">): Slots<Sym> {
    const body = node.body!;
    const { axis } = node.attrs;
    const at = (id: ValueId): Sym => this.at(id);
    const [init, xs, captured] = [node.in.init.map(at), node.in.xs.map(at), node.in.captured.map(at)];
    body.captures.forEach(({ inner }, i) => this.#map.set(inner, captured[i]!));
    const sequences = new Map(xs.map((x, i) => [body.inputs[init.length + i]!, x]));
    const inside = new Set(body.inputs);
    const isInside = (id: ValueId): boolean => inside.has(id);
    const left: GraphNode[] = [];
    for (const one of body.nodes) {
      if (one.body === undefined && ![...readsOf(one), ...measured(one)].some(isInside)) {
        this.nodes([one]);
        continue;
      }
      for (const id of makesOf(one)) inside.add(id);
      const before = this.builder.call;
      this.builder.call = one.call;
      const all = measured(one).some(isInside) ? undefined : this.#ofAll(one, axis, sequences, isInside);
      this.builder.call = before;
      if (all === undefined) left.push(one);
      else sequences.set(makesOf(one)[0]!, all);
    }
    const read = new Set([...left.flatMap((one) => [...readsOf(one), ...within(one)]), ...body.outputs]);
    const used = [...sequences].filter(
      ([id], i) => read.has(id) || (i === 0 && ![...sequences.keys()].some((k) => read.has(k))),
    );
    const made = this.builder.scan(
      init,
      used.map(([, sequence]) => sequence),
      (carry, slices) => {
        carry.forEach((s, i) => this.#map.set(body.inputs[i]!, s));
        used.forEach(([id], i) => this.#map.set(id, slices[i]!));
        this.nodes(left);
        const out = body.outputs.map(at);
        return { carry: out.slice(0, init.length), ys: out.slice(init.length) };
      },
      { axis },
    );
    return { carries: made.carry, ys: made.ys };
  }

  finish(graph: Graph): Graph {
    const at = (id: ValueId): ValueId => this.at(id).id;
    return {
      ...this.builder.finish(graph.outputs.map((id) => this.at(id))),
      inputs: graph.inputs,
      states: graph.states.map((state) => ({
        ...state,
        shape: state.shape.map((size) => remapSizes({ size }, at)["size"] as typeof size),
        write: at(state.write),
      })),
      calls: graph.calls,
    };
  }
}

/** Values that a node's attributes and the nodes of its bodies name. */
function within(node: GraphNode): readonly ValueId[] {
  return [
    ...measured(node),
    ...(node.body?.nodes.flatMap((one) => [...readsOf(one), ...within(one)]) ?? []),
    ...(node.body?.outputs ?? []),
  ];
}

/** The same graph, of operations that are no composites, with loops that do only what each step does anew. */
export function moveOut(graph: Graph): Graph {
  const motion = new Motion(graph);
  motion.nodes(graph.nodes);
  return motion.finish(graph);
}
