/** Option names of Keras 1 that many layers share. Source: keras 2.2.4 keras/legacy/interfaces.py. */
import type { JsonObject } from "../../codecs/json.ts";
import type { DialectDef } from "../define.ts";

/** Layers with a kernel and a bias. */
export const keras1Kernel: DialectDef = {
  rename: {
    output_dim: "units",
    init: "kernel_initializer",
    W_regularizer: "kernel_regularizer",
    b_regularizer: "bias_regularizer",
    W_constraint: "kernel_constraint",
    b_constraint: "bias_constraint",
    bias: "use_bias",
  },
  ignore: ["input_dim", "input_length"],
};

/** Keras 2 wrote NumPy scalars as `{type: "ndarray", value: 0.3}`. */
export function plainNumbers(config: JsonObject): void {
  for (const [key, value] of config) {
    if (value instanceof Map && value.get("type") === "ndarray") config.set(key, value.get("value") ?? null);
  }
}
