/**
 * One step of a gated recurrent unit, gates z, r, h along the last axis:
 *   z, r = recurrent_activation(x·kernel + h·recurrent_kernel + bias)
 *   g = activation(x·kernel + (r*h)·recurrent_kernel + bias), with reset_after r*(h·recurrent_kernel + bias[1])
 *   h' = z*h + (1 - z)*g
 * x[B, D], h[B, units] → h'. kernel[D, 3*units], recurrent_kernel[units, 3*units], bias[3*units], with reset_after
 * [2, 3*units]. Source: keras/src/layers/rnn/gru.py (GRUCell).
 */
import { fromGruGates } from "../../ops/cells.ts";
import type { Sym } from "../../ops/types.ts";
import { cell, type Context } from "../define.ts";
import { checkActivation } from "../common/activation-spec.ts";
import { lastOf } from "../common/checks.ts";
import { droppedOut } from "../common/randomness.ts";
import { dropsGates, gateProducts, gatesOf, gateSums } from "./shared/dropped-gates.ts";
import { keras2Recurrent } from "./shared/recurrent-dialects.ts";
import { gruCellOptions } from "./shared/recurrent-options.ts";
import { storedGru } from "./shared/stored-recurrent.ts";

/** Columns of the gates z and r, and of the candidate state. */
const gates = (c: { readonly units: number }) => [[0, 2 * c.units]] as const;
const candidate = (c: { readonly units: number }) => [[2 * c.units, 3 * c.units]] as const;

interface Gru {
  readonly units: number;
  readonly dropout: number;
  readonly recurrent_dropout: number;
  readonly reset_after: boolean;
}
interface GruWeights {
  readonly kernel: Sym;
  readonly recurrent_kernel: Sym;
  readonly bias: Sym | undefined;
}
type Functions = Parameters<typeof fromGruGates>[5];

/** A step that drops parts of x and h for each gate. */
function droppedStep(cx: Context, c: Gru, w: GruWeights, x: Sym, h: Sym, functions: Functions): Sym {
  const { op } = cx;
  const bias = w.bias && (c.reset_after ? [op.take(w.bias, 0, 0), op.take(w.bias, 0, 1)] : [w.bias]);
  const [kernels, recurrent] = [w.kernel, w.recurrent_kernel].map((kernel) => gatesOf(cx, kernel, c.units, 3));
  const left = gateSums(cx, [gateProducts(cx, x, c.dropout, kernels!)], bias?.[0], c.units);
  if (c.reset_after) {
    const products = gateProducts(cx, h, c.recurrent_dropout, recurrent!);
    const [z, r, last] = gateSums(cx, [products], bias?.[1], c.units);
    return fromGruGates(op, left, [z!, r!], (reset) => op.multiply(reset, last!), h, functions);
  }
  const [z, r] = gateProducts(cx, h, c.recurrent_dropout, recurrent!.slice(0, 2));
  const inner = (reset: Sym): Sym =>
    gateProducts(cx, h, c.recurrent_dropout, recurrent!.slice(2), (a, k) => op.matmul(op.multiply(reset, a), k))[0]!;
  return fromGruGates(op, left, [z!, r!], inner, h, functions);
}

export const gruCell = cell({
  class: "GRUCell",
  args: ["inputs", "states"],
  config: gruCellOptions,
  weights: {
    kernel: { shape: (c, [x]) => [lastOf(x), c.units * 3], init: "kernel_initializer" },
    recurrent_kernel: { shape: (c) => [c.units, c.units * 3], init: "recurrent_initializer" },
    bias: {
      when: (c) => c.use_bias,
      shape: (c) => (c.reset_after ? [2, c.units * 3] : [c.units * 3]),
      init: "bias_initializer",
    },
  },
  dialects: { keras2: keras2Recurrent },
  stored: storedGru,
  writing: {
    linearInto: {
      recurrent_activation: { kernel: gates, recurrent_kernel: gates, bias: gates },
      activation: { kernel: candidate, recurrent_kernel: candidate, bias: candidate },
    },
  },
  states: (cx, c, _w, x) => [[cx.size(x, 0), c.units]],
  step(cx, c, w, x, [h]) {
    const functions = {
      activation: checkActivation(c.activation),
      recurrentActivation: checkActivation(c.recurrent_activation),
    };
    if (dropsGates(cx, c.recurrent_dropout)) {
      const y = droppedStep(cx, c, w, x, h!, functions);
      return { y, states: [y] };
    }
    const attrs = { ...functions, resetAfter: c.reset_after };
    const y = cx.op.gruCell(droppedOut(cx, x, c.dropout), h!, w.kernel, w.recurrent_kernel, w.bias, attrs);
    return { y, states: [y] };
  },
});
