/**
 * TensorFlow's windows, norms, orders and images among the operations of Keras 3, a rule each. Source:
 * keras/src/ops/{nn,numpy,math,linalg,image}.py (3.15.1).
 */
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { isSym } from "../layers/common/args.ts";
import { type FunctionArguments, type Made, type NodeRule, windowOf as windowBetween } from "./function-arguments.ts";

const rules = new Map<string, NodeRule>();

/** By the functions' names without `tf.`, apart by spaces. */
export const ARRAY_RULES: ReadonlyMap<string, NodeRule> = rules;

const rule = (names: string, make: NodeRule): void => void rules.set(names, make);

const FORMATS: Readonly<Record<string, string>> = {
  NHWC: "channels_last", NCHW: "channels_first", NWC: "channels_last", NCW: "channels_first",
  NDHWC: "channels_last", NCDHW: "channels_first",
}; // prettier-ignore
const formatOf = (a: FunctionArguments): string => FORMATS[a.text("data_format") ?? "NHWC"] ?? "channels_last";
const windowOf = (a: FunctionArguments, name: string, rank: number): Arg =>
  windowBetween(a, name, rank, formatOf(a) === "channels_first" ? 2 : 1);
const borders = (a: FunctionArguments): string => {
  const padding = a.arg("padding");
  return typeof padding === "string"
    ? padding.toLowerCase()
    : fail("unsupported/translation", { message: "borders of its own" });
};
/** The first of these names under which an argument is given. */
const named = (a: FunctionArguments, ...names: readonly string[]): string =>
  names.find((name) => a.has(name)) ?? names[0]!;
const rankOf = (a: FunctionArguments, x: string): number => (a.sym(x)?.shape.length ?? 4) - 2;

const shapeOf = (arg: Arg): readonly (number | null)[] =>
  isSym(arg) ? arg.shape : Array.isArray(arg) ? [arg.length, ...shapeOf((arg[0] ?? null) as Arg)] : [];

const convolution =
  (input: readonly string[], strides: string, dilations: string): NodeRule =>
  (a) => {
    if (a.has("use_cudnn_on_gpu")) a.ignore("use_cudnn_on_gpu");
    const x = named(a, ...input);
    const rank = rankOf(a, x);
    const format = formatOf(a);
    const kernel = a.required(named(a, "filters", "filter"));
    const given = [a.sym(x)?.shape.at(format === "channels_first" ? 1 : -1), shapeOf(kernel).at(-2)];
    if (given.every((n) => typeof n === "number") && given[0] !== given[1])
      fail("unsupported/translation", { message: "groups of channels, which Keras 3 refuses" });
    return {
      op: "Conv",
      args: [a.required(x), kernel],
      options: {
        strides: windowOf(a, strides, rank),
        padding: borders(a),
        data_format: format,
        dilation_rate: windowOf(a, dilations, rank),
      },
    };
  };
for (const rank of [1, 2, 3])
  rule(`nn.conv${rank}d`, convolution(["input", "value"], rank === 1 ? "stride" : "strides", "dilations"));
rule("nn.convolution", convolution(["input"], "strides", "dilations"));
for (const [name, op] of [
  ["max", "MaxPool"],
  ["avg", "AveragePool"],
] as const)
  rule(`nn.${name}_pool1d nn.${name}_pool2d nn.${name}_pool nn.${name}_pool_v2`, (a) => {
    const x = named(a, "input", "value");
    const rank = rankOf(a, x);
    return {
      op,
      args: [a.required(x)],
      options: {
        pool_size: windowOf(a, "ksize", rank),
        strides: windowOf(a, "strides", rank),
        padding: borders(a),
        data_format: formatOf(a),
      },
    };
  });
for (const [name, op] of [
  ["depth_to_space", "DepthToSpace"],
  ["space_to_depth", "SpaceToDepth"],
] as const)
  rule(`nn.${name} ${name}`, (a) => ({
    op,
    args: [a.required("input")],
    options: { block_size: a.number("block_size"), data_format: formatOf(a) },
  }));
