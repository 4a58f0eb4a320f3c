/**
 * TensorFlow's functions that several operations of Keras 3 make, or that have a form of their own there: a rule each. Source:
 * keras/src/ops/{numpy,nn,math,linalg,image}.py (3.15.1).
 */
import { fail } from "../core/error.ts";
import type { Arg } from "../layers/define.ts";
import { type FunctionArguments, type Made, type NodeRule, windowOf } from "./function-arguments.ts";

type Value = Arg | Made;

const rules = new Map<string, NodeRule>();

/** By the functions' names without `tf.`. */
export const COMPOSED_RULES: ReadonlyMap<string, NodeRule> = rules;

const rule = (names: string, make: NodeRule): void => {
  for (const name of names.split(" ")) rules.set(name, make);
};
const make = (op: string, args: readonly Value[], options: Readonly<Record<string, Arg>> = {}): Made => ({ op, args, options }); // prettier-ignore
const refuse = (message: string): never => fail("unsupported/translation", { message });

const shapeOf = (a: FunctionArguments, name: string): readonly (number | null)[] => a.sym(name)?.shape ?? refuse("of what is no tensor"); // prettier-ignore
/** Of floats alone: Keras 3 makes floats of others. */
const floats = (a: FunctionArguments, name: string): Arg => {
  a.float(name);
  return a.required(name);
};

for (const [fn, op, ...names] of [
  ["math.erfinv", "Erfinv", "x"],
  ["math.bessel_i0 math.special.bessel_i0", "I0", "x"],
  ["math.nextafter", "Nextafter", "x1", "x2"],
  ["math.real", "Real", "input"],
  ["math.conj", "Conj", "x"],
  ["linalg.det", "Det", "input"],
  ["image.rgb_to_hsv", "RGBToHSV", "images"],
  ["image.hsv_to_rgb", "HSVToRGB", "images"],
] as const)
  rule(
    fn,
    (a) => make(op, names.map((name) => floats(a, name)), op.includes("HSV") ? { data_format: "channels_last" } : {}), // prettier-ignore
  );
rule("math.erfc", (a) => make("Erfc", [floats(a, "x")]));
for (const name of ["left_shift", "right_shift"])
  rule(`bitwise.${name}`, (a) => {
    const sides = ["x", "y"].map((side) => a.sym(side) ?? refuse("of a number, which Keras 3 does not read back"));
    return make(name === "left_shift" ? "BitwiseLeftShift" : "BitwiseRightShift", sides);
  });
rule("bitwise.invert", (a) => make("BitwiseInvert", [a.required("x")]));
rule("saturate_cast dtypes.saturate_cast", (a) => make("SaturateCast", [a.required("value")], { dtype: a.text("dtype") })); // prettier-ignore
rule("keras.backend.cast_to_floatx", (a) => make("Cast", [a.required("x")], { dtype: "float32" }));

/** A choice where a tensor is 0. */
const atZero = (a: FunctionArguments, name: string, otherwise: Made): Made =>
  make("Where", [make("Equal", [a.required(name), 0]), make("ZerosLike", [otherwise], { dtype: null }), otherwise]);
rule("math.multiply_no_nan", (a) => atZero(a, "y", make("Multiply", [floats(a, "x"), floats(a, "y")])));
rule("math.reciprocal_no_nan", (a) => make("DivideNoNan", [make("OnesLike", [floats(a, "x")], { dtype: null }), a.required("x")])); // prettier-ignore
rule("math.xdivy", (a) => atZero(a, "x", make("TrueDivide", [floats(a, "x"), floats(a, "y")])));
for (const [name, op] of [
  ["math.xlogy", "Log"],
  ["math.xlog1py", "Log1p"],
] as const)
  rule(name, (a) => atZero(a, "x", make("Multiply", [floats(a, "x"), make(op, [floats(a, "y")])])));
