/**
 * y = activation(einsum(equation, x, kernel) + bias): the axes of x and kernel that the equation names and y does not are
 * summed over. `...` stands for axes in front of, or behind, those that are named.
 * x[B, …] → y[B, …]. kernel: the sizes of its letters; bias: y's from the first of `bias_axes` on, 1 for the others.
 * Source: keras/src/layers/core/einsum_dense.py, tf_keras/layers/core/einsum_dense.py.
 */
import { listOf } from "../../core/list.ts";
import { showShape } from "../../core/tensor.ts";
import { fail } from "../../core/error.ts";
import type { JsonNode } from "../../codecs/json.ts";
import type { Shape, Sym } from "../../ops/types.ts";
import { type Context, layer, quantizationOf } from "../define.ts";
import { activation, json, keras3Only, lengths, optional, text } from "../fields.ts";
import { constraints, initializers, regularizers } from "../common/weight-options.ts";
import { added } from "../common/bias-add.ts";
import { needBuilt } from "../common/built.ts";
import { activate } from "../common/checks.ts";
import { floatsIn } from "../common/dtypes.ts";
import { einsum } from "../common/einsum.ts";
import { rounded, wide } from "../common/products.ts";
import {
  type Adapters, adapterWeights, bareKernel, float8Parts, fromBlocks, integersOf, isUnsigned, type KernelArrays, kernelScales, packedLength, quantizedInput, unsignedKernel, withAdapter,
} from "./shared/quantization.ts"; // prettier-ignore

interface EinsumDenseConfig {
  readonly equation: string;
  readonly output_shape: readonly (number | null)[];
  readonly bias_axes: string | null;
}

