/**
 * Nodes of TensorFlow graphs in terms of its functions. Inputs stand in the order of the node's, constants among them.
 * Source: tensorflow/core/ops/{math,array,nn}_ops.cc; `fixtures/tensorflow/signatures.json.gz` has their attributes.
 */
import { JsonNumber, type JsonNode } from "../../../codecs/json.ts";
import { isFloat } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { isSym } from "../../common/args.ts";
import { callFunction } from "./tensorflow.ts";
import { GivenArguments, type Parameter, parameters } from "./tensorflow-call.ts";

/** `DT_FLOAT` → `float32`. */
const dtypeName = (text: string): string => {
  const plain = text.replace(/^DT_/, "").toLowerCase();
  const renamed: Readonly<Record<string, string>> = { float: "float32", double: "float64", half: "float16" };
  return Object.hasOwn(renamed, plain) ? renamed[plain]! : plain;
};

/** A value in protobuf's JSON, `{"i": "1"}`: integers are text there, text is base64. */
function attribute(node: JsonNode): Arg {
  if (!(node instanceof Map) || node.size !== 1) return null;
  const [[kind, value]] = [...node] as [[string, JsonNode]];
  const number = (n: JsonNode): number => (n instanceof JsonNumber ? n.value : Number(n));
  if (kind === "list") {
    const items = value instanceof Map ? value.get("i") : undefined;
    return Array.isArray(items) ? items.map(number) : [];
  }
  if (kind === "i" || kind === "f") return number(value);
  if (kind === "type") return typeof value === "string" ? dtypeName(value) : null;
  if (kind === "s") return typeof value === "string" ? atob(value) : null;
  return typeof value === "boolean" ? value : null;
}

/** Attributes that only tell the types and the number of the inputs, and notes of TensorFlow's own. */
export const INERT =
  /^(_.*|T|T(idx|dim|shape|perm|len|paddings|multiples|params|indices|axis|a|b|I)|N|Index|SrcT|index_type)$/;

type Build = (x: readonly Arg[], attr: GivenArguments) => { readonly fn: string; readonly args: readonly Arg[] };

/** A node of a TensorFlow graph: its attributes, and the function that does the same. */
export interface TfNode {
  readonly attributes: readonly Parameter[];
  readonly build: Build;
}

const table = new Map<string, TfNode>();
const node = (ops: string, attributes: string, build: Build): void => {
  for (const op of ops.split(" ")) table.set(op, { attributes: parameters(attributes), build });
};
/** Nodes whose inputs are the function's arguments. */
const plain = (rows: Readonly<Record<string, string>>): void => {
  for (const [op, fn] of Object.entries(rows)) node(op, "", (x) => ({ fn, args: x }));
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
  Add: "math.add", AddV2: "math.add", Sub: "math.subtract", Mul: "math.multiply", RealDiv: "realdiv",
  FloorDiv: "math.floordiv", FloorMod: "math.floormod", Pow: "math.pow",
  Maximum: "math.maximum", Minimum: "math.minimum", SquaredDifference: "math.squared_difference",
  DivNoNan: "math.divide_no_nan", Atan2: "math.atan2",
  Less: "math.less", LessEqual: "math.less_equal", Greater: "math.greater", GreaterEqual: "math.greater_equal",
  LogicalAnd: "math.logical_and", LogicalOr: "math.logical_or", Reshape: "reshape", Transpose: "transpose",
  ExpandDims: "expand_dims", Tile: "tile", ReverseV2: "reverse", BroadcastTo: "broadcast_to", Fill: "fill",
  ZerosLike: "zeros_like", OnesLike: "ones_like", SelectV2: "where", Select: "compat.v1.where",
  ClipByValue: "clip_by_value",
}); // prettier-ignore

for (const fn of ["Sum", "Mean", "Max", "Min", "Prod", "Any", "All"])
  node(fn, "keep_dims=false", ([x, axis], attr) => ({
    fn: `math.reduce_${fn.toLowerCase()}`,
    args: [x!, axis ?? null, attr.flag("keep_dims")],
  }));
for (const fn of ["ArgMax", "ArgMin"])
  node(fn, 'output_type="int64"', ([x, axis], attr) => ({
    fn: `math.${fn.toLowerCase()}`,
    args: [x!, axis ?? null, attr.arg("output_type")],
  }));
for (const [op, fn] of [
  ["Equal", "math.equal"],
  ["NotEqual", "math.not_equal"],
] as const)
  node(op, "incompatible_shape_error=true", (x) => ({ fn, args: x }));
