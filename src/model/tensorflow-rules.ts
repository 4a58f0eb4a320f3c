/**
 * What equals a TensorFlow function among the operations of Keras 3, a rule each; what the operation cannot say is refused
 * by name (`unsupported/translation`, `unsupported/argument`). Source: keras/src/ops/{numpy,nn,math,core}.py (3.15.1).
 */
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { isSym } from "../layers/common/args.ts";
import type { FunctionArguments, Made, NodeRule } from "./function-arguments.ts";
import { ARRAY_RULES } from "./tensorflow-array-rules.ts";
import { COMPOSED_RULES } from "./tensorflow-composed-rules.ts";

const rules = new Map<string, NodeRule>();

/** By the function's name without `tf.`. */
export const OPERATION_RULES: ReadonlyMap<string, NodeRule> = rules;

/** `names` are TensorFlow's, apart by spaces; TensorFlow 1's come with them. */
const rule = (names: string, make: NodeRule): void => {
  for (const name of names.split(" ")) for (const full of [name, `compat.v1.${name}`]) rules.set(full, make);
};
const functions = new Map<string, { readonly fn: string; readonly args: readonly string[] }>();

/** Operations that are one function alone, by class, with the names of its arguments. */
export const PLAIN_FUNCTIONS: ReadonlyMap<string, { readonly fn: string; readonly args: readonly string[] }> =
  functions;

const plain = (rows: Readonly<Record<string, string>>, ...args: readonly string[]): void => {
  for (const [names, op] of Object.entries(rows)) {
    const all = names.split(" ");
    functions.set(op, { fn: all.find((name) => name.includes(".")) ?? all[0]!, args });
  }
  for (const [names, op] of Object.entries(rows))
    rule(names, (a) => ({ op, args: args.map((name) => a.required(name)) }));
};

plain(
  {
    "abs math.abs": "Absolute", "negative math.negative": "Negative", "sign math.sign": "Sign", "exp math.exp": "Exp",
    "math.expm1": "Expm1", "math.log": "Log", "math.log1p": "Log1p", "sqrt math.sqrt": "Sqrt", "math.rsqrt": "Rsqrt",
    "square math.square": "Square", "math.reciprocal": "Reciprocal", "sin math.sin": "Sin", "cos math.cos": "Cos",
    "tan math.tan": "Tan", "asin math.asin": "Arcsin", "math.asinh": "Arcsinh", "math.acosh": "Arccosh",
    "math.atanh": "Arctanh", "acos math.acos": "Arccos", "atan math.atan": "Arctan",
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
plain({ "__operators__.eq": "Equal", "__operators__.ne": "NotEqual" }, "self", "other");
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
  op: "Maximum",
  args: [{ op: "Minimum", args: [a.required("t"), a.required("clip_value_max")] }, a.required("clip_value_min")],
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
/** A list in which Keras 3 takes nothing but tensors. */
const tensorsOf = (a: FunctionArguments): Arg => {
  const values = a.required("values");
  return Array.isArray(values) && (values as readonly Arg[]).every(isSym)
    ? values
    : fail("unsupported/translation", { message: "numbers among tensors" });
};
rule("concat", (a) => ({ op: "Concatenate", args: [tensorsOf(a)], options: { axis: a.number("axis") } }));
rule("stack", (a) => ({ op: "Stack", args: [tensorsOf(a)], options: { axis: a.number("axis") } }));
rule("convert_to_tensor", (a) => {
  a.ignore("dtype_hint", "preferred_dtype");
  const dtype = a.text("dtype");
  const value = a.sym("value") ?? fail("unsupported/translation", { message: "of what is no tensor" });
  return dtype === null ? { op: "Copy", args: [value] } : { op: "Cast", args: [value], options: { dtype } };
});
rule("math.scalar_mul scalar_mul", (a) => ({ op: "Multiply", args: [a.required("scalar"), a.required("x")] }));
for (const [name, op] of [
  ["and", "BitwiseAnd"],
  ["or", "BitwiseOr"],
  ["xor", "BitwiseXor"],
] as const)
  rule(`bitwise.bitwise_${name}`, (a) => {
    const tensorOf = (side: string): Arg =>
      a.sym(side) ?? fail("unsupported/translation", { message: "of a number, which Keras 3 does not read back" });
    return { op, args: [tensorOf("x"), tensorOf("y")] };
  });
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
    (arg: string): NodeRule =>
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
  if (more.length > 254) return fail("unsupported/translation", { message: "a sum of more than 256 tensors" });
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
rules.set("__operators__.getitem", (a) => {
  const key = a.arg("slice_spec");
  // Keras 3 takes a single slice in a list alone.
  return { op: "GetItem", args: [a.required("tensor"), Array.isArray(key) ? key : [key]] };
});
for (const [names, make] of ARRAY_RULES) rule(names, make);
for (const [name, make] of COMPOSED_RULES) rules.set(name, make);
