/** What TensorFlow.js has for each class of layers, or what it is made of there; a class without a rule is refused. */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail, FormatError } from "../../core/error.ts";
import { trace } from "../../graph/trace.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import { symsOf } from "../../layers/common/args.ts";
import type { LayerCall } from "../../graph/tracer.ts";
import type { Graph, Sym, ValueId } from "../../ops/types.ts";
import { activated, ownActivation } from "./activations.ts";
import { batchNormalization, layerNormalization, softmax } from "./normalization.ts";
import { attention, concatenate, dot, merged, subtract } from "./joins.ts";
import { Operations } from "./operations.ts";
import { bidirectional, convLstm, loop } from "./recurrent.ts";
import {
  convolution, cropping, depthwise, globally, permuted, pooling, reshapedTo, type TfjsRule, separable, transposed, upSampling,
  zeroPadding,
} from "./windows.ts"; // prettier-ignore
import { type CallOf, lengths, type Options, plain, type TfjsWriter, type TfjsValue } from "./writer.ts";

/** The calls of a model, and the values that enter and leave it. */
export interface TfjsObject {
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
}

/** One call of any layer. */
function writeCall(w: TfjsWriter, of: CallOf, x: readonly TfjsValue[]): readonly TfjsValue[] {
  const rule = RULES[of.node.def!.class];
  if (rule === undefined) return w.refuse(of, "TensorFlow.js has no such layer");
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
  const weights = { kernel: plain(of, "kernel"), bias: plain(of, "bias") };
  const open = x!.shape.slice(1, -1).filter((n) => n === null).length;
  if (open > 1) w.refuse(of, "several open lengths");
  if (x!.shape.length > 5) w.refuse(of, "TensorFlow.js adds a bias to at most five axes");
  return [own.after(w.one(of, "", "Dense", options, x!, of.y[0]!, weights))];
};

const embedding: TfjsRule = (w, of, [x]) => {
  if (x!.whole !== true && !w.isInput(x!)) w.refuse(of, "TensorFlow.js looks up no values from the end");
  const maskZero = of.c["mask_zero"] === true && w.carriesMasks;
  if (maskZero && w.isTimed) w.refuse(of, "TensorFlow.js would not carry its mask", "mask_zero");
  const options = {
    input_dim: of.c["input_dim"] as number,
    output_dim: of.c["output_dim"] as number,
    mask_zero: maskZero,
  };
  const y = w.one(of, "", "Embedding", options, x!, of.y[0]!, { embeddings: plain(of, "embeddings") });
  if (maskZero) w.hasMasks = true;
  return [{ ...y, mask: maskZero ? of.masks[0]! : null }];
};

const masking: TfjsRule = (w, of, [x]) => {
  if (!w.carriesMasks || w.isTimed) w.refuse(of, "TensorFlow.js would not carry its mask");
  const { values, shape } = of.c["mask_value"] as { values: readonly number[]; shape: readonly number[] };
  if (shape.length > 0 || !Number.isFinite(values[0]))
    w.refuse(of, "TensorFlow.js compares with one finite number", "mask_value");
  if (x!.shape.length !== 3) w.refuse(of, "a mask of other than [batch, time]");
  w.hasMasks = true;
  const y = w.one(of, "", "Masking", { mask_value: values[0]! }, x!, x!.shape);
  return [{ ...y, mask: of.masks[0]! }];
};

