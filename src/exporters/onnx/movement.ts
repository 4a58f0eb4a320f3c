/** Elements made, put elsewhere, repeated or chosen. */
import { allocate } from "../../core/dtype.ts";
import { withDType } from "../../core/cast.ts";
import type { SliceRange } from "../../ops/attributes.ts";
import type { Size } from "../../ops/types.ts";
import { held, type OnnxGraph, type OnnxOperand } from "./graph.ts";
import { type OnnxRule, worked } from "./rule.ts";

/** Beyond every axis. */
const END = 2 ** 31 - 1;

export const full: OnnxRule<"full"> = (g, _, { shape, value, dtype }) => {
  const own = withDType({ dtype: "float64", shape: [1], data: Float64Array.of(value) }, dtype);
  const one = withDType(own, held(dtype));
  if (shape.length === 0) return { y: g.constant({ ...one, shape: [] }) };
  return { y: g.node("ConstantOfShape", [g.sizes(shape)], { value: { tensor: one } }) };
};

export const iota: OnnxRule<"iota"> = (g, _, { length, dtype }) => {
  if (typeof length === "number") {
    const data = allocate("int32", length);
    for (let i = 0; i < length; i++) data[i] = i;
    return { y: g.constant(withDType({ dtype: "int32", shape: [length], data }, dtype)) };
  }
  const range = g.node("Range", [g.scalar(0, "int64"), g.plain(length), g.scalar(1, "int64")]);
  return { y: g.cast(range, "int64", dtype) };
};

/** A length of 0 is one, not the length that was: but for where another is to be found. */
const zeros = (shape: readonly Size[]): { readonly allowzero?: number } => (shape.includes(-1) ? {} : { allowzero: 1 });

export const reshape: OnnxRule<"reshape"> = (g, { x }, { shape }) => ({
  y: g.node("Reshape", [x.name, g.sizes(shape)], zeros(shape)),
});

/** One after the other: each axis is counted in what the one before it gave. */
export const expandDims: OnnxRule<"expandDims"> = (g, { x }, { axes }) => {
  const rises = axes.every((axis, i) => i === 0 || axis > axes[i - 1]!);
  if (rises) return { y: axes.length === 0 ? x.name : g.node("Unsqueeze", [x.name, g.ints(axes)]) };
  return { y: axes.reduce((name, axis) => g.node("Unsqueeze", [name, g.ints([axis])]), x.name) };
};

/** Where open axes might turn out to be of length 1, all that do are left out, as in TensorFlow. */
export const squeeze: OnnxRule<"squeeze"> = (g, { x }, { axes, longer }) => {
  if (longer !== undefined) return { y: g.node("Squeeze", [x.name]) };
  return { y: axes.length === 0 ? x.name : g.node("Squeeze", [x.name, g.ints(axes)]) };
};

export const transpose: OnnxRule<"transpose"> = (g, { x }, { perm }) => ({ y: g.transpose(x.name, perm) });

export const broadcastTo: OnnxRule<"broadcastTo"> = (g, { x }, { shape }) => ({
  y: g.node("Expand", [x.name, g.sizes(shape)]),
});

export const slice: OnnxRule<"slice"> = (g, { x }, { ranges }) => {
  const start = ({ start, step }: SliceRange): Size => start ?? (step > 0 ? 0 : END);
  const stop = ({ stop, step }: SliceRange): Size => stop ?? (step > 0 ? END : -END);
  const inputs = [x.name, g.sizes(ranges.map(start)), g.sizes(ranges.map(stop))];
  const [axes, steps] = [ranges.map(({ axis }) => axis), ranges.map(({ step }) => step)];
  return { y: ranges.length === 0 ? x.name : g.node("Slice", [...inputs, g.ints(axes), g.ints(steps)]) };
};

/** The other way round along axes. */
export function turned(g: OnnxGraph, name: string, axes: readonly number[]): string {
  const all = (value: number): string => g.ints(axes.map(() => value));
  return axes.length === 0 ? name : g.node("Slice", [name, all(-1), all(-END), g.ints(axes), all(-1)]);
}

