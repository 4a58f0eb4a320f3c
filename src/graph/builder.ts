/**
 * Emits nodes into a graph and its bodies. A value used inside a body but made outside becomes a capture of every body
 * in between; a state slot touched inside a `scan` becomes an extra carry of it. Weights and constants belong to no body.
 */
import { allocate, type DType, isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import { makeOps, type OpContext, type Ops } from "../ops/builder.ts";
import { ruleOf } from "../ops/index.ts";
import { type AttrsOf, type In, type OpName, type Out, SIGNATURES, type Slots } from "../ops/signatures.ts";
import { flatSlots, mapSlots, zipSlots } from "../ops/slots.ts";
import type {
  Attrs,
  Graph,
  Logits,
  GraphCall,
  GraphNode,
  GraphState,
  Shape,
  Size,
  Sym,
  Value,
  ValueId,
  WeightRef,
} from "../ops/types.ts";

interface Slot {
  readonly shape: readonly Size[];
  readonly dtype: DType;
  readonly key: object;
  /** The value when this level was entered, and now. */
  readonly read: Sym;
  current: Sym;
  /** At the outer level, when this level was entered. */
  readonly outer: Sym | null;
}

/** One graph under construction: the outermost, or the body of a loop. */
interface Level {
  readonly nodes: GraphNode[];
  readonly inputs: ValueId[];
  readonly owned: Set<ValueId>;
  readonly captures: Map<ValueId, ValueId>;
  readonly slots: Map<string, Slot>;
  /** A body whose state slots become carries; the step of `rnn` may touch none. */
  readonly carriesState: boolean;
}

/** What a loop gives: the carried values after its last step, and those of every step stacked. */
export interface ScanResult {
  readonly carry: readonly Sym[];
  readonly ys: readonly Sym[];
}

/** Builds one graph. */
export class GraphBuilder implements OpContext {
  readonly values: Map<ValueId, Value>;
  readonly calls: GraphCall[];
  readonly op: Ops;
  /** The call that nodes emitted now belong to. */
  call = -1;
  #next: number;
  readonly #levels: Level[] = [];
  readonly #weights = new Map<WeightRef, Map<DType, Sym>>();

  /** `from`: go on numbering after another graph, whose values and calls are taken over. */
  constructor(from?: Graph) {
    this.values = new Map(from?.values);
    this.calls = from === undefined ? [] : [...from.calls];
    this.#next = from === undefined ? 0 : lastId(from) + 1;
    this.#enter(true);
    this.op = makeOps({
      emit: (op, x, attrs, body) => this.emit(op, x, attrs, body),
      constant: (values, shape, dtype) => this.#constant(values, shape, dtype),
    });
  }

  get #level(): Level {
    return this.#levels[this.#levels.length - 1]!;
  }

  #enter(carriesState: boolean): void {
    this.#levels.push({ nodes: [], inputs: [], owned: new Set(), captures: new Map(), slots: new Map(), carriesState });
  }

  #value(value: Value, owned: boolean): Sym {
    const id = this.#next++;
    this.values.set(id, value);
    if (owned) this.#level.owned.add(id);
    return { id, shape: value.shape ?? [], dtype: value.dtype };
  }

  /** A value that the caller of the graph, or of the body, supplies. */
  input(shape: Shape, dtype: DType): Sym {
    const sym = this.#value({ shape, dtype }, true);
    this.#level.inputs.push(sym.id);
    return sym;
  }

  /** The value of a weight in a dtype; the same one for every use. */
  weight(weight: WeightRef, shape: Shape, dtype: DType): Sym {
    const known = this.#weights.get(weight) ?? new Map<DType, Sym>();
    const sym = known.get(dtype) ?? this.#value({ shape, dtype, from: { weight } }, false);
    this.#weights.set(weight, known.set(dtype, sym));
    return sym;
  }

  /** Fractions are kept in float64, whatever the dtype of the value: rounding them is a backend's business. */
  #constant(values: readonly number[], shape: readonly number[], dtype: DType): Sym {
    const stored = isFloat(dtype) ? "float64" : dtype;
    const data = allocate(stored === "string" ? fail("unsupported/dtype", { found: "string" }) : stored, values.length);
    values.forEach((v, i) => {
      if (!isFloat(dtype) && !Number.isInteger(v))
        fail("mismatch/dtype", { message: "a number that the dtype cannot hold", expected: dtype, found: String(v) });
      if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(v);
      else data[i] = v;
    });
    return this.#value({ shape, dtype, from: { constant: { dtype: stored, shape, data } } }, false);
  }

  /** A value whose shape nobody knows: what an unknown layer gives. */
  unknown(shape: Shape | null, dtype: DType): Sym {
    return this.#value({ shape, dtype }, true);
  }

  /** The value as this level sees it: itself, or its capture. */
  #local(id: ValueId, depth = this.#levels.length - 1): ValueId {
    const level = this.#levels[depth]!;
    const from = this.values.get(id)?.from;
    if (depth === 0 || level.owned.has(id) || (from !== undefined && !("state" in from))) return id;
    const known = level.captures.get(id);
    if (known !== undefined) return known;
    this.#local(id, depth - 1);
    const outer = this.values.get(id)!;
    const inner = this.#next++;
    this.values.set(inner, { shape: outer.shape, dtype: outer.dtype });
    level.owned.add(inner);
    level.captures.set(id, inner);
    return inner;
  }

  /** Emits a node; gives its outputs. */
  emit<N extends OpName>(op: N, x: In<N, Sym>, attrs: AttrsOf<N>, body?: Graph): Out<N, Sym> {
    return this.emitAny(op, x, attrs as Attrs, body) as Out<N, Sym>;
  }

  /** The same for whichever operation, with what fits its signature. */
  emitAny(op: OpName, x: Slots<Sym>, attrs: Attrs, body?: Graph): Slots<Sym> {
    const operands = flatSlots(x);
    if (operands.some((s) => this.values.get(s.id)?.shape === null))
      fail("unsupported/unknown-input", {
        message: "an input comes from a layer that is not known, or is known up to its sign alone",
      });
    const rule = ruleOf(op);
    const given = mapSlots(x, (s) => s.dtype);
    const expected = rule.takes(given, attrs, body);
    if (expected !== null) fail("unsupported/dtype", { source: op, expected, found: flatSlots(given).join(", ") });
    const inputs = mapSlots(x, (s) => this.#local(s.id));
    const shapes = rule.shape(
      mapSlots(x, (s) => s.shape),
      attrs,
      body,
    );
    const dtypes = rule.dtype?.(given, attrs, body);
    const first = operands[0]?.dtype ?? "float32";
    const make = (shape: Shape, dtype: DType | undefined): Sym => this.#value({ shape, dtype: dtype ?? first }, true);
    const out: Record<string, Sym | readonly Sym[]> = {};
    for (const [name, arity] of Object.entries(SIGNATURES[op].out)) {
      const [shape, dtype] = [shapes[name], dtypes?.[name]];
      out[name] =
        arity === "list"
          ? (shape as readonly Shape[]).map((s, i) => make(s, (dtype as readonly DType[] | undefined)?.[i]))
          : make(shape as Shape, dtype as DType | undefined);
    }
    const ids = mapSlots(out, (s) => s.id);
    this.#level.nodes.push({ op, in: inputs, out: ids, attrs, call: this.call, ...(body && { body }) });
    return out;
  }

  /** What sigmoid or softmax makes a value of, where one of them does. */
  logitsOf({ id }: Sym): Logits | undefined {
    const node = this.#level.nodes.find(({ out }) => out["y"] === id);
    const fn = node?.op === "softmax" ? "softmax" : node?.op === "activation" ? node.attrs["fn"] : undefined;
    const from = fn === "softmax" || fn === "sigmoid" ? node!.in["x"] : undefined;
    if (typeof from !== "number") return undefined;
    const { shape, dtype } = this.values.get(from)!;
    const axes = node!.attrs["axes"] as readonly number[] | undefined;
    const isLast = axes === undefined || axes.every((axis) => axis === shape!.length - 1);
    return { x: { id: from, shape: shape!, dtype }, fn: fn as Logits["fn"], isLast, by: this.calls[node!.call]!.class };
  }

  size(x: Sym, axis: number): Size {
    const at = axis < 0 ? axis + x.shape.length : axis;
    const known = x.shape[at];
    if (known === undefined)
      return fail("mismatch/rank", { expected: `an axis ${axis}`, found: `shape ${showShape(x.shape)}` });
    return known ?? { of: x.id, axis: at };
  }

  /** Traces a body. Returns its graph and the outer values that follow the node's own inputs. */
  #body(
    inputs: readonly { shape: Shape; dtype: DType }[],
    carriesState: boolean,
    trace: (x: readonly Sym[]) => readonly Sym[],
  ): { graph: Graph; captured: readonly ValueId[]; slots: readonly (readonly [string, Slot])[] } {
    this.#enter(carriesState);
    const outputs = trace(inputs.map((x) => this.input(x.shape, x.dtype)));
    const localOutputs = outputs.map((s) => this.#local(s.id));
    const slots = [...this.#level.slots];
    const writes = slots.map(([, slot]) => this.#local(slot.current.id));
    const level = this.#levels.pop()!;
    const n = inputs.length;
    const reads = slots.map(([, slot]) => slot.read.id);
    const graph: Graph = {
      values: this.values,
      nodes: level.nodes,
      inputs: [...level.inputs.slice(0, n), ...reads],
      outputs: [...localOutputs, ...writes],
      captures: [...level.captures].map(([outer, inner]) => ({ outer: this.#local(outer), inner })),
      states: [],
      calls: this.calls,
    };
    return { graph, captured: graph.captures.map((c) => c.outer), slots };
  }

  scan(
    init: readonly Sym[],
    xs: readonly Sym[],
    step: (carry: readonly Sym[], x: readonly Sym[]) => { carry: readonly Sym[]; ys: readonly Sym[] },
    options: { axis?: number } = {},
  ): ScanResult {
    const axis = options.axis ?? 1;
    const slice = (s: Sym) => ({ shape: s.shape.filter((_, i) => i !== axis), dtype: s.dtype });
    let carries = 0;
    const { graph, slots } = this.#body(
      [...init.map((s) => ({ shape: s.shape, dtype: s.dtype })), ...xs.map(slice)],
      true,
      (x) => {
        const result = step(x.slice(0, init.length), x.slice(init.length));
        carries = result.carry.length;
        return [...result.carry, ...result.ys];
      },
    );
    // State slots are carries too: they follow the step's own.
    const k = slots.length;
    const ordered: Graph = {
      ...graph,
      inputs: [
        ...graph.inputs.slice(0, init.length),
        ...graph.inputs.slice(graph.inputs.length - k),
        ...graph.inputs.slice(init.length, graph.inputs.length - k),
      ],
      outputs: [
        ...graph.outputs.slice(0, carries),
        ...graph.outputs.slice(graph.outputs.length - k),
        ...graph.outputs.slice(carries, graph.outputs.length - k),
      ],
    };
    const slotInits = slots.map(([, slot]) => slot.outer!);
    const captured = graph.captures.map((c) => this.sym(c.outer));
    const out = this.emit("scan", { init: [...init, ...slotInits], xs, captured }, { axis }, ordered);
    slots.forEach(([path], i) => this.#setState(path, out.carries[carries + i]!));
    return { carry: out.carries.slice(0, carries), ys: out.ys };
  }

  /** A value of the graph so far. */
  sym(id: ValueId): Sym {
    const value = this.values.get(id)!;
    return { id, shape: value.shape ?? [], dtype: value.dtype };
  }

  /** The loop of a recurrent layer; see the `rnn` operation. */
  rnn(
    { x, mask, states: init }: Omit<In<"rnn", Sym>, "captured">,
    attrs: AttrsOf<"rnn">,
    step: (x: Sym, states: readonly Sym[]) => { readonly y: Sym; readonly states: readonly Sym[] },
  ): Out<"rnn", Sym> {
    const { graph } = this.#body(
      [
        { shape: x.shape.filter((_, i) => i !== attrs.axis), dtype: x.dtype },
        ...init.map((s) => ({ shape: s.shape, dtype: s.dtype })),
      ],
      false,
      ([xt, ...states]) => {
        const result = step(xt!, states);
        return [result.y, ...result.states];
      },
    );
    const captured = graph.captures.map((c) => this.sym(c.outer));
    return this.emit("rnn", { x, mask, states: init, captured }, attrs, graph);
  }

  /** Emits a body's nodes here. `x` replaces the body's inputs, `captured` its captures. */
  inline(body: Graph, x: readonly Sym[], captured: readonly Sym[]): readonly Sym[] {
    const map = new Map<ValueId, Sym>();
    body.inputs.forEach((id, i) => map.set(id, x[i]!));
    body.captures.forEach((c, i) => map.set(c.inner, captured[i]!));
    const at = (id: ValueId): Sym => map.get(id) ?? this.sym(id);
    for (const node of body.nodes) {
      const before = this.call;
      this.call = node.call;
      const attrs = remapSizes(node.attrs, (id) => map.get(id)?.id ?? id);
      const out = this.emitAny(node.op, mapSlots(node.in, at), attrs, node.body && this.#reopen(node.body, at));
      this.call = before;
      zipSlots(node.out, out, (id, sym) => map.set(id, sym));
    }
    return body.outputs.map(at);
  }

  /** A copy of a body whose outer values have been replaced. */
  #reopen(body: Graph, at: (id: ValueId) => Sym): Graph {
    const captures = body.captures.map((c) => ({ outer: this.#local(at(c.outer).id), inner: c.inner }));
    return { ...body, values: this.values, captures, calls: this.calls };
  }

  // State -------------------------------------------------------------------------------------------------------------

  /** A slot that keeps its value from run to run. */
  state(path: string, shape: readonly Size[], dtype: DType, key: object = {}): { get(): Sym; set(value: Sym): void } {
    return {
      get: () => this.#getState(path, shape, dtype, key).current,
      set: (value) => {
        this.#getState(path, shape, dtype, key);
        this.#setState(path, value);
      },
    };
  }

  #getState(path: string, shape: readonly Size[], dtype: DType, key: object, depth = this.#levels.length - 1): Slot {
    const level = this.#levels[depth]!;
    const known = level.slots.get(path);
    if (known !== undefined) return known;
    if (depth > 0 && !level.carriesState)
      return fail("internal/graph", { path, message: "a state inside the step of a recurrent layer" });
    const outer = depth === 0 ? null : this.#getState(path, shape, dtype, key, depth - 1).current;
    const lengths = shape.map((s) => (typeof s === "number" ? s : null));
    const id = this.#next++;
    this.values.set(
      id,
      depth === 0 ? { shape: lengths, dtype, from: { state: path } } : { shape: outer!.shape, dtype },
    );
    level.owned.add(id);
    const read: Sym = { id, shape: lengths, dtype };
    const slot: Slot = { shape, dtype, key, read, current: read, outer };
    level.slots.set(path, slot);
    return slot;
  }

  #setState(path: string, value: Sym): void {
    this.#level.slots.get(path)!.current = value;
  }

  finish(outputs: readonly Sym[]): Graph {
    const level = this.#level;
    const states: GraphState[] = [...level.slots].map(([path, slot]) => ({
      path,
      key: slot.key,
      shape: slot.shape,
      dtype: slot.dtype,
      read: slot.read.id,
      write: slot.current.id,
    }));
    return {
      values: this.values,
      nodes: level.nodes,
      inputs: level.inputs,
      outputs: outputs.map((s) => s.id),
      captures: [],
      states,
      calls: this.calls,
    };
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function lastId(graph: Graph): ValueId {
  let last = -1;
  for (const id of graph.values.keys()) last = Math.max(last, id);
  return last;
}

/** Attributes with the values that their sizes refer to renumbered. */
export function remapSizes(attrs: Attrs, at: (id: ValueId) => ValueId): Attrs {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isRecord(value)) return value;
    if (typeof value["of"] === "number" && typeof value["axis"] === "number")
      return { of: at(value["of"]), axis: value["axis"] };
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, walk(v)]));
  };
  return walk(attrs) as Attrs;
}
