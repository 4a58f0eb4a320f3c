/**
 * Where a model's input enters. No weights; its shape is the model's.
 * Source: keras/src/layers/core/input_layer.py.
 */
import { layer } from "../define.ts";
import { bool, keras3Only } from "../fields.ts";

export const inputLayer = layer({
  class: "InputLayer",
  config: { sparse: bool(false), ragged: bool(false), optional: keras3Only(bool(false)) },
  dialects: { keras1: { rename: { input_dtype: "dtype" } } },
  mask: "pass",
  forward: (_cx, _c, _w, [x]) => x!,
});
