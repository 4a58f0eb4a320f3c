/** An ONNX graph under construction: nodes over named values, initializers, and the transposes that cancel out. */
import { allocate, type DType, isFloat, type NumericArray } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { withDType } from "../../core/cast.ts";
import type { Graph, Shape, Size, Value, ValueId, WeightRef } from "../../ops/types.ts";
import { ELEMENT } from "../../formats/onnx.ts";

/** A number is an integer; text stays text; lists are of integers or of text. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: Tensor }
  | { readonly graph: Subgraph };

/** An operator's node; values go by name. */
export interface OnnxNode {
  readonly op: string;
  readonly name: string;
  /** An empty name stands for an optional one that is absent. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** A value with its type, as a graph declares its inputs and outputs. Null: a length that only a run tells. */
export interface DeclaredValue {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly (number | string | null)[] | null;
}

/** The body of a loop. */
export interface Subgraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly DeclaredValue[];
  readonly outputs: readonly DeclaredValue[];
}

/** A constant of the graph, its values read when they are written. */
export interface Initializer {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  read(): Promise<Tensor>;
}

/** What an operation reads. */
export interface OnnxOperand {
  /** In the ONNX graph. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weight: WeightRef | undefined;
}

/** How values lie between operators: engines have none for bfloat16, whose numbers are kept as float32 and rounded. */
export const held = (dtype: DType): DType => (dtype === "bfloat16" ? "float32" : dtype);

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, i) => axis === i);

/** A tensor with its axes in another order. */
function transposedTensor({ dtype, shape, data }: Tensor, perm: readonly number[]): Tensor {
  if (dtype === "string") return fail("unsupported/dtype", { source: "onnx", found: dtype });
  const to = perm.map((axis) => shape[axis]!);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const [from, out] = [data as NumericArray, allocate(dtype, data.length)];
  const index = to.map(() => 0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = from[at]!;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const step = strides[perm[axis]!]!;
      at += step;
      if (++index[axis]! < to[axis]!) break;
      at -= step * to[axis]!;
      index[axis] = 0;
    }
  }
  return { dtype, shape: to, data: out };
}

/** Those that optimizers put elsewhere, or take away where they change no number. */
const VANISHING = new Set("Transpose Cast Identity Reshape Expand Slice Add Sub Mul Div Pow".split(" "));

/** Nodes and initializers in the order in which they are added, names made unique. */
export class OnnxGraph {
  /** Version of the operators that are used. */
  readonly opset: number;
  readonly #values: Graph["values"];
  readonly #names = new Map<ValueId, string>();
  readonly #taken = new Set<string>();
  readonly #producers = new Map<string, OnnxNode>();
  /** Initializers without axes: they broadcast with whatever they meet, however that is transposed. */
  readonly #scalars = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #forms = new Map<WeightRef, Map<string, string>>();
  readonly initializers = new Map<string, Initializer>();
  #nodes: OnnxNode[] = [];
  /** Layers of float64 with operators that engines have in float32 alone. */
  readonly narrowed = new Set<string>();
  /** The layer whose nodes are made now: the beginning of their names. */
  layer = "";

  constructor(values: Graph["values"], opset: number) {
    this.#values = values;
    this.opset = opset;
  }

  get nodes(): readonly OnnxNode[] {
    return this.#nodes;
  }

