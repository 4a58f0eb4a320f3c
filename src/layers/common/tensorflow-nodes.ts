/**
 * Nodes of TensorFlow graphs in terms of its functions. Inputs stand in the order of the node's, constants among them.
 * Source: tensorflow/core/ops/{math,array,nn}_ops.cc.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { Arg, Context } from "../define.ts";
import { TENSORFLOW } from "./tensorflow.ts";

/** Attributes of a node as protobuf's JSON has them: `{"axis": {"i": "1"}}`. */
export class NodeAttributes {
  readonly #attr: JsonObject;

  constructor(attr: JsonNode | undefined) {
    this.#attr = attr instanceof Map ? attr : new Map();
  }

  #value(name: string, kind: string): JsonNode | undefined {
    const value = this.#attr.get(name);
    return value instanceof Map ? value.get(kind) : undefined;
  }
  /** Integers are text in protobuf's JSON. */
  int(name: string): number {
    const value = this.#value(name, "i");
    return value instanceof JsonNumber ? value.value : typeof value === "string" ? Number(value) : 0;
  }
  ints(name: string): number[] {
    const list = this.#value(name, "list");
    const items = list instanceof Map ? list.get("i") : undefined;
    return Array.isArray(items) ? items.map((n) => (n instanceof JsonNumber ? n.value : Number(n))) : [];
  }
  float(name: string, otherwise: number): number {
    const value = this.#value(name, "f");
    return value instanceof JsonNumber ? value.value : otherwise;
  }
  bool(name: string): boolean {
    return this.#value(name, "b") === true;
  }
  /** `DT_FLOAT` → `float32`. */
  dtype(name: string): string | null {
    const value = this.#value(name, "type");
    if (typeof value !== "string") return null;
    const plain = value.replace(/^DT_/, "").toLowerCase();
    const renamed: Readonly<Record<string, string>> = { float: "float32", double: "float64", half: "float16" };
    return Object.hasOwn(renamed, plain) ? renamed[plain]! : plain;
  }
}

type Build = (x: readonly Arg[], attr: NodeAttributes) => { readonly fn: string; readonly args: readonly Arg[] };

const table = new Map<string, Build>();
/** Nodes whose inputs are the function's arguments. */
const plain = (rows: Readonly<Record<string, string>>): void => {
  for (const [op, fn] of Object.entries(rows)) table.set(op, (x) => ({ fn, args: x }));
};

plain({
  Identity: "identity", StopGradient: "stop_gradient", Neg: "math.negative", Abs: "math.abs", Sign: "math.sign",
  Exp: "math.exp", Expm1: "math.expm1", Log: "math.log", Log1p: "math.log1p", Sqrt: "math.sqrt", Rsqrt: "math.rsqrt",
  Square: "math.square", Reciprocal: "math.reciprocal", Inv: "math.reciprocal", Sin: "math.sin", Cos: "math.cos",
  Tan: "math.tan", Asin: "math.asin", Acos: "math.acos", Atan: "math.atan", Sinh: "math.sinh", Cosh: "math.cosh",
  Tanh: "math.tanh", Sigmoid: "math.sigmoid", Erf: "math.erf", Floor: "math.floor", Ceil: "math.ceil",
  Round: "math.round", Rint: "math.rint", IsNan: "math.is_nan", IsInf: "math.is_inf", IsFinite: "math.is_finite",
  LogicalNot: "math.logical_not", Relu: "nn.relu", Relu6: "nn.relu6", Elu: "nn.elu", Selu: "nn.selu",
  Softplus: "nn.softplus", Softsign: "nn.softsign", Softmax: "nn.softmax", LogSoftmax: "nn.log_softmax",
  Add: "math.add", AddV2: "math.add", Sub: "math.subtract", Mul: "math.multiply", RealDiv: "math.truediv",
  Div: "math.truediv", FloorDiv: "math.floordiv", FloorMod: "math.floormod", Pow: "math.pow",
  Maximum: "math.maximum", Minimum: "math.minimum", SquaredDifference: "math.squared_difference",
  DivNoNan: "math.divide_no_nan", Atan2: "math.atan2", Equal: "math.equal", NotEqual: "math.not_equal",
  Less: "math.less", LessEqual: "math.less_equal", Greater: "math.greater", GreaterEqual: "math.greater_equal",
  LogicalAnd: "math.logical_and", LogicalOr: "math.logical_or", Reshape: "reshape", Transpose: "transpose",
  ExpandDims: "expand_dims", Tile: "tile", ReverseV2: "reverse", BroadcastTo: "broadcast_to", Fill: "fill",
  ZerosLike: "zeros_like", OnesLike: "ones_like", SelectV2: "where", Select: "where", Shape: "shape",
  ClipByValue: "clip_by_value", BiasAdd: "math.add",
}); // prettier-ignore

