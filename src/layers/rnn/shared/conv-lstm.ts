/**
 * What ConvLSTM1D, 2D and 3D share. Source: keras/src/layers/rnn/conv_lstm.py, tf_keras/layers/rnn/base_conv_lstm.py,
 * keras 1.2.2 keras/layers/convolutional_recurrent.py.
 */
import { JsonNumber, type JsonNode, type JsonObject } from "../../../codecs/json.ts";
import type { Sym } from "../../../ops/types.ts";
import type {
  Context,
  DialectDef,
  DialectInfo,
  KwArgs,
  LayerConfig,
  Recipe,
  ArrayStep,
  StoredForm,
  StoredInfo,
} from "../../define.ts";
import {
  activation,
  bool,
  choice,
  type Config,
  dataFormat,
  int,
  intList,
  ints,
  keras2Only,
  keras3Only,
  optional,
  regularizer,
} from "../../fields.ts";
import { convDialects, jsonNumbers } from "../../common/convolution-dialects.ts";
import { cellConfig, recurrent, recurrentFields, timeMajor } from "./recurrent.ts";
import { keras1Recurrent } from "./recurrent-dialects.ts";
import { recurrentConstraints, recurrentInitializers, recurrentRegularizers } from "./recurrent-options.ts";
import type { DataFormat, Rank } from "../../common/spatial.ts";

/** `half` is Theano's way of keeping the size; it kept that of the state in the same way. */
const place = {
  padding: choice(["valid", "same"], "valid", ["half"]),
  data_format: dataFormat(),
};
const theano = {
  recurrent_padding: keras2Only(choice(["same"], "same", ["half"])),
};

const functions = {
  activation: activation("tanh"),
  recurrent_activation: activation("sigmoid"),
  use_bias: bool(true),
  ...recurrentInitializers,
  unit_forget_bias: bool(true),
  ...recurrentRegularizers,
};
const seed = { seed: keras3Only(optional(int())) };

/** Of any rank: the layer around it has checked the lists. */
export const convLstmCellOptions = {
  filters: int({ min: 1 }),
  kernel_size: intList([]),
  strides: intList([]),
  ...place,
  dilation_rate: intList([]),
  ...functions,
  ...recurrentConstraints,
  ...seed,
  ...theano,
};

/** The options of ConvLSTM1D, 2D, 3D. */
export const convLstmOptions = (rank: Rank) => ({
  ...recurrentFields,
  ...timeMajor,
  filters: int({ min: 1 }),
  kernel_size: ints(rank, { min: 1 }),
  strides: ints(rank, { min: 1, default: 1 }),
  ...place,
  dilation_rate: ints(rank, { min: 1, default: 1 }),
  ...functions,
  activity_regularizer: regularizer(),
  ...recurrentConstraints,
  ...seed,
  ...theano,
});

type ConvLstmConfig = Config<ReturnType<typeof convLstmOptions>>;

/** How older Keras wrote them: names of convolutions and of recurrent layers together. */
export function convLstmDialects(rank: Rank): { readonly keras1: DialectDef; readonly keras2: DialectDef } {
  const { keras1, keras2 } = convDialects(rank);
  const defaults = { recurrent_activation: "hard_sigmoid" };
  const upgrade = (conv: DialectDef) => (config: JsonObject, info: DialectInfo) => {
    conv.upgrade?.(config, info);
    const even = jsonNumbers(config.get("kernel_size")).some((k) => k % 2 === 0);
    if (info.backend === "theano" && even) config.set("recurrent_padding", "half");
  };
  return {
    keras1: {
      rename: { ...keras1Recurrent.rename, ...keras1.rename },
      defaults,
      ignore: [...(keras1.ignore ?? []), ...(keras1Recurrent.ignore ?? [])],
      upgrade: upgrade(keras1),
    },
    keras2: { defaults, upgrade: upgrade(keras2) },
  };
}

/** The cell, with the lists written out as the layer has read them. */
export function convLstmCellConfig(c: ConvLstmConfig, options: JsonObject): LayerConfig {
  const config = cellConfig("ConvLSTMCell", "conv_lstm_cell", convLstmCellOptions, options);
  const inner = config.get("config") as JsonObject;
  const lists = { kernel_size: c.kernel_size, strides: c.strides, dilation_rate: c.dilation_rate };
  for (const [key, list] of Object.entries(lists)) {
    inner.set(
      key,
      list.map((n): JsonNode => JsonNumber.of(n, "int")),
    );
  }
  return config;
}

/**
 * y and, with return_state, h and c. Before Keras 3 masked steps are never zeroed, and `time_major` changes what a
 * Bidirectional around the layer turns alone. Source: tf_keras/layers/rnn/base_conv_lstm.py (`call`).
 */
export function convLstm(cx: Context, c: ConvLstmConfig, x: readonly Sym[], kw: KwArgs): readonly Sym[] {
  const zeroed = c.zero_output_for_mask && cx.semantics === "keras3";
  return recurrent(cx, { ...c, time_major: false, zero_output_for_mask: zeroed }, x, kw);
}

interface CellOptions {
  readonly kernel_size: readonly number[];
  readonly data_format: DataFormat;
  readonly use_bias: boolean;
}

/** Keras 1: W, U, b for each of the gates i, c, f, o; `th` kernels are [out, in, …]. Theano's are turned around. */
export function storedConvLstm(c: CellOptions, info: StoredInfo): StoredForm | undefined {
  const spatial = c.kernel_size.map((_, axis) => axis);
  const flip: readonly ArrayStep[] = info.backend === "theano" ? [{ op: "flip", axes: spatial }] : [];
  if (info.semantics === "keras1") {
    const first = c.data_format === "channels_first";
    const order: readonly ArrayStep[] = first ? [{ op: "transpose", perm: [...spatial.map((a) => a + 2), 1, 0] }] : [];
    const gates = [0, 2, 1, 3];
    const joined = (offset: number, each: readonly ArrayStep[]): Recipe => ({
      from: gates.map((gate) => gate * 3 + offset),
      perArray: gates.map(() => each),
      steps: [{ op: "concat", axis: -1 }],
    });
    const kernel = [...order, ...flip];
    return {
      count: 12,
      recipes: { kernel: joined(0, kernel), recurrent_kernel: joined(1, kernel), bias: joined(2, []) },
    };
  }
  if (flip.length === 0) return undefined;
  const recipes = { kernel: { from: [0], steps: flip }, recurrent_kernel: { from: [1], steps: flip } };
  return c.use_bias ? { count: 3, recipes: { ...recipes, bias: { from: [2] } } } : { count: 2, recipes };
}
