/**
 * Calls of TensorFlow functions as operation nodes of Keras 3, where it has an equal. What has none, and every argument
 * that the operation cannot say, is refused by name (`unsupported/translation`, `unsupported/argument`).
 * Source: keras/src/ops/{numpy,nn,math,core}.py (3.15.1).
 */
import { wholeObject } from "../formats/languages.ts";
import { JsonNumber, type JsonNode, type JsonObject } from "../codecs/json.ts";
import { type DType, isFloat } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { isSymArg } from "../layers/common/args.ts";
import { flatNumbers } from "../layers/operations/shared/operation.ts";
import { TENSORFLOW } from "../layers/operations/shared/tensorflow.ts";
import { LAYERS } from "../layers/registry.ts";
import { Given } from "../layers/operations/shared/tensorflow-call.ts";
import type { Arg, Call, CallArg, LayerNode } from "../layers/define.ts";
import type { Sym } from "../ops/types.ts";
import { freshName } from "./layer-names.ts";
import type { References } from "./write-calls.ts";

/** A node to be: its operation, tensors or other nodes, options. `CallArg` for what stands in the file as it is. */
interface Made {
  readonly op: string;
  readonly args: readonly (Arg | Made)[];
  readonly options?: Readonly<Record<string, Arg>>;
}
type Rule = (a: Reader) => Made;

/** Reads arguments for a rule; numbers keep their kind. */
class Reader extends Given {
  /** A tensor among the arguments; undefined for plain values. */
  sym(name: string): Sym | undefined {
    const arg = this.arg(name);
    return isSymArg(arg) ? arg : undefined;
  }
  float(name: string): DType {
    const { dtype } = this.sym(name) ?? { dtype: "float32" as const };
    return isFloat(dtype)
      ? dtype
      : fail("unsupported/translation", { message: "of integers it is another in Keras 3" });
  }
  required(name: string): Arg {
    const arg = this.arg(name);
    return arg === null ? fail("unsupported/translation", { message: `without ${name}` }) : arg;
  }
}

const rules = new Map<string, Rule>();
/** `names` are TensorFlow's, apart by spaces; TensorFlow 1's come with them. */
const rule = (names: string, make: Rule): void => {
  for (const name of names.split(" ")) for (const full of [name, `compat.v1.${name}`]) rules.set(full, make);
};
const plain = (rows: Readonly<Record<string, string>>, ...args: readonly string[]): void => {
  for (const [names, op] of Object.entries(rows))
    rule(names, (a) => ({ op, args: args.map((name) => a.required(name)) }));
};

plain(
  {
    "abs math.abs": "Absolute", "negative math.negative": "Negative", "sign math.sign": "Sign", "exp math.exp": "Exp",
    "math.expm1": "Expm1", "math.log": "Log", "math.log1p": "Log1p", "sqrt math.sqrt": "Sqrt", "math.rsqrt": "Rsqrt",
    "square math.square": "Square", "math.reciprocal": "Reciprocal", "sin math.sin": "Sin", "cos math.cos": "Cos",
    "tan math.tan": "Tan", "asin math.asin": "Arcsin", "acos math.acos": "Arccos", "atan math.atan": "Arctan",
    "sinh math.sinh": "Sinh", "cosh math.cosh": "Cosh", "tanh math.tanh nn.tanh": "Tanh", "math.erf": "Erf",
    "sigmoid math.sigmoid nn.sigmoid": "Sigmoid", "floor math.floor": "Floor", "math.ceil": "Ceil",
    "math.is_nan": "Isnan", "math.is_inf": "Isinf", "math.is_finite": "Isfinite", "math.log_sigmoid": "LogSigmoid",
    "logical_not math.logical_not": "LogicalNot",
  },
  "x",
); // prettier-ignore
plain({ stop_gradient: "StopGradient", identity: "Copy" }, "input");
plain(
  {
    "math.softplus nn.softplus": "Softplus", "math.softsign nn.softsign": "Softsign", "nn.relu": "Relu",
    "nn.relu6": "Relu6", "nn.elu": "Elu", "nn.selu": "Selu",
  },
  "features",
); // prettier-ignore
plain(
  {
    "add math.add __operators__.add": "Add", "subtract math.subtract": "Subtract", "multiply math.multiply": "Multiply",
    "math.floordiv floor_div": "FloorDivide", "math.floormod math.mod": "Mod", "pow math.pow": "Power",
    "maximum math.maximum": "Maximum", "minimum math.minimum": "Minimum", "math.divide_no_nan": "DivideNoNan",
    "equal math.equal": "Equal", "not_equal math.not_equal": "NotEqual", "less math.less": "Less",
    "less_equal math.less_equal": "LessEqual", "greater math.greater": "Greater",
    "greater_equal math.greater_equal": "GreaterEqual", "logical_and math.logical_and": "LogicalAnd",
    "logical_or math.logical_or": "LogicalOr", "math.logical_xor": "LogicalXor",
    "truediv math.truediv divide math.divide realdiv": "TrueDivide",
  },
  "x",
  "y",
); // prettier-ignore
plain({ "atan2 math.atan2": "Arctan2" }, "y", "x");
rule("div", (a) => {
  if (a.sym("x") !== undefined) a.float("x");
  return { op: "TrueDivide", args: [a.required("x"), a.required("y")] };
});
rule("math.squared_difference", (a) => ({
  op: "Square",
  args: [{ op: "Subtract", args: [a.required("x"), a.required("y")] }],
}));
rule("round math.round math.rint", (a) => ({ op: "Round", args: [a.required("x")], options: { decimals: 0 } }));
rule("nn.silu nn.swish", (a) => {
  const [x, beta] = [a.required("features"), a.arg("beta")];
  if (beta === 1) return { op: "Silu", args: [x] };
  return { op: "Multiply", args: [x, { op: "Sigmoid", args: [{ op: "Multiply", args: [x, beta] }] }] };
});
rule("nn.leaky_relu", (a) => ({
  op: "LeakyRelu",
  args: [a.required("features")],
  options: { negative_slope: a.number("alpha") },
}));
rule("nn.gelu", (a) => ({
  op: "Gelu",
  args: [a.required("features")],
  options: { approximate: a.flag("approximate") },
}));
for (const [name, op] of [
  ["softmax", "Softmax"],
  ["log_softmax", "LogSoftmax"],
] as const)
  rule(`nn.${name} math.${name}`, (a) => ({
    op,
    args: [a.required("logits")],
    options: { axis: a.number(a.has("dim") ? "dim" : "axis") ?? -1 },
  }));
