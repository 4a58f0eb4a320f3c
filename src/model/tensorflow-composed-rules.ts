/**
 * TensorFlow's functions that are an operation of Keras 3 with arguments of its own, and could not be spelt out, or not as
 * briefly: a rule each. Source:
 * keras/src/ops/{numpy,nn,math,linalg,image}.py (3.15.1).
 */
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { type FunctionArguments, type Made, type NodeRule, windowOf } from "./function-arguments.ts";

const rules = new Map<string, NodeRule>();

/** By the functions' names without `tf.`. */
export const COMPOSED_RULES: ReadonlyMap<string, NodeRule> = rules;

const rule = (names: string, make: NodeRule): void => {
  for (const name of names.split(" ")) rules.set(name, make);
};
const make = (op: string, args: readonly Arg[], options: Readonly<Record<string, Arg>> = {}): Made => ({ op, args, options }); // prettier-ignore
const refuse = (message: string): never => fail("unsupported/translation", { message });

/** Of floats alone: Keras 3 makes floats of others. */
const floats = (a: FunctionArguments, name: string): Arg => {
  a.float(name);
  return a.required(name);
};

rule("linalg.det", (a) => make("Det", [floats(a, "input")]));
rule("math.erfc", (a) => make("Erfc", [floats(a, "x")]));
rule("linalg.inv", (a) => make("Inv", [floats(a, "input")]));
rule("linalg.cholesky", (a) => make("Cholesky", [floats(a, "input")], { upper: false }));
rule("linalg.solve", (a) => make("Solve", [floats(a, "matrix"), floats(a, "rhs")]));
for (const name of ["sum", "prod", "max", "min"])
  rule(`math.unsorted_segment_${name}`, (a) =>
    make(`Segment${name[0]!.toUpperCase()}${name.slice(1)}`, [a.required("data"), a.required("segment_ids")], {
      num_segments: a.number("num_segments"),
      sorted: false,
    }),
  );
const channelsLast = (a: FunctionArguments): void => {
  if (a.text("data_format")?.startsWith("NC") === true) refuse("of channels first");
};
const borders = (a: FunctionArguments): string => {
  const padding = a.arg("padding");
  return typeof padding === "string" ? padding.toLowerCase() : refuse("borders of its own");
};
for (const [name, op] of [
  ["max_pool3d", "MaxPool"],
  ["avg_pool3d", "AveragePool"],
] as const)
  rule(`nn.${name}`, (a) => {
    channelsLast(a);
    return make(op, [a.required("input")], {
      pool_size: windowOf(a, "ksize", 3, 1),
      strides: windowOf(a, "strides", 3, 1),
      padding: borders(a),
      data_format: "channels_last",
    });
  });
for (const [name, op, ...kernels] of [
  ["depthwise_conv2d", "DepthwiseConv", "filter"],
  ["separable_conv2d", "SeparableConv", "depthwise_filter", "pointwise_filter"],
] as const)
  rule(`nn.${name} compat.v1.nn.${name}`, (a) => {
    channelsLast(a);
    // Keras 3 wants a tuple where the two differ, and reads a list.
    const one = (option: string): number => {
      const [first, second] = [windowOf(a, option, 2, 1)].flat() as readonly (number | undefined)[];
      return (second ?? first) === first ? first! : refuse("steps of two lengths");
    };
    return make(op, [floats(a, "input"), ...kernels.map((kernel) => a.required(kernel))], {
      strides: one("strides"),
      padding: borders(a),
      data_format: "channels_last",
      dilation_rate: one(a.has("rate") ? "rate" : "dilations"),
    });
  });
