/** Functions of TensorFlow on windows as values: largest with their places, grey morphology, patches of volumes. Source: tensorflow/core/kernels/{maxpooling_op,dilation_ops,extract_volume_patches_op}.cc. */
import { atMost, fail } from "../../../core/error.ts";
import { listOf } from "../../../core/list.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { needRank } from "../../common/checks.ts";
import { lengthThere, needFloat } from "./operation.ts";
import { counted, counting } from "./sizes.ts";
import { type TfArgs, TfTable } from "./tensorflow-call.ts";
import { bordered, bordersOf, cutAlong, MOST_TAPS, tapsAlong, windowed, type AxisWindows } from "./windows.ts";

const table = new TfTable();

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
function offsets(cx: Context, x: Sym, w: AxisWindows, padding: number): readonly Sym[] {
  const count = w.sizes.reduce((p, q) => p * q, 1);
  atMost("limit/size", count, MOST_TAPS, "elements of a window");
  return w.sizes.reduce<readonly Sym[]>((all, _, i) => all.flatMap((y) => tapsAlong(cx, y, w, i)), [bordered(cx, x, w, padding)]); // prettier-ignore
}

const ARGMAX = 'input, ksize, strides, padding, data_format="NHWC"';
for (const [name, args] of [
  ["nn.max_pool_with_argmax", `${ARGMAX}, output_dtype="int64", include_batch_in_index=false`],
  ["compat.v1.nn.max_pool_with_argmax", `${ARGMAX}, Targmax=null, output_dtype=null, include_batch_in_index=false`],
] as const)
  table.only(name, args, (cx, a) => {
    const { op } = cx;
    const x = needFloat(a.tensor("input"));
    const w = {
      first: 1,
      sizes: inSpace(a, "ksize", 2),
      strides: inSpace(a, "strides", 2),
      rates: [1, 1],
      isSame: isSame(a),
    };
    const borders = bordersOf(x, w);
    const z = bordered(cx, op.where(op.isNan(x), -Infinity, x), w, -Infinity);
    // Of each row of a window the largest, then of those.
    const rows = cutAlong(cx, z, w, 1, 3);
    const largest = cutAlong(cx, op.max(rows, [3]), w, 0, 3);
    const row = op.argmax(largest, 3, true);
    const columns = cutAlong(cx, op.argmax(rows, 3), w, 0, 3);
    const column = op.sum(op.where(op.equal(counting(cx, w.sizes[0]!, 3, 5), row), columns, 0), [3]);
    const [height, width, depth] = [1, 2, 3].map((axis) => counted(cx, cx.size(x, axis))) as [Sym, Sym, Sym];
    const line = (y: Sym, axis: number): Sym => counting(cx, cx.size(y, axis), axis, 4);
    const image = op.multiply(line(x, 0), op.multiply(op.multiply(height, width), depth));
    // Where taps stand among the elements of their image: borders stand nowhere, and come before what is as small.
    const placed = (taps: readonly (Sym | number)[]): Sym => {
      const [i, j] = taps.map((tap, axis) => {
        const start = op.subtract(op.multiply(line(column, axis + 1), w.strides[axis]!), borders[axis]![0]);
        return op.maximum(op.add(start, tap), 0);
      }) as [Sym, Sym];
      return op.add(op.add(op.multiply(op.add(op.multiply(i, width), j), depth), line(x, 3)), op.multiply(image, 0));
    };
    const at = (places: Sym): Sym => op.gather(op.reshape(x, [-1]), op.add(places, image), 0);
    // NaN counts where it is first, and nowhere else.
    const start = placed([0, 0]);
    const found = op.where(op.isNan(at(start)), start, placed([op.squeeze(row, [3]), column]));
    const given = a.has("Targmax") ? "Targmax" : "output_dtype";
    const places = a.flag("include_batch_in_index") ? op.add(found, image) : found;
    return [at(found), op.cast(places, a.dtype(given, "int64"))];
  });

/** max, or with `erodes` min, of x + filter, or - filter, over windows. */
const morphology = (cx: Context, a: TfArgs, names: readonly [string, string, string], erodes: boolean): Sym => {
  const { op } = cx;
  const [input, kernel, rates] = names;
  const [x, filter] = [needFloat(a.tensor(input)), a.tensor(kernel)];
  needRank(filter, 3);
  const sizes = [lengthThere(filter, 0), lengthThere(filter, 1)];
  const w = {
    first: 1,
    least: 0 as const,
    sizes,
    strides: inSpace(a, "strides", 2),
    rates: inSpace(a, rates, 2),
    isSame: isSame(a),
  };
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
  const w = { first: 1, least: 0 as const, sizes: inSpace(a, "ksizes", 3), strides: inSpace(a, "strides", 3), rates: [1, 1, 1], isSame: isSame(a) }; // prettier-ignore
  return windowed(cx, bordered(cx, x, w, 0), w, 4);
});

/** Functions of TensorFlow on windows as values, by name. */
export const TENSORFLOW_MORPHOLOGY = table;
