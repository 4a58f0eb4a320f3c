/**
 * y = activation(einsum(equation, x, kernel) + bias): the axes of x and kernel that the equation names and y does not are
 * summed over. `...` stands for axes in front of, or behind, those that are named.
 * x[B, …] → y[B, …]. kernel: the sizes of its letters; bias: y's from the first of `bias_axes` on, 1 for the others.
 * Source: keras/src/layers/core/einsum_dense.py, tf_keras/layers/core/einsum_dense.py.
 */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Shape } from "../../ops/types.ts";
import { layer } from "../define.ts";
import { activation, json, keras3Only, lengths, optional, text } from "../fields.ts";
import { constraints, initializers, regularizers } from "../common/weight-options.ts";
import { activate } from "../common/checks.ts";
import { floatsIn } from "../common/dtypes.ts";
import { einsum } from "../common/einsum.ts";

interface EinsumDenseConfig {
  readonly equation: string;
  readonly output_shape: readonly (number | null)[];
  readonly bias_axes: string | null;
}

const EQUATION = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/;

/** The shapes of kernel and bias for an input. */
function shapes({ equation, output_shape, bias_axes }: EinsumDenseConfig, x: Shape): { kernel: Shape; bias: Shape } {
  const [, left, input, right, kernel, leftOut, output, rightOut] = EQUATION.exec(equation) ?? [];
  const elision = left !== leftOut || right !== rightOut || (left !== undefined && right !== undefined);
  if (input === undefined || elision)
    return fail("malformed/config", {
      path: "equation",
      expected: "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...",
      found: equation,
    });
  const elided = Math.max(0, x.length - input.length);
  const before = left === undefined ? 0 : elided;
  const y = [...x.slice(0, Math.max(1, before)), ...output_shape];
  const sizeOf = (letter: string): number | null => {
    const [i, o] = [input.indexOf(letter), output!.indexOf(letter)];
    if (i < 0 && o < 0)
      return fail("malformed/config", { path: "equation", expected: `${letter} in x or y`, found: equation });
    return (i < 0 ? undefined : x[before + i]) ?? (o < 0 ? undefined : y[before + o]) ?? null;
  };
  const named = [...(bias_axes ?? "")];
  const first = Math.min(...named.map((letter) => output!.indexOf(letter)));
  if (first < 0) fail("malformed/config", { path: "bias_axes", expected: `letters of ${output!}`, found: bias_axes! });
  const bias = Array.from(output!.slice(first), (letter) => (named.includes(letter) ? sizeOf(letter) : 1));
  const behind = left === undefined ? elided : 0;
  return { kernel: [...kernel!].map(sizeOf), bias: [...bias, ...listOf(behind, () => 1)] };
}

export const einsumDense = layer({
  class: "EinsumDense",
  takes: floatsIn("tf-keras"),
  config: {
    equation: text(),
    output_shape: lengths(),
    activation: activation("linear"),
    bias_axes: optional(text()),
    ...initializers({ kernel: "GlorotUniform", bias: "Zeros" }),
    ...regularizers("kernel", "bias", "activity"),
    ...constraints("kernel", "bias"),
    quantization_config: keras3Only(json()),
  },
  weights: {
    kernel: { shape: (c, [x]) => shapes(c, x!).kernel, init: "kernel_initializer" },
    bias: {
      when: (c) => c.bias_axes !== null,
      shape: (c, [x]) => shapes(c, x!).bias,
      init: "bias_initializer",
    },
  },
  forward(cx, c, w, [x]) {
    const y = einsum(cx, c.equation, [x!, w.kernel]);
    return activate(cx, w.bias ? cx.op.add(y, w.bias) : y, c.activation);
  },
});
