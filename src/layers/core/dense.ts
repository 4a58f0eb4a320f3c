/**
 * Dense, and TimeDistributedDense, which Keras 1 had for sequences: y = activation(x·kernel + bias) over the last axis.
 * x[..., D] → y[..., units]. kernel[D, units], bias[units].
 * Source: keras/src/layers/core/dense.py, keras 1.2.2 keras/layers/core.py (TimeDistributedDense).
 */
import type { JsonNode } from "../../codecs/json.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer, quantizationOf } from "../define.ts";
import { int, json, keras3Only } from "../fields.ts";
import { activate, lastOf, needRank } from "../common/checks.ts";
import { keras1Kernel } from "../common/dialects.ts";
import { blocksOf, fromBlocks, integersOf, packedLength, quantizedInput, scaleWeights } from "./shared/quantization.ts";
import { kernelAndBias } from "../common/weight-options.ts";

const columns = (c: { readonly units: number }) => [[0, c.units]] as const;

/** x·kernel of integers: see shared/quantization.ts. */
function quantizedProduct(
  cx: Context,
  c: { readonly units: number; readonly quantization_config: JsonNode },
  w: { readonly kernel: Sym; readonly kernel_scale: Sym; readonly kernel_zero: Sym; readonly g_idx: Sym },
  x: Sym,
): Sym {
  const { op } = cx;
  if (quantizationOf(c)!.block !== null) {
    const scales = { scale: w.kernel_scale, zero: w.kernel_zero, g_idx: w.g_idx };
    const kernel = fromBlocks(cx, integersOf(cx, w.kernel, c, c.units, "float32"), scales, 0);
    return op.matmul(x, op.cast(kernel, cx.compute));
  }
  const given = quantizedInput(cx, x, c, [x.shape.length - 1]);
  const product = (a: Sym): Sym => op.matmul(a, integersOf(cx, w.kernel, c, c.units, a.dtype));
  if (given === null) return op.divide(product(x), w.kernel_scale);
  return op.divide(op.cast(product(given.x), cx.compute), op.multiply(w.kernel_scale, given.scale));
}

const denseOf = (own: { readonly class: string; readonly until?: "keras1" }, rank: number | null) =>
  layer({
    ...own,
    config: { units: int({ min: 1 }), ...kernelAndBias, quantization_config: keras3Only(json()) },
    quantized: ["int8", "int4"],
    weights: {
      kernel: { shape: (c, [x]) => [lastOf(x), packedLength(c, c.units)], init: "kernel_initializer", integers: true },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
      ...scaleWeights<{ readonly units: number }, "kernel">("kernel", {
        count: (c) => [c.units],
        blocks: (c, [x]) => [blocksOf(c, lastOf(x)), c.units],
        length: (_c, [x]) => lastOf(x),
      }),
    },
    dialects: { keras1: keras1Kernel },
    writing: { linearInto: { activation: { kernel: columns, bias: columns } } },
    mask: "pass",
    forward(cx, c, w, [x]) {
      if (rank !== null) needRank(x!, rank);
      const y = quantizationOf(c) === null ? cx.op.matmul(x!, w.kernel) : quantizedProduct(cx, c, w, x!);
      return activate(cx, w.bias ? cx.op.add(y, w.bias) : y, c.activation);
    },
  });

export const dense = denseOf({ class: "Dense" }, null);
export const timeDistributedDense = denseOf({ class: "TimeDistributedDense", until: "keras1" }, 3);
