/**
 * Operations where no layer of TensorFlow.js is the same: made of its layers, loops step by step. It has no exponential,
 * root, rounding, sorting and division by values outside of layers that do more.
 */
import { fail } from "../../core/error.ts";
import { isHalf } from "../../core/dtype.ts";
import { lowerMapped } from "../../graph/lower.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import { numberOfSize } from "../../ops/shapes.ts";
import { isNode, makesOf, mapSlots } from "../../ops/slots.ts";
import type { AttrsOf, Slots } from "../../ops/signatures.ts";
import type { Graph, GraphNode, NodeOf, Size, ValueId } from "../../ops/types.ts";
import { isKnown } from "./activations.ts";
import * as composites from "./composites.ts";
import { Constant, constantOf, folded } from "./constants.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { type Dynamic, TfjsEmitter, type Rep } from "./emitter.ts";
import * as movement from "./movement.ts";
import type { CallOf, TfjsValue, TfjsWriter } from "./writer.ts";

/** Each step is some dozen calls. */
const MOST_STEPS = 128;

const WHOLE: ReadonlySet<string> = new Set(["softmax", "late"]);

/** Composites that are layers; all others are spelt out. */
function takes({ op, attrs, in: x }: GraphNode, values: Graph["values"]): boolean {
  if (op === "activation") return isKnown(attrs as ActivationSpec);
  if (op === "layerNorm") return attrs["rms"] !== true && values.get((x as { x: ValueId }).x)!.dtype === "float32";
  return WHOLE.has(op);
}

type Bound = Rep | (() => Rep);

/** The values of a model, each written when it is asked for. */
export class Operations {
  readonly #g: TfjsEmitter;
  readonly #graph: Graph;
  readonly #at: (id: ValueId) => ValueId;
  readonly #makers = new Map<ValueId, { readonly node: GraphNode; readonly index: number }>();
  readonly #scopes: Map<ValueId, Bound>[] = [new Map()];
  readonly #ofCall: (call: number) => CallOf;

