/**
 * tf.keras's linear model: y = activation(Σ xᵢ·kernelᵢ + bias) over one tensor or several, those of a dict by sorted name.
 * xᵢ[B, …, Dᵢ] → y[B, …, units]. A kernel[Dᵢ, units] for each, bias[units]. Gone in Keras 3.
 * Source: tf_keras/premade_models/linear.py.
 */
import { fail } from "../../core/error.ts";
import { listOf } from "../../core/list.ts";
import { layer, type WeightDecl } from "../define.ts";
import { activation, bool, int } from "../fields.ts";
import { activate, lastOf } from "../common/checks.ts";
import { builtInputs } from "../common/model-inputs.ts";
import { product } from "../common/products.ts";
import { initializers, regularizers } from "../common/weight-options.ts";

interface Options {
  readonly units: number;
  /** How many tensors it takes. */
  readonly inputs?: number;
}

/** The most tensors that it takes. */
const MOST = 256;

const countOf = (c: Options): number => c.inputs ?? 1;
const kernelName = (i: number): string => `layers/dense${i === 0 ? "" : `_${i}`}/kernel`;
const kernel = (i: number): WeightDecl<Options> => ({
  when: (c) => i < countOf(c),
  shape: (c, x) => [x[i] === undefined ? null : lastOf(x[i]), c.units],
  init: "kernel_initializer",
  olderNames: [`dense_layers/${i}/kernel`, "kernel"],
});

export const linearModel = layer({
  class: "LinearModel",
  module: "keras.experimental",
  until: "keras2",
  config: {
    units: int({ min: 1, default: 1 }),
    activation: activation("linear"),
    use_bias: bool(true),
    ...initializers({ kernel: "Zeros", bias: "Zeros" }),
    ...regularizers("kernel", "bias"),
  },
  weights: {
    ...Object.fromEntries(listOf(MOST, (i) => [kernelName(i), kernel(i)])),
    bias: {
      when: (c: { readonly use_bias: boolean }) => c.use_bias,
      shape: (c: Options) => [c.units],
      init: "bias_initializer",
    },
  } as { readonly [name: string]: WeightDecl<Options & { readonly use_bias: boolean }> },
  calls: { countsInputs: true },
  forward(cx, c, w, x) {
    if (x.length !== countOf(c) || x.length > MOST)
      fail("mismatch/inputs", { expected: `${Math.min(countOf(c), MOST)} tensors`, found: String(x.length) });
    const sum = x.map((one, i) => product(cx, one, w[kernelName(i)]!)).reduce((a, b) => cx.op.add(a, b));
    return activate(cx, w["bias"] ? cx.op.add(sum, w["bias"]) : sum, c.activation);
  },
  inputs: (node) => builtInputs(node, countOf(node.config as unknown as Options)),
});