for (const [name, op] of [
  ["sum", "Sum"],
  ["mean", "Mean"],
  ["max", "Max"],
  ["min", "Min"],
  ["prod", "Prod"],
  ["any", "Any"],
  ["all", "All"],
  ["logsumexp", "Logsumexp"],
  ["std", "Std"],
  ["variance", "Var"],
] as const)
  rule(`reduce_${name} math.reduce_${name}`, (a) => {
    if (name === "mean") a.float("input_tensor");
    const axis = a.numbers(a.has("reduction_indices") ? "reduction_indices" : "axis");
    const keepdims = a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims");
    return { op, args: [a.required("input_tensor")], options: { axis, keepdims } };
  });
for (const [name, op] of [
  ["argmax", "Argmax"],
  ["argmin", "Argmin"],
] as const)
  rule(`${name} math.${name}`, (a) => {
    const axis = a.number(a.has("dimension") ? "dimension" : "axis") ?? 0;
    const found = { op, args: [a.required("input")], options: { axis, keepdims: false } };
    const dtype = a.text("output_type");
    return dtype === "int32" ? found : { op: "Cast", args: [found], options: { dtype } };
  });
rule("cumsum math.cumsum", (a) => {
  return { op: "Cumsum", args: [a.required("x")], options: { axis: a.number("axis") ?? 0 } };
});
rule("clip_by_value", (a) => ({
  op: "Minimum",
  args: [{ op: "Maximum", args: [a.required("t"), a.required("clip_value_min")] }, a.required("clip_value_max")],
}));
rule("linalg.matmul matmul", (a) => {
  a.ignore("a_is_sparse", "b_is_sparse", "grad_a", "grad_b");
  const side = (name: string): Arg | Made => {
    const x = a.required(name);
    const turned = [a.flag(`transpose_${name}`), a.flag(`adjoint_${name}`)].includes(true);
    return turned ? { op: "Swapaxes", args: [x], options: { axis1: -2, axis2: -1 } } : x;
  };
  return { op: "Matmul", args: [side("a"), side("b")] };
});
rule("reshape", (a) => ({ op: "Reshape", args: [a.required("tensor")], options: { newshape: a.numbers("shape") } }));
rule("transpose", (a) => {
  a.ignore("conjugate");
  return { op: "Transpose", args: [a.required("a")], options: { axes: a.numbers("perm") } };
});
rule("expand_dims", (a) => ({
  op: "ExpandDims",
  args: [a.required("input")],
  options: { axis: a.number(a.has("dim") ? "dim" : "axis") ?? 0 },
}));
rule("squeeze", (a) => ({
  op: "Squeeze",
  args: [a.required("input")],
  options: { axis: a.numbers(a.has("squeeze_dims") ? "squeeze_dims" : "axis") },
}));
rule("concat", (a) => ({ op: "Concatenate", args: [a.required("values")], options: { axis: a.number("axis") } }));
rule("stack", (a) => ({ op: "Stack", args: [a.required("values")], options: { axis: a.number("axis") } }));
rule("unstack", (a) => ({
  op: "Unstack",
  args: [a.required("value")],
  options: { num: a.number("num"), axis: a.number("axis") },
}));
rule("split", (a) => {
  a.ignore("num");
  const axis = a.number("axis") ?? 0;
  const given = a.arg("num_or_size_splits");
  const options = (cuts: Arg): Made => ({
    op: "Split",
    args: [a.required("value")],
    options: { indices_or_sections: cuts, axis },
  });
  if (typeof given === "number") return options(given);
  const sizes = a.numbers("num_or_size_splits")!;
  const open = sizes.indexOf(-1);
  const length = a.sym("value")?.shape.at(axis) ?? null;
  if (open >= 0) {
    if (length === null) return fail("unsupported/translation", { message: "pieces of an unknown length" });
    sizes[open] = length - sizes.reduce((sum, n) => sum + n, 1);
  }
  let place = 0;
  return options(sizes.slice(0, -1).map((n) => (place += n)));
});
rule("tile", (a) => ({ op: "Tile", args: [a.required("input")], options: { repeats: a.numbers("multiples") } }));
rule("repeat", (a) => ({
  op: "Repeat",
  args: [a.required("input")],
  options: { repeats: a.number("repeats"), axis: a.number("axis") },
}));
rule("roll", (a) => ({
  op: "Roll",
  args: [a.required("input")],
  options: { shift: a.arg("shift"), axis: a.arg("axis") },
}));
rule("reverse", (a) => ({ op: "Flip", args: [a.required("tensor")], options: { axis: a.numbers("axis") } }));
rule("pad", (a) => {
  const mode = a.text("mode")!.toLowerCase();
  const value = mode === "constant" ? [a.arg("constant_values")] : [];
  return { op: "Pad", args: [a.required("tensor"), ...value], options: { pad_width: a.arg("paddings"), mode } };
});
rule("broadcast_to", (a) => ({
  op: "BroadcastTo",
  args: [a.required("input")],
  options: { shape: a.numbers("shape") },
}));
rule("cast", (a) => ({ op: "Cast", args: [a.required("x")], options: { dtype: a.text("dtype") } }));
for (const [name, op] of [
  ["zeros_like", "ZerosLike"],
  ["ones_like", "OnesLike"],
] as const) {
  const like =
    (arg: string): Rule =>
    (a) => {
      if (arg === "tensor") a.ignore("optimize");
      return { op, args: [a.required(arg)], options: { dtype: a.text("dtype") } };
    };
  rules.set(name, like("input"));
  rules.set(`compat.v1.${name}`, like("tensor"));
}
rule("where", (a) => ({ op: "Where", args: [a.required("condition"), a.required("x"), a.required("y")] }));
rule("math.add_n", (a) => {
  const given = a.required("inputs");
  const [first, second, ...more] = Array.isArray(given) ? (given as readonly Arg[]) : [given];
  if (second === undefined) return { op: "Copy", args: [first!] };
  return more.reduce<Made>((sum, x) => ({ op: "Add", args: [sum, x] }), { op: "Add", args: [first!, second] });
});
rule("gather", (a) => {
  a.ignore("validate_indices");
  return { op: "Take", args: [a.required("params"), a.required("indices")], options: { axis: a.number("axis") ?? 0 } };
});
rule("one_hot", (a) => ({
  op: "OneHot",
  args: [a.required("indices")],
  options: { num_classes: a.number("depth"), axis: a.number("axis") ?? -1, dtype: a.text("dtype") ?? "float32" },
}));
rules.set("__operators__.getitem", (a) => ({ op: "GetItem", args: [a.required("tensor"), a.arg("slice_spec")] }));

