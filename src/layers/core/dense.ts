/**
 * Dense, and TimeDistributedDense, which Keras 1 had for sequences: y = activation(x·kernel + bias) over the last axis.
 * x[..., D] → y[..., units]. kernel[D, units], bias[units].
 * Source: keras/src/layers/core/dense.py, keras 1.2.2 keras/layers/core.py (TimeDistributedDense).
 */
import type { JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type Context, layer, quantizationOf } from "../define.ts";
import { int, json, keras3Only } from "../fields.ts";
import { activate, lastOf, needRank } from "../common/checks.ts";
import { keras1Kernel } from "../common/dialects.ts";
import {
  losesAlpha, type Adapters, adapterWeights, bareKernel, float8Parts, fromBlocks, integersOf, isUnsigned, type KernelArrays, kernelScales, packedLength, quantizedInput, unsignedKernel, withAdapter,
} from "./shared/quantization.ts"; // prettier-ignore
import { product } from "../common/products.ts";
import { kernelAndBias } from "../common/weight-options.ts";

/** What x·kernel and the bias are where the layer is quantised: see shared/quantization.ts. */
function quantizedProduct(
  cx: Context,
  c: { readonly units: number; readonly quantization_config: JsonNode },
  w: KernelArrays & Adapters<"kernel"> & { readonly kernel: Sym; readonly bias: Sym },
  x: Sym,
): { readonly y: Sym; readonly bias: Sym } {
  const { op } = cx;
  const { bias } = w;
  const { mode, block, isBare } = quantizationOf(c)!;
  if (isBare === true) return { y: op.matmul(x, bareKernel(cx, c, w, c.units)), bias };
  if (mode === "float8") {
    const parts = float8Parts(cx, x, w);
    return { y: op.matmul(parts.x, parts.kernel), bias: parts.bias };
  }
  if (isUnsigned(c)) return { y: op.matmul(x, unsignedKernel(cx, c, w, c.units)), bias };
  const adapted = (y: Sym): Sym => withAdapter(cx, c, y, (a) => op.matmul(x, a), w.lora_kernel_a, w.lora_kernel_b);
  if (block !== null) {
    const scales = { scale: w.kernel_scale, zero: w.kernel_zero, g_idx: w.g_idx };
    const kernel = fromBlocks(cx, integersOf(cx, w.kernel, c, c.units, "float32"), scales, 0);
    return { y: adapted(op.matmul(x, op.cast(kernel, cx.compute))), bias };
  }
  const given = quantizedInput(cx, x, c, [x.shape.length - 1]);
  const sums = (a: Sym): Sym => op.matmul(a, integersOf(cx, w.kernel, c, c.units, a.dtype));
  if (given === null) return { y: adapted(op.divide(sums(x), w.kernel_scale)), bias };
  const y = op.divide(op.cast(sums(given.x), cx.compute), op.multiply(w.kernel_scale, given.scale));
  return { y: adapted(y), bias };
}

const denseOf = (own: { readonly class: string; readonly until?: "keras1" }, rank: number | null) =>
  layer({
    ...own,
    config: { units: int({ min: 1 }), ...kernelAndBias, quantization_config: keras3Only(json()) },
    quantized: ["int8", "int4", "float8", "gptq", "awq"],
    weights: {
      kernel: {
        when: (c) => !isUnsigned(c),
        shape: (c, [x]) => [lastOf(x), packedLength(c, c.units)],
        init: "kernel_initializer",
        integers: true,
      },
      bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
      ...adapterWeights<{ readonly units: number }, "kernel">("kernel", {
        rows: (_c, [x]) => [lastOf(x)],
        columns: (c) => c.units,
      }),
      ...kernelScales<{ readonly units: number }>({
        rows: (_c, [x]) => lastOf(x),
        columns: (c) => c.units,
        channels: (c) => [c.units],
      }),
    },
    dialects: { keras1: keras1Kernel },
    writing: { unread: losesAlpha, linearInto: { activation: { kernel: "all", bias: "all" } } },
    mask: "pass",
    forward(cx, c, w, [x]) {
      if (rank !== null) needRank(x!, rank);
      const plain = quantizationOf(c) === null;
      const { y, bias } = plain ? { y: product(cx, x!, w.kernel), bias: w.bias } : quantizedProduct(cx, c, w, x!);
      // TensorFlow has no sums of bools here.
      if (bias && y.dtype === "bool") fail("unsupported/dtype-policy", { found: "bool", expected: "numbers" });
      return activate(cx, bias ? cx.op.add(y, bias) : y, c.activation);
    },
  });

export const dense = denseOf({ class: "Dense" }, null);
export const timeDistributedDense = denseOf({ class: "TimeDistributedDense", until: "keras1" }, 3);