const EQUATION = /^(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?$/;

/** What an equation says for an input: its letters, those of elided axes `.0`, `.1` …, and the shapes of kernel and bias. */
function read({ equation, output_shape, bias_axes }: EinsumDenseConfig, x: Shape) {
  const [, left, input, right, kernel, leftOut, output, rightOut] = EQUATION.exec(equation) ?? [];
  const elision = left !== leftOut || right !== rightOut || (left !== undefined && right !== undefined);
  if (input === undefined || elision)
    return fail("malformed/config", {
      path: "equation",
      expected: "[X],[Y]->[Z], ...[X],[Y]->...[Z], or [X]...,[Y]->[Z]...",
      found: equation,
    });
  const elided = listOf(Math.max(0, x.length - input.length), (i) => `.${i}`);
  const whole = (named: string): string[] => (left === undefined ? [...named, ...elided] : [...elided, ...named]);
  const before = left === undefined ? 0 : elided.length;
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
  const behind = left === undefined ? elided.length : 0;
  return {
    kernel: [...kernel!].map(sizeOf),
    bias: [...bias, ...listOf(behind, () => 1)],
    /** Of int8, as the output lies. */
    scale: whole(output!).map((letter) => (kernel!.includes(letter) ? sizeOf(letter) : 1)),
    /** How many numbers a sum has, and how many sums there are: the sides of a kernel of int4. */
    rows: product([...kernel!].filter((letter) => !output!.includes(letter)).map(sizeOf)),
    columns: product([...kernel!].filter((letter) => output!.includes(letter)).map(sizeOf)),
    /** A letter of both x and y, for which output_shape has another length than x. */
    unlike: [...input].find((letter) => {
      const [from, to] = [x[before + input.indexOf(letter)], y[before + output!.indexOf(letter)]];
      return output!.includes(letter) && typeof from === "number" && typeof to === "number" && from !== to;
    }),
    input: whole(input),
    output: whole(output!),
  };
}

const product = (sizes: readonly (number | null)[]): number | null =>
  sizes.reduce((a, b) => (a === null || b === null ? null : a * b), 1);

const packed = (c: EinsumDenseConfig, n: number | null): number | null => (n === null ? null : packedLength(c, n));

/**
 * The sides of a kernel of gptq or awq: its longest axis, the first of them, is the inputs' where it comes first, else the
 * outputs' are the last axis.
 */
function sidesOf(kernel: readonly (number | null)[]): { rows: number | null; columns: number | null } {
  if (kernel.length !== 2 && kernel.length !== 3)
    return fail("unsupported/dtype-policy", { expected: "a kernel of 2 or 3 axes", found: `${kernel.length}` });
  const isFirst = kernel.length === 2 || kernel.every((n) => (n ?? 0) <= (kernel[0] ?? 0));
  const cut = isFirst ? 1 : 2;
  return { rows: product(kernel.slice(0, cut)), columns: product(kernel.slice(cut)) };
}

/** Of the config and an input: how the kernel's numbers lie as they are stored. */
function storedSides(c: EinsumDenseConfig, x: Shape) {
  const { kernel, rows, columns } = read(c, x);
  return isUnsigned(c) ? sidesOf(kernel) : { rows, columns };
}

/** Equations that Keras runs as one product of matrices, which takes more axes in front where nothing counts x's. */
const MATRIX_PRODUCTS = new Set(["ab,b->a", "ab,bc->ac", "ab,cb->ac", "abc,cd->abd", "abc,dc->abd"]);

/** Letters by their first appearance: what Keras looks for is spelt so. */
function canonical(equation: string): string {
  const seen = [...new Set(equation.replace(/[^a-zA-Z]/g, ""))];
  return equation.replace(/[a-zA-Z]/g, (letter) => String.fromCharCode(97 + seen.indexOf(letter)));
}

/** The equation for x, and the shape that it names: where `call` runs alone, x may have more axes. */
function equationFor(cx: Context, { equation }: EinsumDenseConfig, x: Sym): { equation: string; named: Shape } {
  const [given, kernel, to] = equation.split(/,|->/);
  const more = x.shape.length > given!.length;
  if (!cx.isBare || !more || !MATRIX_PRODUCTS.has(canonical(equation))) return { equation, named: x.shape };
  return {
    equation: `...${given!.at(-1)},${kernel}->...${[...to!].filter((letter) => kernel!.includes(letter)).join("")}`,
    named: [...x.shape.slice(0, given!.length - 1), x.shape.at(-1)!],
  };
}

/** The equation where the layer is quantised: see shared/quantization.ts. */
function quantizedSums(
  cx: Context,
  c: EinsumDenseConfig & { readonly quantization_config: JsonNode },
  w: KernelArrays & Adapters<"kernel"> & { readonly kernel: Sym },
  x: Sym,
): Sym {
  const { op } = cx;
  const { mode, block, isBare } = quantizationOf(c)!;
  const { equation, named } = equationFor(cx, c, x);
  const { input, output, kernel, columns } = read(c, named);
  if (isBare === true) {
    const numbers = bareKernel(cx, c, w, columns!);
    return einsum(cx, equation, [x, op.reshape(numbers, kernel as readonly number[])]);
  }
  if (isUnsigned(c)) {
    const flat = unsignedKernel(cx, c, w, storedSides(c, x.shape).columns!);
    return einsum(cx, c.equation, [x, op.reshape(flat, kernel as readonly number[])]);
  }
  const adapted = (y: Sym): Sym =>
    withAdapter(cx, c, y, (a) => einsum(cx, c.equation, [x, a]), w.lora_kernel_a, w.lora_kernel_b);
  const given = block === null ? quantizedInput(cx, x, c, input.flatMap((l, i) => (output.includes(l) ? [] : [i]))) : null; // prettier-ignore
  const sums = (weight: Sym): Sym => op.cast(einsum(cx, c.equation, [given?.x ?? x, weight]), cx.compute);
  // What the input was multiplied by, as the output lies.
  const kept = input.filter((letter) => output.includes(letter));
  const scale = given && op.expandDims(
    op.transpose(op.squeeze(given.scale, input.flatMap((l, i) => (output.includes(l) ? [] : [i]))), output.flatMap((l) => kept.includes(l) ? [kept.indexOf(l)] : [])),
    output.flatMap((l, i) => (kept.includes(l) ? [] : [i])),
  ); // prettier-ignore
  if (mode === "int8") {
    const y = sums(op.cast(w.kernel, "float32"));
    return adapted(op.divide(y, scale === null ? w.kernel_scale : op.multiply(scale, w.kernel_scale)));
  }
  const numbers = integersOf(cx, w.kernel, c, columns!, "float32");
  const floats =
    block === null
      ? op.divide(op.cast(numbers, cx.compute), w.kernel_scale)
      : fromBlocks(cx, numbers, { scale: w.kernel_scale, zero: w.kernel_zero, g_idx: w.g_idx }, 0);
  const y = sums(op.reshape(op.cast(floats, cx.compute), kernel as readonly number[]));
  return adapted(scale === null ? y : op.divide(y, scale));
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
  quantized: ["int8", "int4", "float8", "gptq", "awq"],
  weights: {
    kernel: {
      when: (c) => !isUnsigned(c),
      shape: (c, [x]) => {
        const { kernel, rows, columns } = read(c, x!);
        return quantizationOf(c)?.mode === "int4" ? [rows, packed(c, columns)] : kernel;
      },
      init: "kernel_initializer",
      integers: true,
    },
    bias: {
      when: (c) => c.bias_axes !== null,
      shape: (c, [x]) => read(c, x!).bias,
      init: "bias_initializer",
    },
    ...adapterWeights<EinsumDenseConfig, "kernel">("kernel", {
      rows: (c, [x]) => read(c, x!).kernel.slice(0, -1),
      columns: (c, [x]) => read(c, x!).kernel.at(-1) ?? null,
    }),
    ...kernelScales<EinsumDenseConfig>({
      rows: (c, [x]) => storedSides(c, x!).rows,
      columns: (c, [x]) => storedSides(c, x!).columns,
      channels: (c, [x]) => read(c, x!).scale,
    }),
  },
  writing: { linearInto: { activation: { kernel: "all", bias: "all" } } },
  forward(cx, c, w, [x]) {
    if (cx.semantics === "keras3") {
      needBuilt(cx, [x!]);
      const { unlike } = read(c, x!.shape);
      if (unlike !== undefined && cx.isBare !== true)
        fail("unsupported/argument", {
          message: `x and output_shape give ${unlike} other lengths`,
          found: showShape(x!.shape),
        });
    }
    const { mode, isBare } = quantizationOf(c) ?? {};
    const given =
      mode === "float8" && isBare !== true ? float8Parts(cx, x!, w) : { x: x!, kernel: w.kernel, bias: w.bias };
    const isPlain = mode === undefined || mode === "float8";
    const y = isPlain
      ? rounded(cx, wide(cx, [given.x, given.kernel]), (both) => einsum(cx, equationFor(cx, c, x!).equation, both))
      : quantizedSums(cx, c, w, x!);
    return activate(cx, given.bias ? added(cx, y, given.bias) : y, c.activation);
  },
});
