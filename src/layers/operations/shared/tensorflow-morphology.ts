/** Functions of TensorFlow on windows as values: largest with their places, grey morphology, patches of volumes. Source: tensorflow/core/kernels/{maxpooling_op,dilation_ops,extract_volume_patches_op}.cc. */
import { fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import { showShape } from "../../../core/tensor.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { needRank } from "../../common/checks.ts";
import { lengthThere, needFloat } from "./operation.ts";
import { counted, counting, minus, plus } from "./sizes.ts";
import { type TfArgs, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();
/** So many elements a window has at most. */
const MOST = 4096;

interface Windows {
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  readonly rates: readonly number[];
  readonly isSame: boolean;
}

/** One number, one an axis in space, or those between two of 1. */
function inSpace(a: TfArgs, name: string, rank: number): readonly number[] {
  const list = a.numbers(name) ?? fail("unsupported/argument", { path: name, expected: "numbers", found: "none" });
  if (list.length === 1) return listOf(rank, () => list[0]!);
  if (list.length === rank) return list;
  if (list.length !== rank + 2 || list[0] !== 1 || list.at(-1) !== 1)
    return fail("unsupported/argument", { path: name, expected: `${rank} numbers between two of 1` });
  return list.slice(1, -1);
}

function isSame(a: TfArgs): boolean {
  const padding = (a.text("padding") ?? "none").toUpperCase();
  if (padding !== "SAME" && padding !== "VALID")
    fail("unsupported/argument", { path: "padding", expected: "SAME or VALID", found: padding });
  return padding === "SAME";
}

/** x[B, …, C] at each offset of a window: as many values [B, …, C], row by row. */
function offsets(cx: Context, x: Sym, w: Windows, padding: number, leastFree: 0 | 1 = 0): readonly Sym[] {
  const { op } = cx;
  needRank(x, w.sizes.length + 2);
  const count = w.sizes.reduce((p, q) => p * q, 1);
  if ([w.sizes, w.strides, w.rates].some((list) => list.some((n) => !Number.isInteger(n) || n < 1)))
    fail("malformed/config", { expected: "sizes, strides and rates from 1" });
  if (count > MOST) fail("limit/size", { expected: `windows of at most ${MOST} elements`, found: String(count) });
  const reach = w.sizes.map((n, i) => (n - 1) * w.rates[i]!);
  const borders = w.sizes.map((_, i): readonly [number, number] => {
    if (!w.isSame) return [0, 0];
    const step = w.strides[i]!;
    const n = step === 1 ? 1 : lengthThere(x, i + 1);
    const all = Math.max((Math.ceil(n / step) - 1) * step + reach[i]! + 1 - n, 0);
    return [Math.floor(all / 2), Math.ceil(all / 2)];
  });
  // What is known to be too short: TensorFlow lets all but the largest of windows have one element too many.
  const isShort = (n: number, i: number): boolean => n + borders[i]![0] + borders[i]![1] < reach[i]! + leastFree;
  if (w.sizes.some((_, i) => isShort(x.shape[i + 1] ?? Infinity, i)))
    fail("mismatch/shape", { expected: `room for windows of ${w.sizes.join(" x ")}`, found: showShape(x.shape) });
  const isPadded = borders.some(([p, q]) => p + q > 0);
  const wide = isPadded ? op.pad(x, [[0, 0], ...borders, [0, 0]], padding) : x; // prettier-ignore
  return listOf(count, (flat) => {
    let rest = flat;
    const at = listOf(w.sizes.length, () => 0);
    for (let i = w.sizes.length - 1; i >= 0; i--) {
      at[i] = rest % w.sizes[i]!;
      rest = Math.floor(rest / w.sizes[i]!);
    }
    const parts = at.map((n, i) => {
      const start = n * w.rates[i]!;
      const long = sizeFrom("need", cx.size(wide, i + 1), reach[i]! + leastFree);
      const stop: Size = minus(plus(long, start), reach[i]!);
      return { axis: i + 1, start, stop, step: w.strides[i]! };
    });
    return op.slice(wide, parts);
  });
}

const ARGMAX = 'input, ksize, strides, padding, data_format="NHWC"';
for (const [name, args] of [
  ["nn.max_pool_with_argmax", `${ARGMAX}, output_dtype="int64", include_batch_in_index=false`],
  ["compat.v1.nn.max_pool_with_argmax", `${ARGMAX}, Targmax=null, output_dtype=null, include_batch_in_index=false`],
] as const)
  table.only(name, args, (cx, a) => {
    const { op } = cx;
    const x = needFloat(a.tensor("input"));
    const rates = [1, 1];
    const w = { sizes: inSpace(a, "ksize", 2), strides: inSpace(a, "strides", 2), rates, isSame: isSame(a) };
    const parts = offsets(cx, x, w, -Infinity, 1);
    const [height, width, depth] = [1, 2, 3].map((axis) => cx.size(x, axis)) as [Size, Size, Size];
    const line = (n: Size, axis: number): Sym => counting(cx, n, axis, 4);
    // Where each element stands among those of its image; borders stand nowhere.
    const place = op.add(
      op.multiply(op.add(op.multiply(line(height, 1), counted(cx, width)), line(width, 2)), counted(cx, depth)),
      line(depth, 3),
    );
    const places = offsets(cx, place, w, -1);
    const [most, at] = parts.slice(1).reduce<readonly [Sym, Sym]>(
      ([best, where], value, i) => {
        const isNew = op.logicalOr(op.greater(value, best), op.less(where, 0));
        return [op.where(isNew, value, best), op.where(isNew, places[i + 1]!, where)];
      },
      [parts[0]!, op.broadcastTo(places[0]!, parts[0]!.shape.map((_, i) => (i === 0 ? 1 : cx.size(parts[0]!, i))))],
    ); // prettier-ignore
    const wide = op.add(at, op.multiply(line(cx.size(x, 0), 0), 0));
    const image = op.multiply(line(cx.size(x, 0), 0), op.multiply(op.multiply(counted(cx, height), counted(cx, width)), counted(cx, depth))); // prettier-ignore
    const given = a.has("Targmax") ? "Targmax" : "output_dtype";
    const found = a.flag("include_batch_in_index") ? op.add(at, image) : wide;
    return [most, op.cast(found, a.dtype(given, "int64"))];
  });

/** max, or with `erodes` min, of x + filter, or - filter, over windows. */
const morphology = (cx: Context, a: TfArgs, names: readonly [string, string, string], erodes: boolean): Sym => {
  const { op } = cx;
  const [input, kernel, rates] = names;
  const [x, filter] = [needFloat(a.tensor(input)), a.tensor(kernel)];
  needRank(filter, 3);
  const sizes = [lengthThere(filter, 0), lengthThere(filter, 1)];
  const w = { sizes, strides: inSpace(a, "strides", 2), rates: inSpace(a, rates, 2), isSame: isSame(a) };
  const parts = offsets(cx, x, w, erodes ? Infinity : -Infinity);
  // An erosion is the dilation of what is negative by the filter turned about.
  const values = parts.map((part, at) => {
    const i = erodes ? parts.length - 1 - at : at;
    const row = op.squeeze(op.slice(filter, [Math.floor(i / sizes[1]!), i % sizes[1]!].map((start, axis) => ({ axis, start, stop: start + 1, step: 1 }))), [0, 1]); // prettier-ignore
    return erodes ? op.subtract(part, row) : op.add(part, row);
  });
  return values.reduce((p, q) => (erodes ? op.minimum(p, q) : op.maximum(p, q)));
};
const lastly = (a: TfArgs): void => {
  if (a.text("data_format") !== "NHWC") fail("unsupported/argument", { path: "data_format", expected: "NHWC" });
};
table.only("nn.dilation2d", "input, filters, strides, padding, data_format, dilations", (cx, a) => {
  lastly(a);
  return morphology(cx, a, ["input", "filters", "dilations"], false);
});
table.only(
  "compat.v1.nn.dilation2d",
  "input, filter=null, strides=null, rates=null, padding=null, filters=null, dilations=null",
  (cx, a) =>
    morphology(cx, a, ["input", a.has("filters") ? "filters" : "filter", a.has("dilations") ? "dilations" : "rates"], false), // prettier-ignore
);
table.only("nn.erosion2d", "value, filters, strides, padding, data_format, dilations", (cx, a) => {
  lastly(a);
  return morphology(cx, a, ["value", "filters", "dilations"], true);
});
table.only("compat.v1.nn.erosion2d", "value, kernel, strides, rates, padding", (cx, a) =>
  morphology(cx, a, ["value", "kernel", "rates"], true),
);
table.both("extract_volume_patches", "input, ksizes, strides, padding", (cx, a) => {
  const x = a.tensor("input");
  const rates = [1, 1, 1];
  const w = { sizes: inSpace(a, "ksizes", 3), strides: inSpace(a, "strides", 3), rates, isSame: isSame(a) };
  return cx.op.concat(offsets(cx, x, w, 0), 4);
});

/** Functions of TensorFlow on windows as values, by name. */
export const TENSORFLOW_MORPHOLOGY = table;