rule("nn.bias_add", (a) =>
  formatOf(a) === "channels_last"
    ? { op: "Add", args: [a.required("value"), a.required("bias")] }
    : fail("unsupported/translation", { message: "of channels first" }),
);
// The least length stands under the root there, and beside it here.
rule("math.l2_normalize nn.l2_normalize linalg.l2_normalize", (a) => ({
  op: "Normalize",
  args: [a.required("x")],
  options: {
    axis: a.numbers(a.has("dim") ? "dim" : "axis"),
    order: 2,
    epsilon: Math.sqrt(a.number("epsilon") ?? 1e-12),
  },
}));
rule("norm linalg.norm", (a) => {
  const ord = a.arg("ord");
  const axis = a.arg("axis");
  return {
    op: "Norm",
    args: [a.required("tensor")],
    options: {
      ord: ord === "euclidean" ? null : ord,
      axis,
      keepdims: a.flag(a.has("keep_dims") ? "keep_dims" : "keepdims"),
    },
  };
});
rule("math.reduce_euclidean_norm", (a) => ({
  op: "Sqrt",
  args: [
    {
      op: "Sum",
      args: [{ op: "Square", args: [a.required("input_tensor")] }],
      options: { axis: a.numbers("axis"), keepdims: a.flag("keepdims") },
    },
  ],
}));
rule("tensordot linalg.tensordot", (a) => ({
  op: "Tensordot",
  args: [a.required("a"), a.required("b")],
  options: { axes: a.arg("axes") },
}));
rule("math.top_k nn.top_k", (a) => ({
  op: "TopK",
  args: [a.required("input")],
  options: { k: a.number("k"), sorted: a.flag("sorted") },
}));
for (const [name, op] of [
  ["sort", "Sort"],
  ["argsort", "Argsort"],
] as const)
  rule(name, (a) => {
    if (name === "argsort") a.ignore("stable");
    const made = { op, args: [a.required("values")], options: { axis: a.number("axis") ?? -1 } };
    if (a.text("direction") === "ASCENDING") return made;
    if (name === "argsort") return fail("unsupported/translation", { message: "in descending order" });
    return { op: "Flip", args: [made], options: { axis: a.number("axis") ?? -1 } };
  });
rule("math.cumprod cumprod", (a) => {
  const axis = a.number("axis") ?? 0;
  const turned = (x: Arg | Made): Arg | Made => (a.flag("reverse") ? { op: "Flip", args: [x], options: { axis } } : x);
  const x = turned(a.required("x"));
  const rank = a.sym("x")?.shape.length ?? 0;
  const isAlong = (_: unknown, i: number): boolean => i === (axis < 0 ? axis + rank : axis);
  const others = Array.from({ length: rank }, isAlong);
  const later: Made = {
    op: "Pad",
    args: [x, 1],
    options: { pad_width: others.map((is) => [is ? 1 : 0, 0]), mode: "constant" },
  };
  const shifted: Made = { op: "GetItem", args: [later, others.map((is) => ({ slice: [null, is ? -1 : null, null] }))] };
  return turned({ op: "Cumprod", args: [a.flag("exclusive") ? shifted : x], options: { axis } }) as Made;
});
rule("linalg.matrix_transpose", (a) => {
  a.ignore("conjugate");
  return { op: "Swapaxes", args: [a.required("a")], options: { axis1: -2, axis2: -1 } };
});
rule("linalg.trace trace", (a) => ({
  op: "Trace",
  args: [a.required("x")],
  options: { offset: 0, axis1: -2, axis2: -1 },
}));
for (const [name, axis] of [
  ["left_right", -2],
  ["up_down", -3],
] as const)
  rule(`image.flip_${name}`, (a) => ({ op: "Flip", args: [a.required("image")], options: { axis } }));
rule("image.resize", (a) => ({
  op: "Resize",
  args: [a.required("images")],
  options: {
    size: a.numbers("size"),
    interpolation: a.text("method"),
    antialias: a.flag("antialias"),
    data_format: "channels_last",
  },
}));
rule("image.extract_patches", (a) => {
  const inner = (name: string): Arg => a.numbers(name)!.slice(1, 3);
  return {
    op: "ExtractPatches",
    args: [a.required("images")],
    options: {
      size: inner("sizes"),
      strides: inner("strides"),
      dilation_rate: inner("rates"),
      padding: borders(a),
      data_format: "channels_last",
    },
  };
});
rule("slice", (a) => {
  const [begin, size] = [a.numbers("begin"), a.numbers("size")];
  if (begin === null || size === null) return fail("unsupported/translation", { message: "of computed places" });
  const cuts = begin.map((start, i) => ({ slice: [start, size[i]! < 0 ? null : start + size[i]!, null] }));
  return { op: "GetItem", args: [a.required("input_"), cuts] };
});