  constructor(w: TfjsWriter, graph: Graph, inputs: readonly TfjsValue[], ofCall: (call: number) => CallOf) {
    const { graph: lowered, at } = lowerMapped(graph, takes);
    this.#graph = lowered;
    this.#at = at;
    this.#ofCall = ofCall;
    this.#g = new TfjsEmitter(
      w,
      ofCall(-1),
      () => inputs[0] ?? fail("unsupported/translation", { message: "no inputs" }),
    );
    lowered.nodes.forEach((node, index) => {
      for (const id of makesOf(node)) this.#makers.set(id, { node, index });
    });
  }

  /** Says what a value of the model is. */
  put(id: ValueId, value: TfjsValue): void {
    this.#bind(this.#at(id), { value, lead: 1 });
  }

  /** Throws `unsupported/translation` with the operation that TensorFlow.js has no layers for. */
  value(id: ValueId): TfjsValue {
    const own = this.#at(id);
    const found = this.#resolve(own);
    const { shape } = this.#valueOf(own);
    if (found instanceof Constant) {
      this.#g.begin(this.#ofCall(this.#makers.get(own)?.node.call ?? -1), `constant${own}`);
      return movement.whole(this.#g, found, shape!, 1).value as TfjsValue;
    }
    return found.lead === 1 ? found.value : this.#g.refuse("several examples in one");
  }

  #bind(id: ValueId, value: Bound): void {
    this.#scopes.at(-1)!.set(id, value);
  }

  #valueOf(id: ValueId) {
    return this.#graph.values.get(id) ?? fail("internal/graph", { source: "tfjs-layers", message: `no value ${id}` });
  }

  #resolve(id: ValueId): Rep {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const scope = this.#scopes[i]!;
      const known = scope.get(id);
      if (known === undefined) continue;
      if (typeof known !== "function") {
        if (!(known instanceof Constant) && known.value.mask !== null)
          this.#g.refuse("TensorFlow.js would hand the mask on");
        return known;
      }
      const made = known();
      scope.set(id, made);
      return made;
    }
    const constant = constantOf(this.#valueOf(id));
    const maker = this.#makers.get(id);
    if (constant !== null) this.#scopes[0]!.set(id, constant);
    else if (maker === undefined)
      fail("unsupported/translation", { message: "TensorFlow.js has states in its recurrent layers alone" });
    else this.#atTop(() => this.#emit(maker.node, `op${maker.index}`));
    return constant ?? this.#resolve(id);
  }

  /** What lies outside of loops is the same at every step. */
  #atTop(run: () => void): void {
    const inner = this.#scopes.splice(1);
    const { of, role } = this.#g;
    run();
    this.#g.begin(of, role);
    this.#scopes.push(...inner);
  }

  #emit(node: GraphNode, role: string): void {
    if (isNode(node, "scan")) return this.#scan(node, role);
    const x = mapSlots(node.in, (id) => this.#resolve(id));
    const [out] = makesOf(node) as [ValueId];
    this.#g.begin(this.#ofCall(node.call), role);
    const all = Object.values(x).flat();
    const isFixed = all.every((one) => one === null || one instanceof Constant);
    const made =
      isFixed && !isNode(node, "random") && !isNode(node, "late")
        ? this.#folded(node, x as Slots<Constant>, out)
        : this.#layers(node, x, out);
    this.#bind(out, made);
  }

  #folded(node: GraphNode, x: Slots<Constant>, out: ValueId): Constant {
    const { shape, dtype } = this.#valueOf(out);
    const isOpen = (id: ValueId): boolean => typeof this.#valueOf(id).shape?.[0] !== "number";
    const counts = isNode(node, "sum") || isNode(node, "prod") ? node.attrs.axes.includes(0) : isNode(node, "cumsum") && node.attrs.axis === 0; // prettier-ignore
    const [first] = Object.values(node.in) as ValueId[];
    // What stands for every example knows neither its place nor how many there are.
    if (shape!.slice(1).includes(null) || (isNode(node, "iota") && isOpen(out)) || (counts && isOpen(first!)))
      return this.#g.refuse("places in the batch, or their number");
    return folded(node.op, x, this.#known(node.attrs), dtype);
  }

  /** Lengths as numbers: that of an open batch is 1, since nothing is known to differ along it. */
  #known<T>(attrs: T): T {
    const length = (size: Size): number => {
      if (typeof size === "number") return size;
      if ("of" in size) {
        const id = this.#at(size.of);
        const n = this.#valueOf(id).shape?.[size.axis] ?? null;
        if (n !== null) return n;
        return size.axis === 0 ? 1 : this.#g.refuse("a constant of an open length");
      }
      return numberOfSize({ fn: size.fn, a: length(size.a), b: length(size.b) })!;
    };
    const visit = (value: unknown): unknown => {
      if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
      if (Array.isArray(value)) return value.map(visit);
      if ("of" in value || ("fn" in value && "a" in value && "b" in value)) return length(value as Size);
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, visit(one)]));
    };
    return visit(attrs) as T;
  }

  #layers(node: GraphNode, x: Slots<Rep>, out: ValueId): Rep {
    const g = this.#g;
    const to = this.#valueOf(out).shape!;
    const [first] = Object.values(node.in) as ValueId[];
    const dtypeOf = (id: ValueId) => this.#valueOf(id).dtype;
    const elementwise = ELEMENTWISE[node.op];
    if (elementwise !== undefined) {
      const [from, dtype] = [dtypeOf(node.op === "where" ? out : first!), dtypeOf(out)];
      const isNarrow = /^u?int(8|16)$|^u/.test(from) && /^(add|subtract|multiply|negative|square|power)$/.test(node.op);
      if (isNarrow) return g.refuse("whole numbers that wrap");
      if (isHalf(from) && node.op !== "cast") return g.refuse("TensorFlow.js has no half precision");
      const rows = Object.values(x) as readonly Rep[];
      // What spreads an operand is the other's, or none.
      const made = elementwise(g, rows, from, dtype);
      if (!(made instanceof Constant) && g.rank(made) !== to.length) return g.refuse("values of several ranks");
      return made;
    }
    const rule = RULES[node.op];
    const ids = Object.values(node.in).flat();
    if (rule === undefined) return g.refuse(`TensorFlow.js has no layers that make ${node.op}`);
    if (!MOVES.has(node.op) && ids.some((id) => id !== null && isHalf(dtypeOf(id as ValueId))))
      return g.refuse("TensorFlow.js has no half precision");
    if (SINGLE.has(node.op) && x["x"] instanceof Constant) return g.refuse("a constant of an open length");
    return rule(g, x as never, node.attrs as never, to);
  }

  /** Step by step. */
  #scan(node: NodeOf<"scan">, role: string): void {
    const g = this.#g;
    const body = node.body!;
    const { axis } = node.attrs;
    const [init, xs] = [node.in.init.map((id) => this.#resolve(id)), node.in.xs.map((id) => this.#resolve(id))];
    const captured = node.in.captured.map((id) => this.#resolve(id));
    const of = this.#ofCall(node.call);
    g.begin(of, role);
    const steps = this.#valueOf(node.in.xs[0]!).shape![axis] ?? null;
    if (steps === null || steps > MOST_STEPS)
      g.refuse(`TensorFlow.js has no such loop; step by step at most ${MOST_STEPS} steps, of known number`);
    if (axis === 0) g.refuse("the batch behind another axis");
    g.w.changed.add(`${of.path} to layers step by step: TensorFlow.js has no such loop`);
    let carries: readonly Rep[] = init;
    const ys: Rep[][] = body.outputs.slice(init.length).map(() => []);
    for (let t = 0; t < steps!; t++) {
      const scope = new Map<ValueId, Bound>();
      body.captures.forEach(({ inner }, i) => scope.set(inner, captured[i]!));
      const slices = xs.map((x, i) => {
        // By a matrix of its own for each step, where other lengths are open.
        const isOpen = !(x instanceof Constant) && x.value.shape.slice(1).includes(null);
        g.begin(of, `${role}_at${i}${isOpen ? `_${t}` : ""}`);
        return this.#step(x, axis, t, node.in.xs[i]!);
      });
      [...carries, ...slices].forEach((value, i) => scope.set(body.inputs[i]!, value));
      this.#scopes.push(scope);
      body.nodes.forEach((one, i) => this.#emit(one, `${role}_${i}`));
      const made = body.outputs.map((id) => this.#resolve(id));
      this.#scopes.pop();
      carries = made.slice(0, init.length);
      made.slice(init.length).forEach((y, i) => ys[i]!.push(y));
    }
    g.begin(of, `${role}_end`);
    carries.forEach((value, i) => this.#bind(node.out.carries[i]!, value));
    // Sequences that nobody reads are not written.
    node.out.ys.forEach((id, i) => this.#bind(id, () => this.#stacked(ys[i]!, axis, id, of, `${role}_y${i}`)));
  }

  #step(x: Rep, axis: number, t: number, id: ValueId): Rep {
    const g = this.#g;
    const { shape, dtype } = this.#valueOf(id);
    if (x instanceof Constant) {
      const one = folded("slice", { x }, { ranges: [{ axis, start: t, stop: t + 1, step: 1 }] }, dtype);
      return folded("squeeze", { x: one }, { axes: [axis] }, dtype);
    }
    const at = g.axis(x, axis);
    const cut = g.pick(x, at, [t]);
    const rest = cut.value.shape.slice(1).toSpliced(at - 1, 1);
    return shape!.length === 2 && rest.length === 0 ? g.reshape(cut, []) : g.reshape(cut, rest);
  }

  #stacked(ys: readonly Rep[], axis: number, id: ValueId, of: CallOf, role: string): Dynamic {
    const g = this.#g;
    const step = this.#valueOf(id).shape!.toSpliced(axis, 1);
    const rows = ys.map((y, t) => {
      g.begin(of, y instanceof Constant ? `${role}_row${t}` : `${role}_row`);
      const row = movement.whole(g, y, step, 1);
      return g.reshape(row, row.value.shape.slice(1).toSpliced(axis + row.lead - 2, 0, 1));
    });
    g.begin(of, `${role}_all`);
    return movement.concatenated(g, rows, axis + rows[0]!.lead - 1);
  }
}

const { activation, concat, conv, convTranspose, layerNorm, pool, single, softmax } = composites;

const folding = (make: (g: TfjsEmitter, x: Dynamic, a: { axes: readonly number[]; keepdims: boolean }) => Dynamic) =>
  single<{ axes: readonly number[]; keepdims: boolean }>(make);
const reshaping = single((g, x, _, to) => movement.shaped(g, x, to));

const RULES: { readonly [op: string]: composites.OperationRule | undefined } = {
  reshape: reshaping,
  expandDims: reshaping,
  squeeze: reshaping,
  transpose: single(movement.transpose),
  broadcastTo: single(movement.broadcastTo),
  slice: single(movement.slice),
  reverse: single(movement.reverse),
  repeat: single(movement.repeat),
  tile: single(movement.tile),
  pad: single(movement.pad),
  cumsum: single(movement.cumsum),
  sort: single(movement.sort),
  argsort: single(movement.argsort),
  resize: single(movement.resize),
  sum: folding(movement.sum),
  mean: folding(movement.mean),
  max: folding(movement.max),
  min: folding(movement.min),
  any: folding(movement.max),
  all: folding(movement.min),
  argmax: single<AttrsOf<"argmax">>((g, x, { axis, keepdims }) => movement.argmax(g, x, axis, keepdims, false)),
  argmin: single<AttrsOf<"argmin">>((g, x, { axis, keepdims }) =>
    movement.argmax(g, g.scale(x, -1), axis, keepdims, false),
  ),
  gather: (g, { table, indices }, { axis }: AttrsOf<"gather">) => movement.gather(g, table!, indices!, axis),
  matmul: (g, { a, b }, attrs: AttrsOf<"matmul">) => movement.matmul(g, a!, b!, attrs),
  concat,
  conv,
  convTranspose,
  pool,
  softmax,
  layerNorm,
  activation,
};

/** Operations whose one operand is `x`. */
const SINGLE: ReadonlySet<string> = new Set(Object.keys(RULES).filter((op) => !/^(gather|matmul|concat)$/.test(op)));

/** Operations that leave elements as they are. */
const MOVES: ReadonlySet<string> = new Set([
  "reshape", "expandDims", "squeeze", "transpose", "broadcastTo", "slice", "reverse", "repeat", "tile", "concat", "gather",
]); // prettier-ignore
