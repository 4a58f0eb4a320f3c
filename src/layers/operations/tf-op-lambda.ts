/**
 * A TensorFlow function among the layers of a functional model. No weights.
 * Source: tf_keras/layers/core/tf_op_layer.py (TFOpLambda, SlicingOpLambda).
 */
import { fail } from "../../core/error.ts";
import { layer } from "../define.ts";
import { text } from "../fields.ts";
import type { Args } from "../common/operation.ts";
import { TENSORFLOW } from "../common/tensorflow.ts";

export const tfOpLambda = layer({
  class: "TFOpLambda",
  names: ["SlicingOpLambda"],
  until: "keras2",
  module: "keras.src.layers.core.tf_op_layer",
  config: { function: text() },
  likeOperation: true,
  forward(cx, c, _w, _x, kw) {
    const name = c.function ?? "";
    const known = TENSORFLOW.get(name) ?? fail("unsupported/function", { found: `tf.${name}` });
    const given = (kw["$args"] ?? []) as Args;
    return known.run(cx, [...given, ...known.args.slice(given.length).map((arg) => kw[arg] ?? null)]);
  },
});