node("Div", "", (x) => {
  if (x.some((arg) => isSym(arg) && !isFloat(arg.dtype))) fail("unsupported/dtype", { message: "Div of integers" });
  return { fn: "math.truediv", args: x };
});
node("Shape", 'out_type="int32"', ([x], attr) => ({ fn: "shape", args: [x!, attr.arg("out_type")] }));
node("BiasAdd", 'data_format="NHWC"', (x) => ({ fn: "math.add", args: x }));
node("MatMul", "transpose_a=false, transpose_b=false, grad_a=false, grad_b=false", ([a, b], attr) => {
  attr.ignore("grad_a", "grad_b");
  return { fn: "linalg.matmul", args: [a!, b!, attr.flag("transpose_a"), attr.flag("transpose_b")] };
});
node("BatchMatMul BatchMatMulV2", "adj_x=false, adj_y=false, grad_x=false, grad_y=false", ([a, b], attr) => {
  attr.ignore("grad_x", "grad_y");
  return { fn: "linalg.matmul", args: [a!, b!, attr.flag("adj_x"), attr.flag("adj_y")] };
});
node("BatchMatMulV3", "adj_x=false, adj_y=false, Tout, grad_x=false, grad_y=false", ([a, b], attr) => {
  attr.ignore("grad_x", "grad_y");
  const out = attr.arg("Tout");
  if (isSym(a) && a.dtype !== out)
    fail("unsupported/dtype", { message: "a product of another dtype", found: `${out as string}` });
  return { fn: "linalg.matmul", args: [a!, b!, attr.flag("adj_x"), attr.flag("adj_y")] };
});
node("LeakyRelu", "alpha=0.20000000298023224", ([x], attr) => ({ fn: "nn.leaky_relu", args: [x!, attr.arg("alpha")] }));
node("Squeeze", "squeeze_dims=[]", ([x], attr) => ({ fn: "squeeze", args: [x!, attr.arg("squeeze_dims")] }));
node("ConcatV2", "", (x) => ({ fn: "concat", args: [x.slice(0, -1), x.at(-1) ?? null] }));
node("Pack", "axis=0", (x, attr) => ({ fn: "stack", args: [x, attr.arg("axis")] }));
node("Unpack", "num, axis=0", ([x], attr) => ({ fn: "unstack", args: [x!, attr.arg("num"), attr.arg("axis")] }));
node("Split", "num_split", ([axis, x], attr) => ({ fn: "split", args: [x!, attr.arg("num_split"), axis!] }));
node("SplitV", "num_split", ([x, sizes, axis], attr) => ({
  fn: "split",
  args: [x!, sizes!, axis!, attr.arg("num_split")],
}));
node("Pad", "", ([x, amounts]) => ({ fn: "pad", args: [x!, amounts!] }));
node("PadV2", "", ([x, amounts, value]) => ({ fn: "pad", args: [x!, amounts!, null, value!] }));
node("MirrorPad", "mode", ([x, amounts], attr) => ({ fn: "pad", args: [x!, amounts!, attr.arg("mode")] }));
node("Cast", "DstT, Truncate=false", ([x], attr) => ({ fn: "cast", args: [x!, attr.arg("DstT")] }));
node("AddN", "", (x) => ({ fn: "math.add_n", args: [x] }));
node("GatherV2", "batch_dims=0", ([x, indices, axis], attr) => ({
  fn: "gather",
  args: [x!, indices!, null, axis ?? 0, attr.arg("batch_dims")],
}));
node("OneHot", "axis=-1", ([x, depth, on, off], attr) => ({
  fn: "one_hot",
  args: [x!, depth!, on!, off!, attr.arg("axis")],
}));
node("Cumsum", "exclusive=false, reverse=false", ([x, axis], attr) => ({
  fn: "math.cumsum",
  args: [x!, axis!, attr.flag("exclusive"), attr.flag("reverse")],
}));
const MASKS = ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"];
node("StridedSlice", MASKS.map((mask) => `${mask}=0`).join(", "), ([x, begin, end, strides], attr) => {
  const masks = MASKS.map((mask) => attr.number(mask)!);
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

/** By the node's operation. */
export const TENSORFLOW_NODES: ReadonlyMap<string, TfNode> = table;

/** Runs a node. Refuses those that nobody here knows: `unsupported/tensorflow-operation`. */
export function runNode(cx: Context, op: string, x: readonly Arg[], attr: JsonNode | undefined): Sym | readonly Sym[] {
  const known = table.get(op) ?? fail("unsupported/tensorflow-operation", { found: op });
  const names = new Set(known.attributes.map(({ name }) => name));
  const given = attr instanceof Map ? [...attr].filter(([name]) => names.has(name) || !INERT.test(name)) : [];
  const attributes = Object.fromEntries(given.map(([name, value]) => [name, attribute(value)]));
  const read = new GivenArguments(`the node ${op}`, known.attributes, [], attributes);
  const { fn, args } = known.build(x, read);
  read.done();
  // Whole numbers among the constants are of the node's type.
  const type = attr instanceof Map ? attribute(attr.get("T") ?? null) : null;
  const typed = (arg: Arg): Arg => (type === "float32" && typeof arg === "number" ? { float: arg } : arg);
  return callFunction(cx, fn, args.map(typed), {});
}