export const reverse: OnnxRule<"reverse"> = (g, { x }, { axes }) => ({ y: turned(g, x.name, axes) });

export const concat: OnnxRule<"concat"> = (g, { xs }, { axis }) => {
  const names = xs.map(({ name }) => name);
  const sources = names.map((name) => g.source(name));
  const [first] = sources;
  const isOne = first !== undefined && sources.every((one) => one?.perm.join() === first.perm.join());
  if (!isOne) return { y: g.node("Concat", names, { axis }) };
  const joined = g.node(
    "Concat",
    sources.map((one) => one!.name),
    { axis: first.perm[axis]! },
  );
  return { y: g.transpose(joined, first.perm) };
};

export const pad: OnnxRule<"pad"> = (g, { x }, { amounts, value }) => {
  const apart = (name: string, dtype: OnnxOperand["dtype"]): string => {
    const before = g.source(name);
    const own = before === undefined ? amounts : amounts.map((_, axis) => amounts[before.perm.indexOf(axis)]!);
    const pads = g.ints([...own.map(([begin]) => begin), ...own.map(([, end]) => end)]);
    const padded = g.node("Pad", [before?.name ?? name, pads, g.scalar(value, dtype)], { mode: "constant" });
    return before === undefined ? padded : g.transpose(padded, before.perm);
  };
  return { y: x.dtype === "bool" ? apart(x.name, x.dtype) : worked(g, [x], ([name], dtype) => apart(name!, dtype)) };
};

export const repeat: OnnxRule<"repeat"> = (g, { x }, { axis, times }) => {
  const rank = x.shape.length;
  const apart = g.node("Unsqueeze", [x.name, g.ints([axis + 1])]);
  const counts = Array.from({ length: rank + 1 }, (_, i) => (i === axis + 1 ? times : 1));
  const lengths = x.shape.map((length, i) => {
    const own = length === null ? g.length(x.name, i) : g.ints([length]);
    return i === axis ? g.node("Mul", [own, g.ints([times])]) : own;
  });
  const shape = lengths.length === 1 ? lengths[0]! : g.node("Concat", lengths, { axis: 0 });
  return { y: g.node("Reshape", [g.node("Tile", [apart, g.ints(counts)]), shape], { allowzero: 1 }) };
};

export const tile: OnnxRule<"tile"> = (g, { x }, { repeats }) => {
  const missing = repeats.length - x.shape.length;
  const axes = Array.from({ length: Math.max(missing, 0) }, (_, i) => i);
  const name = axes.length === 0 ? x.name : g.node("Unsqueeze", [x.name, g.ints(axes)]);
  const counts = [...Array.from({ length: Math.max(-missing, 0) }, () => 1), ...repeats];
  return { y: g.node("Tile", [name, g.ints(counts)]) };
};

export const gather: OnnxRule<"gather"> = (g, { table, indices }, { axis }) => {
  const index = indices.dtype === "int32" ? indices.name : g.cast(indices.name, indices.dtype, "int64");
  return { y: g.node("Gather", [table.name, index], { axis }) };
};

export const cumsum: OnnxRule<"cumsum"> = (g, { x }, { axis, reverse }) => ({
  y: worked(g, [x], ([name]) => g.node("CumSum", [name!, g.scalar(axis, "int64")], { reverse: Number(reverse) })),
});

/** The elements, or their places, of an axis by size. */
function topK(g: OnnxGraph, x: OnnxOperand, name: string, axis: number, descending: boolean): readonly string[] {
  const all = typeof x.shape[axis] === "number" ? g.ints([x.shape[axis]]) : g.length(name, axis);
  return g.raw("TopK", [name, all], { axis, largest: Number(descending), sorted: 1 }, 2);
}

export const sort: OnnxRule<"sort"> = (g, { x }, { axis, descending }) => ({
  y: worked(g, [x], ([name]) => topK(g, x, name!, axis, descending)[0]!),
});

export const argsort: OnnxRule<"argsort"> = (g, { x }, { axis, descending }) => ({
  y: worked(g, [x], ([name]) => g.cast(topK(g, x, name!, axis, descending)[1]!, "int64", "int32"), "int32"),
});