const pReLU: TfjsRule = (w, of, [x]) => {
  const shared = of.c["shared_axes"] as readonly number[] | null;
  const options = shared === null || shared.length === 0 ? {} : { shared_axes: shared };
  return [w.one(of, "", "PReLU", options, x!, x!.shape, { alpha: plain(of, "alpha") })];
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
      return writeModel(w, { calls: traced.calls, inputs, outputs }, [step], null).map(back);
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
  ConvLSTM1D: convLstm(1),
  ConvLSTM2D: convLstm(2),
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

/** All calls of a model, in order; gives its outputs. `graph`: where operations can be written, what the calls are made of. */
export function writeModel(
  w: TfjsWriter,
  model: TfjsObject,
  inputs: readonly TfjsValue[],
  graph: Graph | null,
): readonly TfjsValue[] {
  const values = new Map<Sym, TfjsValue>();
  const byId = new Map<number, TfjsValue>();
  const refusals = new Map<number, FormatError>();
  let made: Operations | null = null;
  const { calls } = model;
  const places = new Map(calls.map(({ node, path }) => [path, { node, path }]));
  const ofCall = (call: number): CallOf => {
    const path = graph!.calls[call]?.path ?? "";
    const { node } = places.get(path) ?? calls[0]!;
    return { node, path, name: node.name, c: {}, x: [], y: [], masks: [], named: {} };
  };
  /** Of what no layer is, its operations. */
  const valueOf = (id: number): TfjsValue => {
    const known = byId.get(id);
    if (known !== undefined) return known;
    const refusal = refusals.get(id);
    if (graph === null || calls.length === 0) {
      if (refusal !== undefined) throw refusal;
      return fail("unsupported/translation", { message: "a value that no layer makes" });
    }
    if (made === null) {
      made = new Operations(w, graph, inputs, ofCall);
      for (const [other, value] of byId) made.put(other, value);
    }
    try {
      const value = made.value(id);
      byId.set(id, value);
      return value;
    } catch (error) {
      if (refusal === undefined || !isRefusal(error)) throw error;
      const [{ code, ...own }, its] = [refusal.problems[0]!, error.problems[0]!];
      if (its.path === undefined || !own.path?.startsWith(its.path)) throw error;
      // What comes from a layer before has been told there.
      if (its.message !== undefined && own.message?.endsWith(its.message)) throw refusal;
      return fail(code, { ...own, message: `${own.message}, and none that make it: ${its.message}` });
    }
  };
  const put = (sym: Sym, value: TfjsValue): void => {
    values.set(sym, value);
    byId.set(sym.id, value);
    made?.put(sym.id, value);
  };
  model.inputs.forEach((id, i) => byId.set(id, inputs[i]!));
  for (const { node, path, isModel, x, named, made: inner, y } of calls) {
    const found = (sym: Sym): TfjsValue => values.get(sym) ?? valueOf(sym.id);
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
      y.forEach((sym, i) => {
        const value = values.get(inner[i]!) ?? byId.get(inner[i]!.id);
        if (value !== undefined) put(sym, value);
      });
      continue;
    }
    // What only masks are made of is never asked for, and not written.
    if (node.def!.kind !== "layer") continue;
    try {
      const operands = operandsOf(w, of, x).map(found);
      const results = w.attempt(() => writeCall(w, of, operands));
      y.forEach((sym, i) => put(sym, results[i]!));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      for (const { id } of y) refusals.set(id, error);
    }
  }
  return model.outputs.map(valueOf);
}

const isRefusal = (error: unknown): error is FormatError =>
  error instanceof FormatError && error.problems.every(({ code }) => code === "unsupported/translation");

/** Layers whose values do not depend on masks. */
const IGNORES_MASKS: ReadonlySet<string> = new Set([
  "Activation", "AveragePooling1D", "BatchNormalization", "Conv1D", "Conv2D", "Dense", "Dropout", "Embedding", "Flatten",
  "Identity", "LayerNormalization", "LeakyReLU", "MaxPooling1D", "PReLU", "Permute", "ReLU", "Reshape",
]); // prettier-ignore

/** What a layer reads. */
function operandsOf(w: TfjsWriter, of: CallOf, x: readonly Sym[]): readonly Sym[] {
  const { node, named } = of;
  const integers = TAKES_INTEGERS.has(node.def!.class);
  if (!x.every(({ dtype }) => dtype === "float32" || (integers && dtype === "int32")))
    w.refuse(of, "values of other types than float32");
  if (!integers && node.dtype !== "float32") w.refuse(of, "TensorFlow.js computes in float32");
  if (!w.carriesMasks && x.some(({ mask }) => mask !== undefined) && !IGNORES_MASKS.has(node.def!.class))
    w.refuse(of, "a mask", "mask");
  const training = named["training"] ?? false;
  if (training !== false && training !== 0) w.refuse(of, "TensorFlow.js does not train in predicting", "training");
  const further = symsOf(named["initial_state"]).filter((sym) => !x.includes(sym));
  return [...x, ...further];
}