for (const [op, fn] of Object.entries({
  Sum: "sum",
  Mean: "mean",
  Max: "max",
  Min: "min",
  Prod: "prod",
  Any: "any",
  All: "all",
}))
  table.set(op, ([x, axis], attr) => ({ fn: `math.reduce_${fn}`, args: [x!, axis ?? null, attr.bool("keep_dims")] }));
for (const [op, fn] of Object.entries({ ArgMax: "argmax", ArgMin: "argmin" }))
  table.set(op, ([x, axis], attr) => ({ fn: `math.${fn}`, args: [x!, axis ?? null, attr.dtype("output_type")] }));
for (const op of ["MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"])
  table.set(op, ([a, b], attr) => ({
    fn: "linalg.matmul",
    args: [a!, b!, attr.bool("transpose_a") || attr.bool("adj_x"), attr.bool("transpose_b") || attr.bool("adj_y")],
  }));
table.set("LeakyRelu", ([x], attr) => ({ fn: "nn.leaky_relu", args: [x!, attr.float("alpha", 0.2)] }));
table.set("Squeeze", ([x], attr) => ({ fn: "squeeze", args: [x!, attr.ints("squeeze_dims")] }));
table.set("ConcatV2", (x) => ({ fn: "concat", args: [x.slice(0, -1), x.at(-1) ?? null] }));
table.set("Pack", (x, attr) => ({ fn: "stack", args: [x, attr.int("axis")] }));
table.set("Unpack", ([x], attr) => ({ fn: "unstack", args: [x!, attr.int("num"), attr.int("axis")] }));
table.set("Split", ([axis, x], attr) => ({ fn: "split", args: [x!, attr.int("num_split"), axis!] }));
table.set("SplitV", ([x, sizes, axis]) => ({ fn: "split", args: [x!, sizes!, axis!] }));
table.set("Pad", ([x, amounts]) => ({ fn: "pad", args: [x!, amounts!] }));
table.set("PadV2", ([x, amounts, value]) => ({ fn: "pad", args: [x!, amounts!, null, value!] }));
table.set("Cast", ([x], attr) => ({ fn: "cast", args: [x!, attr.dtype("DstT")] }));
table.set("AddN", (x) => ({ fn: "math.add_n", args: [x] }));
table.set("GatherV2", ([x, indices, axis]) => ({ fn: "gather", args: [x!, indices!, null, axis ?? 0] }));
table.set("OneHot", ([x, depth]) => ({ fn: "one_hot", args: [x!, depth!] }));
table.set("Cumsum", ([x, axis], attr) => ({
  fn: "math.cumsum",
  args: [x!, axis!, attr.bool("exclusive"), attr.bool("reverse")],
}));
table.set("StridedSlice", ([x, begin, end, strides], attr) => {
  const masks = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].map((m) =>
    attr.int(m),
  );
  const [noBegin, noEnd, ellipsis, added, shrink] = masks as [number, number, number, number, number];
  const lists = [begin, end, strides] as readonly Arg[];
  if (!lists.every((list): list is readonly Arg[] => Array.isArray(list)))
    return fail("unsupported/slice", { expected: "numbers as bounds" });
  const key = lists[0]!.map((start, i): Arg => {
    const bit = 1 << i;
    if ((ellipsis & bit) !== 0) return { ellipsis: true };
    if ((added & bit) !== 0) return null;
    if ((shrink & bit) !== 0) return start;
    const [stop, step] = [lists[1]![i] ?? null, lists[2]![i] ?? null];
    return { slice: [(noBegin & bit) === 0 ? start : null, (noEnd & bit) === 0 ? stop : null, step] };
  });
  return { fn: "__operators__.getitem", args: [x!, key] };
});

/** Runs a node. Refuses those that nobody here knows: `unsupported/tensorflow-operation`. */
export function runNode(cx: Context, op: string, x: readonly Arg[], attr: NodeAttributes): Sym | readonly Sym[] {
  const build = table.get(op) ?? fail("unsupported/tensorflow-operation", { found: op });
  const { fn, args } = build(x, attr);
  const known = TENSORFLOW.get(fn)!;
  return known.run(cx, [...args, ...known.args.slice(args.length).map(() => null)]);
}
