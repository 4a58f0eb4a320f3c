/**
 * One step of a fully connected recurrence: h' = activation(x·kernel + bias + h·recurrent_kernel).
 * x[B, D], h[B, units] → h'. kernel[D, units], recurrent_kernel[units, units], bias[units].
 * Source: keras/src/layers/rnn/simple_rnn.py (SimpleRNNCell).
 */
import { isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type Bound, cell, type Context } from "../define.ts";
import type { Config } from "../fields.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { activate, lastOf } from "../common/checks.ts";
import { product } from "../common/products.ts";
import { droppedOut } from "../common/randomness.ts";
import { simpleRnnCellOptions } from "./shared/recurrent-options.ts";

type Options = Config<typeof simpleRnnCellOptions>;

/** One step of whole numbers, which an activation has to keep: the loop of Keras 3 takes no floats for states of integers. */
function wholeStep(cx: Context, c: Options, w: Bound<"kernel" | "recurrent_kernel" | "bias">, x: Sym, h: Sym) {
  const { op } = cx;
  const sum = product(cx, x, w.kernel);
  const y = activate(cx, op.add(w.bias ? op.add(sum, w.bias) : sum, product(cx, h, w.recurrent_kernel)), c.activation);
  if (y.dtype !== cx.compute)
    fail("unsupported/dtype", { expected: "an activation that gives integers", found: y.dtype });
  return { y, states: [y] };
}

export const simpleRnnCell = cell({
  class: "SimpleRNNCell",
  args: ["sequence", "states"],
  config: simpleRnnCellOptions,
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units], init: "kernel_initializer" },
    recurrent_kernel: { shape: (c) => [c.units, c.units], init: "recurrent_initializer" },
    bias: { when: (c) => c.use_bias, shape: (c) => [c.units], init: "bias_initializer" },
  },
  writing: { linearInto: { activation: { kernel: "all", recurrent_kernel: "all", bias: "all" } } },
  states: (cx, c, _w, x) => [[cx.size(x, 0), c.units]],
  step(cx, c, w, x, [h]) {
    if (!isFloat(cx.compute)) return wholeStep(cx, c, w, x, h!);
    const attrs = { activation: checkActivation(c.activation) };
    const [input, old] = [droppedOut(cx, x, c.dropout), droppedOut(cx, h!, c.recurrent_dropout)];
    const y = cx.op.simpleRnnCell(input, old, w.kernel, w.recurrent_kernel, w.bias, attrs);
    return { y, states: [y] };
  },
});