  /** A name that nothing else has. */
  unique(wanted: string): string {
    let name = wanted;
    for (let i = 1; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }

  /** Says by which name a value goes. */
  bind(id: ValueId, name: string): void {
    this.#names.set(id, name);
  }

  valueOf(id: ValueId): Value {
    return this.#values.get(id) ?? fail("internal/graph", { source: "onnx", message: `no value ${id}` });
  }

  nameOf(id: ValueId): string {
    const known = this.#names.get(id);
    if (known !== undefined) return known;
    const { from, dtype, shape } = this.valueOf(id);
    if (from === undefined || "state" in from)
      return fail("internal/graph", { source: "onnx", message: `a value that nothing makes: ${id}` });
    const name =
      "weight" in from
        ? this.weight(from.weight, dtype, shape as readonly number[])
        : this.constant(withDType(from.constant, dtype));
    this.#names.set(id, name);
    return name;
  }

  operand(id: ValueId): OnnxOperand {
    const { shape, dtype, from } = this.valueOf(id);
    const name = (): string => this.nameOf(id);
    return {
      get name() {
        return name();
      },
      shape: shape ?? [],
      dtype,
      weight: from !== undefined && "weight" in from ? from.weight : undefined,
    };
  }

  /** A constant made of weights. */
  initializer(wanted: string, dtype: DType, shape: readonly number[], read: () => Promise<Tensor>): string {
    if (shape.some((length) => typeof length !== "number"))
      fail("unsupported/onnx", { path: wanted, message: "a weight whose shape is not known" });
    const name = this.unique(wanted);
    this.initializers.set(name, { name, dtype, shape, read });
    if (shape.length === 0) this.#scalars.add(name);
    return name;
  }

  /** What is made of a weight's values in one way, once. */
  form(
    weight: WeightRef,
    way: string,
    dtype: DType,
    shape: readonly number[],
    make: (value: Tensor) => Tensor | Promise<Tensor>,
  ): string {
    const forms = this.#forms.get(weight) ?? new Map<string, string>();
    this.#forms.set(weight, forms);
    const known = forms.get(way);
    if (known !== undefined) return known;
    const read = async (): Promise<Tensor> => make(withDType(await weight.read(), held(dtype)));
    const name = this.initializer(weight.name, held(dtype), shape, read);
    forms.set(way, name);
    return name;
  }

  /** A weight, in its own order of axes or another. */
  weight(weight: WeightRef, dtype: DType, shape: readonly number[], perm?: readonly number[]): string {
    if (perm === undefined) return this.form(weight, "", dtype, shape, (value) => value);
    const order = perm.map((axis) => shape[axis]!);
    return this.form(weight, perm.join(), dtype, order, (value) => transposedTensor(value, perm));
  }

  constant(given: Tensor): string {
    const value = withDType(given, held(given.dtype));
    const key = value.data.length > 64 ? null : `${value.dtype} ${value.shape.join()}: ${value.data.join()}`;
    const known = key === null ? undefined : this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.initializer("constant", value.dtype, value.shape, async () => value);
    if (key !== null) this.#constants.set(key, name);
    return name;
  }

  /** One number of a dtype, without axes. */
  scalar(value: number, dtype: DType): string {
    const exact = isFloat(dtype) ? "float64" : "int32";
    const data = exact === "float64" ? Float64Array.of(value) : Int32Array.of(value);
    return this.constant(withDType({ dtype: exact, shape: [], data }, dtype));
  }

  /** Whole numbers: one axis, int64. */
  ints(values: readonly number[]): string {
    return this.constant({ dtype: "int64", shape: [values.length], data: BigInt64Array.from(values.map(BigInt)) });
  }

  /** Adds a node as it is. `output`: what its only output must be called. */
  raw(
    op: string,
    inputs: readonly string[],
    attributes: OnnxNode["attributes"] = {},
    outputs = 1,
    output?: string,
  ): readonly string[] {
    const name = this.unique(this.layer === "" ? op : `${this.layer}/${op}`);
    const many = (): string[] => Array.from({ length: outputs }, (_, i) => this.unique(`${name}:${i}`));
    const made = outputs === 1 ? [output ?? name] : many();
    const node = { op, name, inputs, outputs: made, attributes };
    this.#nodes.push(node);
    for (const output of made) this.#producers.set(output, node);
    return made;
  }

  /** Adds a node with one output. */
  node(op: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string {
    return this.raw(op, inputs, attributes)[0]!;
  }

  /** Whether an operator made a value, or one that it is once `VANISHING` operators are away. */
  isMadeBy(op: string, name: string): boolean {
    const node = this.#producers.get(name);
    const before = node?.inputs.find((input) => this.#producers.has(input));
    return node?.op === op || (before !== undefined && VANISHING.has(node!.op) && this.isMadeBy(op, before));
  }

  /** What a value is the transpose of, if it is one. */
  source(name: string): { readonly name: string; readonly perm: readonly number[] } | undefined {
    const node = this.#producers.get(name);
    if (node?.op !== "Transpose") return undefined;
    return { name: node.inputs[0]!, perm: node.attributes["perm"] as readonly number[] };
  }

  /** The axes in another order; two in a row become one, or none. */
  transpose(name: string, perm: readonly number[]): string {
    const before = this.source(name);
    const whole = before === undefined ? perm : perm.map((axis) => before.perm[axis]!);
    const from = before?.name ?? name;
    return isIdentity(whole) ? from : this.node("Transpose", [from], { perm: [...whole] });
  }

  /** An operand with its axes in another order: a weight is written so. */
  arranged({ weight, dtype, shape, name }: OnnxOperand, perm: readonly number[]): string {
    return weight === undefined
      ? this.transpose(name, perm)
      : this.weight(weight, dtype, shape as readonly number[], perm);
  }

  /** A node that computes element by element: it takes the place before a transpose of what it reads. */
  elementwise(op: string, inputs: readonly string[], attributes?: OnnxNode["attributes"]): string {
    const sources = inputs.map((name) => (this.#scalars.has(name) ? null : this.source(name)));
    const found = sources.filter((one) => one !== null);
    const [first] = found;
    const isOne = found.every((one) => one !== undefined && one.perm.join() === first!.perm.join());
    if (first === undefined || !isOne) return this.node(op, inputs, attributes);
    const before = inputs.map((name, i) => sources[i]?.name ?? name);
    return this.transpose(this.node(op, before, attributes), first.perm);
  }

  cast(name: string, from: DType, to: DType): string {
    const as = (dtype: DType, x: string): string => this.elementwise("Cast", [x], { to: ELEMENT[dtype] });
    if (from === to || held(from) === to) return name;
    return held(to) === to ? as(to, name) : as(held(to), as(to, name));
  }

  /** What `make` adds, on float32 where it is of float64: of operators that engines have no more digits for. */
  narrow(names: readonly string[], dtype: DType, make: (names: readonly string[]) => string): string {
    if (dtype !== "float64") return make(names);
    this.narrowed.add(this.layer);
    const narrow = names.map((name) => (name === "" ? name : this.cast(name, dtype, "float32")));
    return this.cast(make(narrow), "float32", dtype);
  }

  /** A value that was computed as it is held, in its own dtype. */
  rounded(name: string, dtype: DType): string {
    return this.cast(name, held(dtype), dtype);
  }

  /** A length: one number in one axis. */
  size(size: Size): string {
    if (typeof size === "number") return this.ints([size]);
    if ("of" in size) return this.length(this.nameOf(size.of), size.axis);
    if (size.fn === "need") return this.size(size.a);
    const both = [this.size(size.a), this.size(size.b)];
    // `Div` cuts towards 0, `Mod` has the divisor's sign.
    if (size.fn === "floor") return this.node("Div", [this.node("Sub", [both[0]!, this.node("Mod", both)]), both[1]!]);
    return this.node({ add: "Add", sub: "Sub", mul: "Mul", div: "Div", max: "Max" }[size.fn], both);
  }

  length(name: string, axis: number): string {
    const before = this.source(name);
    if (before !== undefined) return this.length(before.name, before.perm[axis]!);
    return this.node("Shape", [name], { start: axis, end: axis + 1 });
  }

  sizes(sizes: readonly Size[]): string {
    if (sizes.every((size) => typeof size === "number")) return this.ints(sizes);
    if (sizes.length === 1) return this.size(sizes[0]!);
    return this.node(
      "Concat",
      sizes.map((size) => this.size(size)),
      { axis: 0 },
    );
  }

  /** One whole number without axes. */
  plain(size: Size): string {
    return typeof size === "number"
      ? this.scalar(size, "int64")
      : this.node("Squeeze", [this.size(size), this.ints([0])]);
  }

  /** What `make` adds, apart: the body of a loop. */
  inside<T>(make: () => T): { readonly nodes: readonly OnnxNode[]; readonly result: T } {
    const before = this.#nodes;
    this.#nodes = [];
    try {
      const result = make();
      return { nodes: this.#nodes, result };
    } finally {
      this.#nodes = before;
    }
  }
}

/** Nodes that something needs; `wanted` grows by all that they read. */
export function alive(nodes: readonly OnnxNode[], wanted: Set<string>): OnnxNode[] {
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) wanted.add(name);
    let { attributes } = node;
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value !== "object" || !("graph" in value)) continue;
      for (const { name } of value.graph.outputs) wanted.add(name);
      attributes = { ...attributes, [key]: { graph: { ...value.graph, nodes: alive(value.graph.nodes, wanted) } } };
    }
    kept.push({ ...node, attributes });
  }
  return kept.reverse();
}
