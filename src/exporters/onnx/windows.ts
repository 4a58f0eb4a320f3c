/** Convolutions, pooling and resizing: ONNX has the channels first. */
import type { Layout, Padding, ResizeAttrs } from "../../ops/attributes.ts";
import { transposedWindow } from "../../ops/conv-transpose.ts";
import { fail } from "../../core/error.ts";
import { type DType, isFloat, isInteger } from "../../core/dtype.ts";
import { withDType } from "../../core/cast.ts";
import { type Taps, tapsOf } from "../../ops/taps.ts";
import type { Shape } from "../../ops/types.ts";
import { extent, spatialOf } from "../../ops/window.ts";
import { held, type OnnxGraph, type OnnxNode, type OnnxOperand } from "./graph.ts";
import { type OnnxRule, work } from "./rule.ts";

const count = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** x[B, ...spatial, C] → x[B, C, ...spatial]. */
function first(g: OnnxGraph, name: string, rank: number, layout: Layout): string {
  return layout === "first" ? name : g.transpose(name, [0, rank - 1, ...count(1, rank - 1)]);
}

/** And back. */
function back(g: OnnxGraph, name: string, rank: number, layout: Layout): string {
  return layout === "first" ? name : g.transpose(name, [0, ...count(2, rank), 1]);
}

interface Slide {
  readonly padding: Padding;
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly dilation: readonly number[];
}

