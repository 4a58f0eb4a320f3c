/**
 * A TensorFlow function among the layers of a functional model. No weights.
 * Source: tf_keras/layers/core/tf_op_layer.py (TFOpLambda, SlicingOpLambda).
 */
import { layer } from "../define.ts";
import { optional, text } from "../fields.ts";
import type { Args } from "./shared/operation.ts";
import { callFunction } from "./shared/tensorflow.ts";

export const tfOpLambda = layer({
  class: "TFOpLambda",
  names: ["SlicingOpLambda"],
  until: "keras2",
  module: "keras.src.layers.core.tf_op_layer",
  config: { function: optional(text()) },
  calls: { likeOperation: true, keepsLists: true },
  forward: (cx, c, _w, _x, kw) => callFunction(cx, c.function ?? "", (kw["$args"] ?? []) as Args, kw),
});
