/**
 * Reverse mode over a graph: the same graph with the gradients of one of its values. Each node's gradients are one `late`
 * operation, spelt out when lengths are known (src/ops/gradients); loops run forward with their carries kept, and back
 * over these, doing each step again.
 */
import { isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import type { OpContext } from "../ops/builder.ts";
import type { Differentiated } from "../ops/gradients/define.ts";
import type { PrimitiveName, Slots } from "../ops/signatures.ts";
import { flatSlots, isNode, mapSlots, readsOf, zipSlots } from "../ops/slots.ts";
import type { Attrs, Graph, GraphNode, NodeOf, Sym, ValueId } from "../ops/types.ts";
import { gradientOf, type AllSteps, ofAllSteps, type Waiting, waits } from "./all-steps.ts";
import { GraphBuilder, remapSizes } from "./builder.ts";
import { lower } from "./lower.ts";
import { moveOut } from "./motion.ts";

/** A node that has been emitted. */
interface GradientEntry {
  readonly node: GraphNode;
  readonly attrs: Attrs;
  readonly x: Slots<Sym>;
  readonly out: Slots<Sym>;
  /** Of a loop: its carries before each step, as sequences; what else of its steps is kept, by value; what its body reads beside its inputs. */
  readonly loop?: {
    readonly kept: readonly Sym[];
    readonly made: ReadonlyMap<ValueId, Sym>;
    readonly outer: readonly Sym[];
  };
}

/** What taking rows of a value adds to its gradient: to those at `indices`, a row for each that was taken. */
export interface Rows {
  readonly indices: Sym;
  readonly values: Sym;
}

/** What is costly to do again. */
const COSTLY: ReadonlySet<string> = new Set(["matmul", "conv", "convTranspose", "tanh", "sigmoid", "exp"]);

/** Gradients by value. */
type Found = Map<ValueId, Sym>;

const flows = ({ dtype }: Sym): boolean => isFloat(dtype);

/** Gives what stands at places of the slots their successors, in order. */
function refill(slots: Slots<number>, values: readonly Sym[]): Slots<Sym> {
  return mapSlots(slots, (i) => values[i]!);
}

/** What stays a composite in a graph that is differentiated: nothing flows through it. */
export const isStop = (node: GraphNode): boolean => node.op === "stopGradient";

/** Goes through a graph forwards, then back. */
export class Differentiation {
  readonly builder: GraphBuilder;
  readonly #map = new Map<ValueId, Sym>();
  readonly #entries: GradientEntry[] = [];
  readonly #graph: Graph;
  /** Of the values asked for, what each use adds: rows, or null for all of it. */
  readonly #uses = new Map<ValueId, (Rows | null)[]>();

  /** `stead`: values that take the places of others, weights of states for instance. The graph has no composites but `isStop`. */
  constructor(graph: Graph, builder: GraphBuilder, stead: ReadonlyMap<ValueId, Sym>) {
    this.#graph = graph;
    this.builder = builder;
    for (const [id, sym] of stead) this.#map.set(id, sym);
    this.#emit(graph.nodes, this.#entries, true);
  }

  /** The value in place of one of the graph. */
  at(id: ValueId): Sym {
    return this.#map.get(id) ?? this.builder.sym(id);
  }

  #emit(
    nodes: readonly GraphNode[],
    entries: GradientEntry[],
    keeps: boolean,
    known?: ReadonlyMap<ValueId, Sym>,
  ): void {
    const { builder } = this;
    for (const node of nodes) {
      const before = builder.call;
      builder.call = node.call;
      const attrs = remapSizes(node.attrs, (id) => this.at(id).id);
      const x = mapSlots(node.in, (id) => this.at(id));
      if (isNode(node, "scan")) entries.push(this.#loop(node, keeps));
      else {
        const y = known?.get(node.out["y"] as ValueId);
        entries.push({ node, attrs, x, out: y === undefined ? builder.emitAny(node.op, x, attrs) : { y } });
      }
      builder.call = before;
      zipSlots(node.out, entries.at(-1)!.out, (id, sym) => this.#map.set(id, sym));
    }
  }

  /** Emits a body's nodes; gives its outputs. `keeps`: loops inside keep their carries. `known`: what need not be made. */
  #step(
    body: Graph,
    x: readonly Sym[],
    captured: readonly Sym[],
    entries: GradientEntry[],
    keeps: boolean,
    known?: ReadonlyMap<ValueId, Sym>,
  ): readonly Sym[] {
    body.inputs.forEach((id, i) => this.#map.set(id, x[i]!));
    body.captures.forEach(({ inner }, i) => this.#map.set(inner, captured[i]!));
    this.#emit(body.nodes, entries, keeps, known);
    return body.outputs.map((id) => this.at(id));
  }

  #loop(node: NodeOf<"scan">, keeps: boolean): GradientEntry {
    const body = node.body!;
    const { axis } = node.attrs;
    const [init, xs, captured] = [node.in.init, node.in.xs, node.in.captured].map((ids) =>
      ids.map((id) => this.at(id)),
    ) as [Sym[], Sym[], Sym[]];
    const n = init.length;
    const costly = keeps ? body.nodes.flatMap(({ op, out }) => (COSTLY.has(op) ? [out["y"] as ValueId] : [])) : [];
    let stacked = 0;
    const made = this.builder.scan(
      init,
      xs,
      (carry, slices) => {
        const out = this.#step(body, [...carry, ...slices], captured, [], false);
        stacked = out.length - n;
        const all = keeps ? [...carry, ...costly.map((id) => this.at(id))] : [];
        const kept = all.map((s) => this.#raised(s, axis));
        return { carry: out.slice(0, n), ys: [...out.slice(n), ...kept] };
      },
      { axis },
    );
    return {
      node,
      attrs: node.attrs,
      x: { init, xs, captured },
      out: { carries: made.carry, ys: made.ys.slice(0, stacked) },
      loop: {
        kept: made.ys.slice(stacked, stacked + (keeps ? n : 0)),
        made: new Map(costly.map((id, i) => [id, made.ys[stacked + n + i]!])),
        outer: [...captured, ...this.#free(body)],
      },
    };
  }

  /** With as many axes as it takes to be stacked along `axis`. */
  #raised(x: Sym, axis: number): Sym {
    const missing = axis - x.shape.length;
    if (missing <= 0) return x;
    return this.builder.op.expandDims(
      x,
      Array.from({ length: missing }, (_, i) => x.shape.length + i),
    );
  }

  /** Weights that a body reads without capturing them, those of its own bodies included. */
  #free(body: Graph): readonly Sym[] {
    const ids = new Set<ValueId>();
    const pending = [body];
    while (pending.length > 0) {
      const next = pending.pop()!;
      for (const id of [...next.nodes.flatMap(readsOf), ...next.outputs]) {
        const from = this.#graph.values.get(id)?.from;
        if (from !== undefined && !("constant" in from)) ids.add(id);
      }
      for (const node of next.nodes) if (node.body !== undefined) pending.push(node.body);
    }
    return [...ids].map((id) => this.at(id));
  }

  /** Values that depend on some of them. */
  #dependent(entries: readonly GradientEntry[], roots: readonly Sym[]): Set<ValueId> {
    const needs = new Set(roots.map(({ id }) => id));
    for (const { x, out, loop } of entries)
      if ([...flatSlots(x), ...(loop?.outer ?? [])].some(({ id }) => needs.has(id)))
        for (const { id } of flatSlots(out)) needs.add(id);
    return needs;
  }

  /**
   * Gradients of `loss`, a scalar of the new graph, times `scale`, with respect to `wrt`; null where it does not depend on
   * one.
   */
  gradients(loss: Sym, wrt: readonly Sym[], scale = this.#filled(loss, 1)): readonly (Sym | null)[] {
    const found: Found = new Map([[loss.id, scale]]);
    for (const { id } of wrt) this.#uses.set(id, []);
    this.#back(this.#entries, found, this.#dependent(this.#entries, wrt));
    return wrt.map(({ id }) => found.get(id) ?? null);
  }

  /** What adds up to a gradient that `gradients` gave, where all that is done with the value is taking rows of it. */
  rowsOf({ id }: Sym): readonly Rows[] | undefined {
    const rows = (this.#uses.get(id) ?? []).filter((use) => use !== null);
    return rows.length > 0 && rows.length === this.#uses.get(id)!.length ? rows : undefined;
  }

  #filled(x: Sym, value: number): Sym {
    const { builder } = this;
    return builder.op.full(
      x.shape.map((_, axis) => builder.size(x, axis)),
      value,
      x.dtype,
    );
  }

  #add(found: Found, { id }: Sym, gradient: Sym, rows: Rows | null = null): void {
    this.#uses.get(id)?.push(rows);
    const known = found.get(id);
    found.set(id, known === undefined ? gradient : this.builder.op.add(known, gradient));
  }

  /** From the gradients of what nodes make to those of what they read. */
  #back(entries: readonly GradientEntry[], found: Found, needs: ReadonlySet<ValueId>, later?: AllSteps): void {
    for (const entry of [...entries].reverse()) {
      const made = flatSlots(entry.out);
      if (!made.some(({ id }) => found.has(id) && needs.has(id))) continue;
      const before = this.builder.call;
      this.builder.call = entry.node.call;
      if (entry.loop !== undefined)
        this.#backLoop(entry as GradientEntry & { loop: NonNullable<GradientEntry["loop"]> }, found, needs);
      else this.#backNode(entry, found, needs, later);
      this.builder.call = before;
    }
  }

  #backNode(
    { node, attrs, x, out }: GradientEntry,
    found: Found,
    needs: ReadonlySet<ValueId>,
    later: AllSteps | undefined,
  ): void {
    const op = node.op as PrimitiveName;
    const gradient = gradientOf(op);
    const operands = flatSlots(x);
    const wanted = operands.flatMap((s, i) => (flows(s) && needs.has(s.id) ? [i] : []));
    const [y] = flatSlots(out) as [Sym];
    const like = wanted.filter((place) => {
      if (later === undefined || !waits(node, attrs, operands, place, later.outer)) return true;
      const other =
        node.op === "add" || node.op === "subtract" ? null : operands[node.op === "multiply" ? 1 - place : 0]!;
      later.waiting.push({ node, attrs, target: operands[place]!, place, other, dy: found.get(y.id)! });
      return false;
    });
    if (gradient === null || like.length === 0) return;
    let next = 0;
    const places = mapSlots(x, () => next++);
    const emit = (cx: OpContext, late: { readonly xs: readonly Sym[]; readonly attrs: never }): readonly Sym[] => {
      const [value, dy] = late.xs.slice(-2) as [Sym, Sym];
      const given = refill(places, late.xs) as Differentiated<"add">["x"];
      const made = gradient(cx, { x: given, y: value, dy, attrs: late.attrs }) as Slots<Sym>;
      const all = new Map<number, Sym>();
      zipSlots(places, { ...mapSlots(places, () => null as never), ...made }, (i, s) => void (s && all.set(i, s)));
      return like.map((i) => all.get(i) ?? fail("internal/graph", { path: op, message: "a gradient that is missing" }));
    };
    const dy = found.get(y.id)!;
    const late = this.builder.emit("late", { xs: [...operands, y, dy] }, { emit: emit as never, like, attrs });
    const rows = op === "gather" && attrs["axis"] === 0 ? { indices: x["indices"] as Sym, values: dy } : null;
    like.forEach((i, k) => this.#add(found, operands[i]!, late.ys[k]!, rows));
  }

  #backLoop(
    { node, x, out, loop }: GradientEntry & { loop: NonNullable<GradientEntry["loop"]> },
    found: Found,
    needs: ReadonlySet<ValueId>,
  ): void {
    const { builder } = this;
    const { op } = builder;
    const body = node.body!;
    const { axis } = (node as NodeOf<"scan">).attrs;
    const [init, xs, captured] = [x["init"], x["xs"], x["captured"]] as readonly (readonly Sym[])[] as [
      Sym[],
      Sym[],
      Sym[],
    ];
    const [carries, ys] = [out["carries"], out["ys"]] as readonly (readonly Sym[])[] as [Sym[], Sym[]];
    const turned = (s: Sym): Sym => op.reverse(s, [axis]);
    const moving = init.map((s, i) => (flows(s) ? i : -1)).filter((i) => i >= 0);
    const wanted = xs.map((s, i) => (flows(s) && needs.has(s.id) ? i : -1)).filter((i) => i >= 0);
    const outer = [...new Map(loop.outer.map((s) => [s.id, s])).values()].filter((s) => flows(s) && needs.has(s.id));
    const given = ys.map((s, i) => (found.has(s.id) ? i : -1)).filter((i) => i >= 0);
    const start = moving.map((i) => found.get(carries[i]!.id) ?? this.#filled(init[i]!, 0));
    const ids = new Set(outer.map(({ id }) => id));
    const summed = this.#summed(body, captured, axis, ids);
    const added = outer.filter(({ id }) => summed.has(id));
    const sums = added.map((s) => this.#filled(s, 0));
    const known = [...loop.made.keys()];
    const sequences = [...loop.kept, ...xs, ...given.map((i) => found.get(ys[i]!.id)!), ...loop.made.values()].map(
      turned,
    );
    const waiting: Waiting[] = [];
    const sequenceOf = new Map<ValueId, Sym>();
    let stacked: readonly Sym[] = [];
    const made = builder.scan(
      [...start, ...sums],
      sequences,
      (carry, slices) => {
        const old = init.map((s, i) => this.#lowered(slices[i]!, s));
        const now = slices.slice(init.length, init.length + xs.length);
        const dys = slices.slice(init.length + xs.length, init.length + xs.length + given.length);
        const ready = known.map((id, i) => {
          const like = { shape: body.values.get(id)!.shape! } as Sym;
          return [id, this.#lowered(slices[slices.length - known.length + i]!, like)] as const;
        });
        slices.forEach((s, i) => sequenceOf.set(s.id, sequences[i]!));
        const entries: GradientEntry[] = [];
        const results = this.#step(body, [...old, ...now], captured, entries, true, new Map(ready));
        const inner: Found = new Map();
        moving.forEach((i, k) => this.#add(inner, results[i]!, carry[k]!));
        given.forEach((i, k) => this.#add(inner, results[init.length + i]!, dys[k]!));
        const later = axis > 1 ? undefined : { outer: ids, waiting };
        this.#back(entries, inner, this.#dependent(entries, [...old, ...now, ...outer]), later);
        const of = (s: Sym): Sym => inner.get(s.id) ?? this.#filled(s, 0);
        const total = added.map((s, k) => {
          const part = inner.get(s.id);
          const sum = carry[moving.length + k]!;
          return part === undefined ? sum : op.add(sum, part);
        });
        const pending = waiting.flatMap(({ dy, other }) => [dy, ...(other ? [other] : [])]);
        stacked = [...new Map(pending.map((s) => [s.id, s])).values()].filter(({ id }) => !sequenceOf.has(id));
        return {
          carry: [...moving.map((i) => of(old[i]!)), ...total],
          ys: [...wanted.map((i) => of(now[i]!)), ...stacked],
        };
      },
      { axis },
    );
    stacked.forEach(({ id }, i) => sequenceOf.set(id, made.ys[wanted.length + i]!));
    for (const one of waiting) this.#add(found, one.target, ofAllSteps(builder, one, sequenceOf));
    moving.forEach((i, k) => this.#add(found, init[i]!, made.carry[k]!));
    added.forEach((s, k) => this.#add(found, s, made.carry[moving.length + k]!));
    wanted.forEach((i, k) => this.#add(found, xs[i]!, turned(made.ys[k]!)));
  }

  /** Of the values outside that a body reads, those with a gradient that cannot wait. */
  #summed(body: Graph, captured: readonly Sym[], axis: number, ids: ReadonlySet<ValueId>): ReadonlySet<ValueId> {
    const stands = new Map(body.captures.map(({ inner }, i) => [inner, captured[i]!]));
    const found = new Set<ValueId>();
    for (const node of body.nodes) {
      const operands = readsOf(node).map((id) => {
        const from = body.values.get(id)!.from;
        if (from !== undefined) return this.at(id);
        return stands.get(id) ?? { id: -1, shape: body.values.get(id)!.shape!, dtype: body.values.get(id)!.dtype };
      });
      const isLoop = node.body !== undefined;
      operands.forEach(({ id }, place) => {
        if (ids.has(id) && (isLoop || axis > 1 || !waits(node, node.attrs, operands, place, ids))) found.add(id);
      });
      if (isLoop) for (const { id } of this.#free(node.body!)) if (ids.has(id)) found.add(id);
    }
    for (const id of body.outputs) {
      const sym = stands.get(id) ?? (body.values.get(id)!.from === undefined ? null : this.at(id));
      if (sym !== null && ids.has(sym.id)) found.add(sym.id);
    }
    return found;
  }

  #lowered(x: Sym, like: Sym): Sym {
    const axes = Array.from({ length: x.shape.length - like.shape.length }, (_, i) => like.shape.length + i);
    return axes.length === 0 ? x : this.builder.op.squeeze(x, axes);
  }
}

/**
 * A graph with the outputs of the given one, then the gradients of `loss`, one of its values, a scalar, with respect to
 * `wrt`, inputs or weights of it; zeros where it does not depend on them.
 */
export function gradients(graph: Graph, loss: ValueId, wrt: readonly ValueId[]): Graph {
  const whole = moveOut(lower({ ...graph, outputs: [...graph.outputs, loss] }, isStop));
  const builder = new GraphBuilder(whole);
  const inputs = graph.inputs;
  const made = new Differentiation(whole, builder, new Map());
  const roots = wrt.map((id) => builder.sym(id));
  const found = made.gradients(made.at(whole.outputs.at(-1)!), roots);
  const outputs = whole.outputs.slice(0, -1).map((id) => made.at(id));
  const all = found.map(
    (s, i) =>
      s ??
      builder.op.full(
        roots[i]!.shape.map((_, axis) => builder.size(roots[i]!, axis)),
        0,
        roots[i]!.dtype,
      ),
  );
  return {
    ...builder.finish([...outputs, ...all]),
    inputs,
    states: whole.states.map((state) => ({ ...state, write: made.at(state.write).id })),
  };
}