const isMade = (arg: Arg | Made): arg is Made =>
  typeof arg === "object" && arg !== null && "op" in arg && "args" in arg;

/** Options as JSON. */
const option = (arg: Arg): JsonNode => {
  if (typeof arg === "number") return JsonNumber.of(arg);
  if (Array.isArray(arg)) return (arg as readonly Arg[]).map(option);
  return arg === null || typeof arg === "boolean" || typeof arg === "string"
    ? arg
    : fail("unsupported/translation", { message: "an option that is no plain value" });
};

/** Between arguments as the file has them and as rules read them: references stand as values with an id of their own. */
class Stand {
  readonly #about: References;
  readonly #stored: CallArg[] = [];

  constructor(about: References) {
    this.#about = about;
  }

  from(arg: CallArg): Arg {
    switch (arg.kind) {
      case "json":
        return arg.value;
      case "list":
        return arg.items.map((item) => this.from(item));
      case "slice":
        return { slice: [this.from(arg.start), this.from(arg.stop), this.from(arg.step)] };
      case "ellipsis":
        return { ellipsis: true };
      case "record":
        return Object.fromEntries(arg.entries.map(([key, value]) => [key, this.from(value)]));
      default: {
        const known = arg.kind === "ref" ? this.#about.types.get(arg) : arg;
        const id = this.#stored.push(arg) - 1;
        return { id, shape: known?.shape ?? arg.shape ?? [], dtype: known?.dtype ?? arg.dtype };
      }
    }
  }