rule("nn.l2_loss", (a) => make("TrueDivide", [make("Sum", [make("Square", [floats(a, "t")])], { axis: null, keepdims: false }), 2])); // prettier-ignore
rule("nn.crelu", (a) => {
  const x = floats(a, "features");
  return make("Relu", [make("Concatenate", [[x, make("Negative", [x])] as unknown as Arg], { axis: a.number("axis") })]); // prettier-ignore
});
rule("clip_by_norm", (a) => {
  const [t, most] = [floats(a, "t"), a.required("clip_norm")];
  const sum = make("Sum", [make("Square", [t])], { axis: a.numbers("axes"), keepdims: true });
  return make("TrueDivide", [make("Multiply", [t, most]), make("Maximum", [make("Sqrt", [sum]), most])]);
});
rule("nn.sigmoid_cross_entropy_with_logits compat.v1.nn.sigmoid_cross_entropy_with_logits", (a) => {
  const [z, x] = [floats(a, "labels"), floats(a, "logits")];
  const rest = make("Log1p", [make("Exp", [make("Negative", [make("Absolute", [x])])])]);
  return make("Add", [make("Subtract", [make("Relu", [x]), make("Multiply", [x, z])]), rest]);
});
rule("nn.softmax_cross_entropy_with_logits compat.v1.nn.softmax_cross_entropy_with_logits_v2", (a) => {
  const axis = a.number(a.has("dim") ? "dim" : "axis") ?? -1;
  const likely = make("LogSoftmax", [floats(a, "logits")], { axis });
  const sum = make("Sum", [make("Multiply", [floats(a, "labels"), likely])], { axis: [axis], keepdims: false });
  return make("Negative", [sum]);
});
rule("math.zero_fraction nn.zero_fraction", (a) => {
  const zeros = make("Cast", [make("Equal", [a.required("value"), 0])], { dtype: "float32" });
  return make("Mean", [zeros], { axis: null, keepdims: false });
});
rule("math.count_nonzero", (a) => {
  const options = { axis: a.numbers("axis"), keepdims: a.flag("keepdims") };
  const ones = make("Cast", [make("NotEqual", [a.required("input"), 0])], { dtype: a.text("dtype") });
  return make("Sum", [ones], options);
});

rule("linalg.band_part matrix_band_part", (a) => {
  const [low, high] = [a.number("num_lower")!, a.number("num_upper")!];
  const x = a.required("input");
  const upper: Value = low < 0 ? x : make("Triu", [x], { k: 0 - low });
  if (high >= 0) return make("Tril", [upper], { k: high });
  return low < 0 ? make("Copy", [x]) : make("Triu", [x], { k: 0 - low });
});
rule("linalg.diag_part matrix_diag_part", (a) => {
  if (a.numbers("k")!.some((k) => k !== 0)) return refuse("of other diagonals");
  a.ignore("padding_value", "align");
  return make("Diagonal", [a.required("input")], { offset: 0, axis1: -2, axis2: -1 });
});
rule("linalg.adjoint", (a) => make("Swapaxes", [a.required("matrix")], { axis1: -2, axis2: -1 }));
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
rule("keras.backend.batch_flatten", (a) => ({ op: "Flatten", isLayer: true, args: [a.required("x")], options: { data_format: "channels_last" } })); // prettier-ignore
rule("sequence_mask", (a) => {
  const most = a.number("maxlen");
  if (most === null) return refuse("as long as the longest");
  const places = Array.from({ length: most }, (_, i) => i);
  const kept = make("Less", [places, make("ExpandDims", [a.required("lengths")], { axis: -1 })]);
  const dtype = a.text("dtype");
  return dtype === "bool" ? kept : make("Cast", [kept], { dtype });
});

rule("image.transpose", (a) => {
  const rank = shapeOf(a, "image").length;
  return make("Swapaxes", [a.required("image")], { axis1: rank - 3, axis2: rank - 2 });
});
rule("image.grayscale_to_rgb", (a) => make("Repeat", [a.required("images")], { repeats: 3, axis: -1 }));
rule("image.rgb_to_grayscale", (a) => make("RGBToGrayscale", [floats(a, "images")], { data_format: "channels_last" }));
rule("image.adjust_brightness", (a) => make("Add", [floats(a, "image"), a.required("delta")]));
rule("image.adjust_gamma", (a) =>
  make("Multiply", [make("Power", [floats(a, "image"), a.required("gamma")]), a.required("gain")]),
);
rule("image.adjust_contrast", (a) => {
  const x = floats(a, "images");
  const rank = shapeOf(a, "images").length;
  const mean = make("Mean", [x], { axis: [rank - 3, rank - 2], keepdims: true });
  return make("Add", [make("Multiply", [make("Subtract", [x, mean]), a.required("contrast_factor")]), mean]);
});
rule("image.crop_to_bounding_box", (a) => {
  const [y, x, height, width] = ["offset_height", "offset_width", "target_height", "target_width"].map((name) => a.number(name)!) as [number, number, number, number]; // prettier-ignore
  const all: Arg = { slice: [null, null, null] };
  const part = (start: number, length: number): Arg => ({ slice: [start, start + length, null] });
  const batch = shapeOf(a, "image").length === 4 ? [all] : [];
  return make("GetItem", [a.required("image"), [...batch, part(y, height), part(x, width)]]);
});

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
