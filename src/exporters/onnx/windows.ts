/** Convolutions, pooling and resizing: ONNX has the channels first. */
import type { Layout, Padding } from "../../ops/attributes.ts";
import { axisOf } from "../../ops/conv-transpose.ts";
import { fail } from "../../core/error.ts";
import { isInteger } from "../../core/dtype.ts";
import { tapsOf } from "../../ops/resize.ts";
import type { Shape } from "../../ops/types.ts";
import { extent, spatialOf } from "../../ops/window.ts";
import type { OnnxGraph, OnnxNode, Operand } from "./graph.ts";
import type { OnnxRule } from "./rule.ts";

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
const kernelFirst = (g: OnnxGraph, kernel: Operand): string => {
  const rank = kernel.shape.length;
  return g.arranged(kernel, [rank - 1, rank - 2, ...count(0, rank - 2)]);
};

export const conv: OnnxRule<"conv"> = (g, { x, kernel, bias }, a) => {
  const rank = x.shape.length;
  const size = kernel.shape.slice(0, -2).map((length) => length ?? 1);
  const inputs = [first(g, x.name, rank, a.layout), kernelFirst(g, kernel), ...(bias === null ? [] : [bias.name])];
  const made = g.node("Conv", inputs, {
    kernel_shape: size,
    strides: a.strides,
    dilations: a.dilation,
    group: a.groups,
    ...padding({ ...a, size }, spatialOf(x.shape, a.layout)),
  });
  return { y: back(g, made, rank, a.layout) };
};

/** What the windows cover beyond the output is cut, what they leave of it is added; neither depends on the length. */
export const convTranspose: OnnxRule<"convTranspose"> = (g, { x, kernel, bias }, a) => {
  const rank = x.shape.length;
  const size = kernel.shape.slice(0, -2).map((length) => length ?? 1);
  const axes = size.map((n, axis) => axisOf(a, axis, 1, n));
  const over = axes.map(({ output }, axis) => extent(size[axis]!, a.dilation[axis]!) - output);
  const inputs = [first(g, x.name, rank, a.layout), kernelFirst(g, kernel), ...(bias === null ? [] : [bias.name])];
  const made = g.node("ConvTranspose", inputs, {
    kernel_shape: size,
    strides: a.strides,
    dilations: a.dilation,
    pads: [...over.map((n) => Math.max(n, 0) >> 1), ...over.map((n) => Math.max(n, 0) - (Math.max(n, 0) >> 1))],
    output_padding: over.map((n) => Math.max(-n, 0)),
  });
  return { y: back(g, made, rank, a.layout) };
};

/** Engines find the largest of floats only; float64 holds every integer that matters. */
export const pool: OnnxRule<"pool"> = (g, { x }, a) => {
  const rank = x.shape.length;
  const wide = isInteger(x.dtype) ? "float64" : x.dtype;
  const attributes = {
    kernel_shape: a.size,
    strides: a.strides,
    ...padding({ ...a, dilation: a.size.map(() => 1) }, spatialOf(x.shape, a.layout)),
  };
  const from = first(g, g.cast(x.name, x.dtype, wide), rank, a.layout);
  const made = g.node(a.fn === "max" ? "MaxPool" : "AveragePool", [from], attributes);
  return { y: g.cast(back(g, made, rank, a.layout), wide, x.dtype) };
};

/** Weights of the inputs in each output along one axis: w[input, output]. */
function spread(g: OnnxGraph, method: Parameters<typeof tapsOf>[0], input: number, factor: number): string {
  const taps = tapsOf(method, input, factor);
  const data = new Float32Array(input * input * factor);
  taps.index.forEach((from, i) => {
    data[from * input * factor + Math.floor(i / taps.count)]! += taps.weight[i]!;
  });
  return g.constant({ dtype: "float32", shape: [input, input * factor], data });
}

/** Nearest repeats; the others are products with the weights along each axis in turn, of known length. */
export const resize: OnnxRule<"resize"> = (g, { x }, { layout, factors, method }) => {
  const rank = x.shape.length;
  const from = first(g, x.name, rank, layout);
  const lengths = spatialOf(x.shape, layout);
  if (method === "nearest" || (method === "bilinear" && lengths.includes(null) && rank === 4)) {
    const scales = g.constant({ dtype: "float32", shape: [rank], data: Float32Array.of(1, 1, ...factors) });
    const how: OnnxNode["attributes"] =
      method === "nearest"
        ? { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }
        : { mode: "linear", coordinate_transformation_mode: "half_pixel" };
    const wide = isInteger(x.dtype) || x.dtype === "bool" ? "int32" : x.dtype;
    const made = g.node("Resize", [g.cast(from, x.dtype, wide), "", scales], how);
    return { y: back(g, g.cast(made, wide, x.dtype), rank, layout) };
  }
  const grown = factors.reduce((name, factor, i) => {
    const length = lengths[i]!;
    if (length === null)
      return fail("unsupported/onnx", { path: "resize", message: `${method} over an axis of free length` });
    const axis = i + 2;
    const last = [...count(0, rank).filter((other) => other !== axis), axis];
    const made = g.node("MatMul", [g.transpose(name, last), spread(g, method, length, factor)]);
    return g.transpose(
      made,
      count(0, rank).map((other) => last.indexOf(other)),
    );
  }, from);
  return { y: back(g, grown, rank, layout) };
};