/** Explicit amounts where they do not depend on a length that only a run tells. */
function padding({ padding, size, strides, dilation }: Slide, spatial: Shape): OnnxNode["attributes"] {
  if (padding === "valid") return {};
  const amounts = size.map((n, axis): readonly [number, number] | null => {
    const covered = extent(n, dilation[axis]!);
    if (padding === "causal") return [covered - 1, 0];
    if (padding !== "same") return padding[axis]!;
    const [stride, length] = [strides[axis]!, spatial[axis]!];
    if (length === null && stride > 1) return null;
    const steps = stride === 1 ? 0 : (Math.ceil(length! / stride) - 1) * stride - length! + 1;
    const total = Math.max(covered - 1 + steps, 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  const known = amounts.filter((pair) => pair !== null);
  if (known.length < amounts.length) return { auto_pad: "SAME_UPPER" };
  return { pads: [...known.map(([before]) => before), ...known.map(([, after]) => after)] };
}

/** kernel[...spatial, I, O] → kernel[O, I, ...spatial]. */
const kernelFirst = (g: OnnxGraph, kernel: OnnxOperand): string => {
  const rank = kernel.shape.length;
  return g.arranged(kernel, [rank - 1, rank - 2, ...count(0, rank - 2)]);
};

export const conv: OnnxRule<"conv"> = (g, { x, kernel, bias }, a) => {
  const rank = x.shape.length;
  const size = kernel.shape.slice(0, -2).map((length) => length ?? 1);
  const inputs = [first(g, x.name, rank, a.layout), kernelFirst(g, kernel), ...(bias === null ? [] : [bias.name])];
  const made = g.narrow(inputs, x.dtype, (names) =>
    g.node("Conv", names, {
      kernel_shape: size,
      strides: a.strides,
      dilations: a.dilation,
      group: a.groups,
      ...padding({ ...a, size }, spatialOf(x.shape, a.layout)),
    }),
  );
  return { y: g.rounded(back(g, made, rank, a.layout), x.dtype) };
};

/** What the windows cover beyond the output is cut, what they leave of it is added; neither depends on the length. */
export const convTranspose: OnnxRule<"convTranspose"> = (g, { x, kernel, bias }, a) => {
  const rank = x.shape.length;
  const size = kernel.shape.slice(0, -2).map((length) => length ?? 1);
  const axes = size.map((n, axis) => transposedWindow(a, axis, 1, n));
  const over = axes.map(({ output }, axis) => extent(size[axis]!, a.dilation[axis]!) - output);
  const inputs = [first(g, x.name, rank, a.layout), kernelFirst(g, kernel), ...(bias === null ? [] : [bias.name])];
  const made = g.narrow(inputs, x.dtype, (names) =>
    g.node("ConvTranspose", names, {
      kernel_shape: size,
      strides: a.strides,
      dilations: a.dilation,
      pads: [...over.map((n) => Math.max(n, 0) >> 1), ...over.map((n) => Math.max(n, 0) - (Math.max(n, 0) >> 1))],
      output_padding: over.map((n) => Math.max(-n, 0)),
    }),
  );
  return { y: g.rounded(back(g, made, rank, a.layout), x.dtype) };
};

/**
 * Optimizers (of ONNX Runtime, of onnx/optimizer) make a pad of zeros the padding of the pooling after it, which then
 * leaves those zeros out: not across an operator, and none takes this one away, which changes no number.
 */
const apart = (g: OnnxGraph, name: string, dtype: DType): string =>
  g.isMadeBy("Pad", name) ? g.elementwise("Max", [name, g.scalar(-Infinity, dtype)]) : name;

/** Engines find the largest of floats only; float64 holds every integer that matters. */
export const pool: OnnxRule<"pool"> = (g, { x }, a) => {
  const rank = x.shape.length;
  const wide = isInteger(x.dtype) ? "float64" : held(x.dtype);
  const attributes = {
    kernel_shape: a.size,
    strides: a.strides,
    ...padding({ ...a, dilation: a.size.map(() => 1) }, spatialOf(x.shape, a.layout)),
  };
  const from = first(g, apart(g, g.cast(x.name, x.dtype, wide), wide), rank, a.layout);
  const made =
    a.fn === "max"
      ? g.node("MaxPool", [from], attributes)
      : g.narrow([from], wide, (names) => g.node("AveragePool", names, attributes));
  return { y: g.cast(back(g, made, rank, a.layout), wide, x.dtype) };
};

/** Weights of the inputs in each output along one axis: w[input, output]. */
function spread(g: OnnxGraph, taps: Taps, input: number, dtype: DType): string {
  const output = taps.index.length / taps.count;
  const data = new Float32Array(input * output);
  taps.index.forEach((from, i) => {
    data[from * output + Math.floor(i / taps.count)]! += taps.weight[i]!;
  });
  return g.constant(withDType({ dtype: "float32", shape: [input, output], data }, dtype));
}

/** Over lengths that only a run tells, where ONNX means the same: it has other tables for the rest. */
function resizeFree(g: OnnxGraph, from: string, dtype: DType, { to, method }: ResizeAttrs): string {
  const shape = g.node("Shape", [from], { start: 0, end: 2 });
  const sizes = g.node("Concat", [shape, g.sizes(to)], { axis: 0 });
  const how: OnnxNode["attributes"] =
    method === "nearest" ? { mode: "nearest", nearest_mode: "round_prefer_ceil" } : { mode: "linear" };
  const wide = isInteger(dtype) || dtype === "bool" ? "int32" : dtype;
  const made = g.node("Resize", [g.cast(from, dtype, wide), "", "", sizes], {
    coordinate_transformation_mode: "half_pixel",
    ...how,
  });
  return g.cast(made, wide, dtype);
}

/** Elements are picked, or multiplied by the weights along each axis in turn. */
export const resize: OnnxRule<"resize"> = (g, { x }, attrs) => {
  const rank = x.shape.length;
  const wide = isFloat(x.dtype) ? work(x.dtype) : x.dtype;
  const from = first(g, g.cast(x.name, x.dtype, wide), rank, attrs.layout);
  const ready = (name: string): { y: string } => ({ y: g.cast(back(g, name, rank, attrs.layout), wide, x.dtype) });
  const lengths = spatialOf(x.shape, attrs.layout);
  const known = lengths.every((length) => length !== null) && attrs.to.every((size) => typeof size === "number");
  if (!known) {
    const plain = attrs.fit === undefined && attrs.antialias === undefined;
    if (!plain || (attrs.method !== "nearest" && (attrs.method !== "bilinear" || rank !== 4)))
      return fail("unsupported/onnx", { path: "resize", message: `${attrs.method} over an axis of free length` });
    return ready(resizeFree(g, from, wide, attrs));
  }
  const resized = lengths.reduce((name, length, i) => {
    const taps = tapsOf(attrs, lengths, i);
    if (taps.count === 1 && taps.weight.every((weight) => weight === 1))
      return g.node("Gather", [name, g.ints([...taps.index])], { axis: i + 2 });
    const axis = i + 2;
    const last = [...count(0, rank).filter((other) => other !== axis), axis];
    const made = g.node("MatMul", [g.transpose(name, last), spread(g, taps, length, wide)]);
    return g.transpose(
      made,
      count(0, rank).map((other) => last.indexOf(other)),
    );
  }, from);
  return ready(resized);
};
