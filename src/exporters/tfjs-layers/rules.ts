/** What TensorFlow.js has for each class of layers, or what it is made of there; a class without a rule is refused. */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { trace } from "../../graph/trace.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import { symsOf } from "../../layers/common/args.ts";
import type { LayerCall } from "../../graph/tracer.ts";
import type { Sym, ValueId } from "../../ops/types.ts";
import { activated, ownActivation } from "./activations.ts";
import { attention, concatenate, dot, merged, subtract } from "./joins.ts";
import { writeOperation } from "./operations.ts";
import { bidirectional, loop } from "./recurrent.ts";
import {
  convolution, cropping, depthwise, globally, permuted, pooling, reshapedTo, type TfjsRule, separable, transposed, upSampling,
  zeroPadding,
} from "./windows.ts"; // prettier-ignore
import { type CallOf, lengths, type Options, plain, type TfjsWriter, type TfjsValue, type Weights } from "./writer.ts";

/** The calls of a model, and the values that enter and leave it. */
export interface TfjsObject {
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/** One call of any layer. */
function writeCall(w: TfjsWriter, of: CallOf, x: readonly TfjsValue[]): readonly TfjsValue[] {
  const rule = RULES[of.node.def!.class];
  if (rule === undefined) return w.refuse(of, "TensorFlow.js has no such layer, and none that make it");
  return rule(w, of, x);
}

/** A layer that does the same to all elements, or nothing. */
const alike =
  (className: string, options: (c: CallOf["c"]) => Options = () => ({})): TfjsRule =>
  (w, of, [x]) => [w.one(of, "", className, options(of.c), x!, x!.shape)];

/** Nothing at inference, and nothing that TensorFlow.js has for training. */
const nothing: TfjsRule = (w, of, x) => {
  w.changed.add(`${of.path} left out: ${of.node.class} does nothing at inference`);
  return x;
};

const dense: TfjsRule = (w, of, [x]) => {
  const own = ownActivation(w, of);
  const options = { units: of.c["units"] as number, use_bias: of.c["use_bias"] as boolean, activation: own.activation };
  const weights = { kernel: plain(of.node, "kernel"), bias: plain(of.node, "bias") };
  const open = x!.shape.slice(1, -1).filter((n) => n === null).length;
  if (open > 1) w.refuse(of, "several open lengths");
  return [own.after(w.one(of, "", "Dense", options, x!, of.y[0]!, weights))];
};

const embedding: TfjsRule = (w, of, [x]) => {
  const maskZero = of.c["mask_zero"] === true;
  const options = {
    input_dim: of.c["input_dim"] as number,
    output_dim: of.c["output_dim"] as number,
    mask_zero: maskZero,
  };
  const y = w.one(of, "", "Embedding", options, x!, of.y[0]!, { embeddings: plain(of.node, "embeddings") });
  if (maskZero) w.hasMasks = true;
  return [{ ...y, mask: maskZero ? of.masks[0]! : null }];
};

const masking: TfjsRule = (w, of, [x]) => {
  const { values, shape } = of.c["mask_value"] as { values: readonly number[]; shape: readonly number[] };
  if (shape.length > 0 || !Number.isFinite(values[0]))
    w.refuse(of, "TensorFlow.js compares with one finite number", "mask_value");
  if (x!.shape.length !== 3) w.refuse(of, "a mask of other than [batch, time]");
  w.hasMasks = true;
  const y = w.one(of, "", "Masking", { mask_value: values[0]! }, x!, x!.shape);
  return [{ ...y, mask: of.masks[0]! }];
};

/** With the axis last, where TensorFlow.js looks for it, and back. */
function alongLast(w: TfjsWriter, of: CallOf, x: TfjsValue, axis: number, run: (x: TfjsValue) => TfjsValue): TfjsValue {
  const rank = x.shape.length;
  if (axis === 0) w.refuse(of, "the batch", "axis");
  const order = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  [order[axis - 1], order[rank - 2]] = [order[rank - 2]!, order[axis - 1]!];
  return permuted(w, of, "axis_back", run(permuted(w, of, "axis_last", x, order)), order);
}

const singleAxis = (w: TfjsWriter, of: CallOf, x: TfjsValue): number => {
  const given = of.c["axis"] as number | readonly number[];
  const [axis, ...more] = typeof given === "number" ? [given] : given;
  if (axis === undefined || more.length > 0) w.refuse(of, "several axes", "axis");
  return axis < 0 ? axis + x.shape.length : axis;
};

const batchNormalization: TfjsRule = (w, of, [x]) => {
  const { c, node } = of;
  if (c["renorm"] === true) w.refuse(of, "TensorFlow.js has none", "renorm");
  if (node.options.get("mode") !== undefined && (node.options.get("mode") as JsonNumber).value !== 0)
    w.refuse(of, "TensorFlow.js has none", "mode");
  const options = {
    axis: -1,
    momentum: c["momentum"] as number,
    epsilon: c["epsilon"] as number,
    center: c["center"] as boolean,
    scale: c["scale"] as boolean,
  };
  const names = ["gamma", "beta", "moving_mean", "moving_variance"];
  const weights = Object.fromEntries(names.map((name) => [name, plain(node, name)]));
  return [
    alongLast(w, of, x!, singleAxis(w, of, x!), (value) =>
      flattened(w, of, "BatchNormalization", options, value, weights),
    ),
  ];
};

/** TensorFlow.js normalises up to four axes: others are put together. */
function flattened(
  w: TfjsWriter,
  of: CallOf,
  className: string,
  options: Options,
  x: TfjsValue,
  weights: Weights,
): TfjsValue {
  if (x.shape.length <= 4) return w.one(of, "", className, options, x, x.shape, weights);
  const flat = reshapedTo(w, of, "flat", x, [null, x.shape.at(-1)!]);
  return reshapedTo(w, of, "whole", w.one(of, "", className, options, flat, flat.shape, weights), x.shape.slice(1));
}

const layerNormalization: TfjsRule = (w, of, [x]) => {
  const { c, node } = of;
  if (c["rms_scaling"] === true) w.refuse(of, "TensorFlow.js has none", "rms_scaling");
  const options = {
    axis: -1,
    epsilon: c["epsilon"] as number,
    center: c["center"] as boolean,
    scale: c["scale"] as boolean,
  };
  const weights = { gamma: plain(node, "gamma"), beta: plain(node, "beta") };
  const run = (value: TfjsValue): TfjsValue => flattened(w, of, "LayerNormalization", options, value, weights);
  return [alongLast(w, of, x!, singleAxis(w, of, x!), run)];
};

const softmax: TfjsRule = (w, of, [x]) => {
  if ((of.named["mask"] ?? null) !== null) w.refuse(of, "a mask");
  return [alongLast(w, of, x!, singleAxis(w, of, x!), (value) => activated(w, of, "", { fn: "softmax" }, value))];
};

const pReLU: TfjsRule = (w, of, [x]) => {
  const shared = of.c["shared_axes"] as readonly number[] | null;
  const options = shared === null || shared.length === 0 ? {} : { shared_axes: shared };
  return [w.one(of, "", "PReLU", options, x!, x!.shape, { alpha: plain(of.node, "alpha") })];
};

const reLU =
  (fn: string): TfjsRule =>
  (w, of, [x]) => {
    const spec = { fn, ...of.c } as unknown as ActivationSpec;
    return [activated(w, of, "", spec, x!)];
  };

const flatten: TfjsRule = (w, of, [x]) => {
  const rank = x!.shape.length;
  if (rank === 2) return [activated(w, of, "", { fn: "linear" }, x!)];
  if (rank < 2) return w.refuse(of, "a value without axes");
  const first = of.c["data_format"] === "channels_first";
  const order = [...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
  const from = first ? permuted(w, of, "channels_last", x!, order) : x!;
  const open = x!.shape.slice(1).includes(null);
  if (open) return [reshapedTo(w, of, "", from, [null])];
  return [w.one(of, "", "Flatten", {}, from, of.y[0]!)];
};

const reshape: TfjsRule = (w, of, [x]) => [reshapedTo(w, of, "", x!, of.y[0]!.slice(1))];

const rescaling: TfjsRule = (w, of, [x]) => {
  const numberOf = (option: string, initial: number): number => {
    const node = of.c[option] as JsonNode | undefined;
    if (node === undefined || node === null) return initial;
    return node instanceof JsonNumber ? node.value : w.refuse(of, "TensorFlow.js has one number", option);
  };
  return [w.one(of, "", "Rescaling", { scale: numberOf("scale", 1), offset: numberOf("offset", 0) }, x!, x!.shape)];
};

const repeatVector: TfjsRule = (w, of, [x]) => [
  w.one(of, "", "RepeatVector", { n: of.c["n"] as number }, x!, of.y[0]!),
];

const permute: TfjsRule = (w, of, [x]) => [
  w.one(of, "", "Permute", { dims: of.c["dims"] as readonly number[] }, x!, of.y[0]!),
];

/** The layer, or each of its layers, on every step. */
const timeDistributed: TfjsRule = (w, of, [x]) => {
  const child = of.node.children.get("layer")![0]!;
  if (w.isTimed) w.refuse(of, "a TimeDistributed in another one");
  if ((child.config["stateful"] ?? false) === true) w.refuse(of, "a stateful layer in it");
  const isModel = child.def!.kind === "layer" && child.def!.inputs !== undefined;
  const reads = isModel || (child.def!.kind === "layer" && child.def!.args?.includes("mask"));
  if (reads && (of.named["mask"] ?? null) !== null) w.refuse(of, "TensorFlow.js gives the layer in it no mask", "mask");
  if (x!.shape.slice(2).includes(null)) w.refuse(of, "several open lengths");
  const step = { ...x!, shape: [x!.shape[0]!, ...x!.shape.slice(2)] };
  const back = (value: TfjsValue): TfjsValue => ({
    ...value,
    shape: [value.shape[0]!, x!.shape[1]!, ...value.shape.slice(1)],
  });
  w.isTimed = true;
  try {
    if (isModel) {
      const traced = trace(child, [step.shape], true);
      const { inputs, outputs } = traced.graph;
      return writeModel(w, { calls: traced.calls, inputs, outputs }, [step]).map(back);
    }
    const y = of.y.map((shape) => [shape[0]!, ...shape.slice(2)]);
    const named = { mask: null };
    return writeCall(w, { ...of, name: of.node.name, node: child, c: child.config, x: [step.shape], y, named }, [
      step,
    ]).map(back);
  } finally {
    w.isTimed = false;
  }
};

const RULES: Readonly<Record<string, TfjsRule>> = {
  Activation: (w, of, [x]) => [activated(w, of, "", of.c["activation"] as ActivationSpec, x!)],
  ActivityRegularization: nothing,
  Add: merged("Add"),
  AlphaDropout: alike("AlphaDropout", (c) => ({ rate: c["rate"] as number })),
  Attention: attention,
  Average: merged("Average"),
  AveragePooling1D: pooling("AveragePooling1D"),
  AveragePooling2D: pooling("AveragePooling2D"),
  AveragePooling3D: pooling("AveragePooling3D"),
  BatchNormalization: batchNormalization,
  Bidirectional: bidirectional,
  Concatenate: concatenate,
  Conv1D: convolution,
  Conv1DTranspose: transposed(1),
  Conv2D: convolution,
  Conv2DTranspose: transposed(2),
  Conv3D: convolution,
  Conv3DTranspose: transposed(3),
  Cropping1D: cropping,
  Cropping2D: cropping,
  Cropping3D: cropping,
  Dense: dense,
  DepthwiseConv1D: depthwise(1),
  DepthwiseConv2D: depthwise(2),
  Dot: dot,
  Dropout: alike("Dropout", (c) => ({ rate: c["rate"] as number })),
  ELU: reLU("elu"),
  Embedding: embedding,
  Flatten: flatten,
  GRU: loop,
  GaussianDropout: alike("GaussianDropout", (c) => ({ rate: c["rate"] as number })),
  GaussianNoise: alike("GaussianNoise", (c) => ({ stddev: c["stddev"] as number })),
  GlobalAveragePooling1D: globally("GlobalAveragePooling"),
  GlobalAveragePooling2D: globally("GlobalAveragePooling"),
  GlobalAveragePooling3D: globally("GlobalAveragePooling"),
  GlobalMaxPooling1D: globally("GlobalMaxPooling"),
  GlobalMaxPooling2D: globally("GlobalMaxPooling"),
  GlobalMaxPooling3D: globally("GlobalMaxPooling"),
  Identity: (_w, _of, x) => x,
  InputLayer: (_w, _of, x) => x,
  LSTM: loop,
  LayerNormalization: layerNormalization,
  LeakyReLU: reLU("leaky_relu"),
  Masking: masking,
  MaxPooling1D: pooling("MaxPooling1D"),
  MaxPooling2D: pooling("MaxPooling2D"),
  MaxPooling3D: pooling("MaxPooling3D"),
  Maximum: merged("Maximum"),
  Minimum: merged("Minimum"),
  Multiply: merged("Multiply"),
  PReLU: pReLU,
  Permute: permute,
  RNN: loop,
  ReLU: reLU("relu"),
  RepeatVector: repeatVector,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv1D: separable(1),
  SeparableConv2D: separable(2),
  SimpleRNN: loop,
  Softmax: softmax,
  SpatialDropout1D: alike("SpatialDropout1D", (c) => ({ rate: c["rate"] as number })),
  SpatialDropout2D: nothing,
  SpatialDropout3D: nothing,
  Subtract: subtract,
  ThresholdedReLU: alike("ThresholdedReLU", (c) => ({ theta: c["theta"] as number })),
  TimeDistributed: timeDistributed,
  UpSampling1D: upSampling,
  UpSampling2D: upSampling,
  UpSampling3D: upSampling,
  ZeroPadding1D: zeroPadding,
  ZeroPadding2D: zeroPadding,
  ZeroPadding3D: zeroPadding,
};

/** Layers that take whole numbers as TensorFlow.js does. */
const TAKES_INTEGERS: ReadonlySet<string> = new Set([
  "Embedding",
  "Flatten",
  "InputLayer",
  "Permute",
  "RepeatVector",
  "Reshape",
]);

/** All calls of a model, in order; gives its outputs. */
export function writeModel(w: TfjsWriter, model: TfjsObject, inputs: readonly TfjsValue[]): readonly TfjsValue[] {
  const values = new Map<Sym, TfjsValue | (() => TfjsValue)>();
  const byId = new Map<number, TfjsValue | (() => TfjsValue)>();
  const put = (sym: Sym, value: TfjsValue | (() => TfjsValue)): void => {
    values.set(sym, value);
    byId.set(sym.id, value);
  };
  model.inputs.forEach((id, i) => byId.set(id, inputs[i]!));
  for (const { node, path, isModel, x, named, made, y } of model.calls) {
    const given = new Map(x.map((sym) => [sym, values.get(sym) ?? byId.get(sym.id)]));
    const found = (sym: Sym): TfjsValue => {
      const value = given.get(sym) ?? values.get(sym) ?? byId.get(sym.id);
      return typeof value === "function"
        ? value()
        : (value ?? w.refuse(of, "a value that is cast, or that no layer makes"));
    };
    const of: CallOf = {
      node,
      path,
      name: node.name,
      c: node.config,
      x: x.map(({ shape }) => lengths(shape)),
      y: y.map(({ shape }) => lengths(shape)),
      masks: y.map(({ mask }) => (mask === undefined ? null : w.same(mask.id))),
      named,
    };
    if (isModel) {
      y.forEach((sym, i) => put(sym, found(made[i]!)));
      continue;
    }
    // Of what only masks are made of, nothing is written.
    const results = node.def!.kind === "layer" ? written(w, of, x, found) : null;
    let later: readonly TfjsValue[] | null = null;
    y.forEach((sym, i) =>
      put(sym, results === null ? () => (later ??= writeOperation(w, of, x.map(found), x))[i]! : results[i]!),
    );
  }
  return model.outputs.map((id) => {
    const value = byId.get(id);
    if (value === undefined)
      fail("unsupported/translation", { message: "an output that no layer of TensorFlow.js makes" });
    return typeof value === "function" ? value() : value;
  });
}

function written(w: TfjsWriter, of: CallOf, x: readonly Sym[], found: (sym: Sym) => TfjsValue): readonly TfjsValue[] {
  const { node, named } = of;
  const integers = TAKES_INTEGERS.has(node.def!.class);
  if (!x.every(({ dtype }) => dtype === "float32" || (integers && dtype === "int32")))
    w.refuse(of, "values of other types than float32");
  if (!integers && node.dtype !== "float32") w.refuse(of, "TensorFlow.js computes in float32");
  const training = named["training"] ?? false;
  if (training !== false && training !== 0) w.refuse(of, "TensorFlow.js does not train in predicting", "training");
  const further = symsOf(named["initial_state"]).filter((sym) => !x.includes(sym));
  return writeCall(w, of, [...x, ...further].map(found));
}