  /** `floats`: numbers are floats, though they may be whole. */
  back(arg: Arg, floats: boolean): CallArg {
    const inner = (item: Arg): CallArg => this.back(item, false);
    if (isSymArg(arg)) return this.#stored[arg.id]!;
    if (Array.isArray(arg)) return { kind: "list", items: (arg as readonly Arg[]).map(inner) };
    if (typeof arg === "number") return { kind: "json", value: arg, float: floats };
    if (typeof arg !== "object" || arg === null) return { kind: "json", value: arg };
    const { slice } = arg as { readonly slice?: readonly Arg[] };
    if (slice === undefined) return { kind: "ellipsis" };
    const [start, stop, step] = slice.map(inner) as [CallArg, CallArg, CallArg];
    return { kind: "slice", start, stop, step };
  }
}

/** Numbers in lists as a constant, which Keras 3 wants for a tensor; null where there is anything else. */
function constantOf(arg: Arg | Made, beside: readonly (Arg | Made)[]): CallArg | null {
  const flat = Array.isArray(arg) ? flatNumbers(arg as readonly Arg[]) : null;
  if (flat === null || flat.values.length === 0) return null;
  const { values, shape, whole } = flat;
  const float = !whole || beside.some((x) => !isMade(x) && isSymArg(x) && isFloat(x.dtype));
  return { kind: "constant", values, shape, dtype: float ? "float32" : "int32" };
}

/** An operation node that writes itself: class, options, the one call. */
export interface Operation {
  readonly name: string;
  readonly form: JsonObject;
  readonly call: Call;
}

/**
 * The operation nodes that do what a layer of class TFOpLambda does, the last named `as`. null for other layers.
 * `taken` are the names in the model.
 */
export function operationsOf(
  node: LayerNode,
  as: string,
  calls: readonly Call[],
  about: References,
  taken: Set<string>,
): readonly Operation[] | null {
  if (node.def?.class !== "TFOpLambda") return null;
  const refuse = (message: string): never => fail("unsupported/translation", { path: node.path, message });
  const fn = String(node.config["function"]);
  const known = TENSORFLOW.get(fn);
  const make = rules.get(fn);
  const [call, ...more] = calls;
  if (known === undefined || make === undefined) return refuse(`Keras 3 has nothing that equals tf.${fn}`);
  if (call === undefined || more.length > 0) return refuse("a function that is called more than once");
  const stand = new Stand(about);
  const kw = Object.fromEntries(call.kwargs.map(([key, value]) => [key, stand.from(value)]));
  const floats = call.kwargs.flatMap(([key, value]) => (value.kind === "json" && value.float === true ? [key] : []));
  const read = new Reader(
    `tf.${fn}`,
    known.parameters,
    call.args.map((arg) => stand.from(arg)),
    { ...kw, $floats: floats },
  );
  const whole = make(read);
  read.done();
  const nodes: Operation[] = [];
  const write = (made: Made, name: string): CallArg => {
    const def = LAYERS.find((known) => known.kind === "operation" && known.class === made.op)!;
    const list = (arg: Arg | Made): CallArg | null =>
      made.op === "GetItem" ? null : constantOf(arg, made.op === "Take" ? [] : made.args);
    const args = made.args.map(
      (arg) => list(arg) ?? (isMade(arg) ? write(arg, freshName(as, taken)) : stand.back(arg, floats.length > 0)),
    );
    const options = Object.entries(made.options ?? {}).map(([key, value]) => [key, option(value)] as const);
    const config = new Map<string, JsonNode>([["name", name], ...options]);
    const form = wholeObject(def.module ?? null, def.class, config, def.class);
    nodes.push({ name, form, call: { args, kwargs: [] } });
    return { kind: "ref", layer: name, node: 0, tensor: 0, shape: null, dtype: "float32" };
  };
  write(whole, as);
  return nodes;
}
