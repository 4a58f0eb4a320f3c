/** Functions of TensorFlow that cut by strides, count, take diagonals, turn images, and windows along any number of axes. */
import { isFloat } from "../../../core/dtype.ts";
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import type { Layout } from "../../../ops/attributes.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import { isSym } from "../../common/args.ts";
import { getItem } from "./get-item.ts";
import { lengthAsValue, pickedSizes, withSizes } from "./known-sizes.ts";
import { lengthThere } from "./operation.ts";
import { counted, counting, least, minus, padded, plus } from "./sizes.ts";
import { type TfArgs, type TfRun, TfTable } from "./tensorflow-call.ts";

const table = new TfTable();
const MASKS = "begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0";

table.both("strided_slice", `input_, begin, end, strides=null, ${MASKS}, var=null`, (cx, a) => {
  const x = a.tensor("input_");
  const [begin, end] = ["begin", "end"].map((name) => a.sizes(name).map((n) => lengthAsValue(cx, n))) as [Arg[], Arg[]];
  const strides = a.numbers("strides") ?? begin.map(() => 1);
  if (end.length !== begin.length || strides.length !== begin.length)
    fail("mismatch/shape", { path: "end", expected: `${begin.length} numbers` });
  const bits = ["begin", "end", "ellipsis", "new_axis", "shrink_axis"].map((name) => a.number(`${name}_mask`) ?? 0);
  const key = begin.map((start, i): Arg => {
    const [opensFront, opensEnd, isEllipsis, isNew, isIndex] = bits.map((mask) => ((mask >> i) & 1) === 1);
    if (isEllipsis) return { ellipsis: true };
    if (isNew) return null;
    return isIndex ? start : { slice: [opensFront ? null : start, opensEnd ? null : end[i]!, strides[i]!] };
  });
  return withSizes(cx, getItem(cx, x, key), pickedSizes(cx, x, key));
});

table.both("range", "start, limit=null, delta=1, dtype=null", (cx, a) => {
  const { op } = cx;
  const step = a.number("delta")!;
  if (!Number.isInteger(step) || step === 0)
    fail("unsupported/argument", { path: "delta", expected: "a whole step, not 0" });
  const names = ["start", "limit", "delta"];
  const given = names.map((name) => a.arg(name)).find((arg) => isSym(arg) && arg.dtype !== "int32") as Sym | undefined;
  const dtype = a.dtype("dtype", given?.dtype ?? (names.some((name) => a.isFloat(name)) ? "float32" : "int32"));
  const [start, limit] = a.has("limit") ? [a.size("start"), a.size("limit")] : [0, a.size("start")];
  if (step < 0) {
    const count = sizeFrom("floor", minus(minus(start, limit), 1 + step), -step);
    return op.cast(op.add(op.multiply(op.iota(count, "int32"), step), counted(cx, start)), dtype);
  }
  const all = op.slice(op.iota(minus(limit, start), "int32"), [{ axis: 0, start: null, stop: null, step }]);
  return op.cast(start === 0 ? all : op.add(all, counted(cx, start)), dtype);
});
table.both("rank", "input", (cx, a) => {
  const { length } = a.tensor("input").shape;
  return withSizes(cx, cx.op.constant(length, "int32"), [length]);
});
table.both("ensure_shape", "x, shape", (cx, a) => {
  const x = a.tensor("x");
  const shape = a.arg("shape");
  const lengths = Array.isArray(shape) ? (shape as readonly Arg[]) : [];
  const fits = lengths.every((n, i) => n === null || n === -1 || n === x.shape[i] || x.shape[i] === null);
  if (lengths.length !== x.shape.length || !fits)
    fail("mismatch/shape", { path: "shape", expected: "the shape that it has" });
  return cx.op.reshape(x, lengths.map((n, i) => (typeof n === "number" && n >= 0 ? n : cx.size(x, i)))); // prettier-ignore
});

/** Row and column of each element of the last two axes. */
const places = (cx: Context, x: Sym) =>
  [-2, -1].map((axis) => counting(cx, cx.size(x, axis), x.shape.length + axis, x.shape.length)) as [Sym, Sym];
/** The elements of the last two axes whose column is as many behind their row, 0 in place of others. */
const onDiagonal = (cx: Context, x: Sym, behind: number): Sym => {
  const [row, column] = places(cx, x);
  return cx.op.where(cx.op.equal(cx.op.subtract(column, row), behind), x, cx.op.constant(0, x.dtype));
};
table.both("linalg.diag_part matrix_diag_part", 'input, k=0, padding_value=0, align="RIGHT_LEFT"', (cx, a) => {
  const x = a.tensor("input");
  const k = a.number("k")!;
  a.ignore("padding_value", "align"); // of one diagonal
  const [rows, columns] = [cx.size(x, -2), cx.size(x, -1)];
  const count = least(plus(rows, Math.min(k, 0)), minus(columns, Math.max(k, 0)));
  if (typeof count === "number" && count < 1)
    fail("mismatch/axis", { path: "k", expected: "a diagonal that there is", found: String(k) });
  // Each row holds one element of it.
  const start = Math.max(0, -k);
  const found = cx.op.cast(cx.op.sum(onDiagonal(cx, x, k), [-1]), x.dtype);
  return cx.op.slice(found, [{ axis: -1, start, stop: plus(sizeFrom("need", count, 1), start), step: 1 }]);
});
table.both("linalg.diag matrix_diag", 'diagonal, k=0, num_rows=-1, num_cols=-1, padding_value=0, align="RIGHT_LEFT"', (cx, a) => {
  const { op } = cx;
  const x = a.tensor("diagonal");
  const [k, padding] = [a.number("k")!, a.number("padding_value")!];
  a.ignore("align");
  const n = cx.size(x, -1);
  const [first, second] = [Math.max(0, -k), Math.max(0, k)];
  const [height, width] = [a.number("num_rows")!, a.number("num_cols")!];
  // Of neither a square, of one the other as short as can be.
  const shortest = [plus(n, first), plus(n, second)] as const;
  const square = height === -1 && width === -1 ? plus(n, Math.max(first, second)) : null;
  const rows = height === -1 ? (square ?? shortest[0]) : height;
  const columns = width === -1 ? (square ?? shortest[1]) : width;
  if (typeof n !== "number" && square === null) return fail("unsupported/free-length", { message: "num_rows and num_cols of a diagonal of unknown length" });
  if (square === null && least(minus(rows, first), minus(columns, second)) !== n)
    fail("mismatch/shape", { expected: `a matrix whose diagonal ${k} has ${n} elements`, found: `${rows} by ${columns}` });
  const below = square === null ? minus(minus(rows, first), n) : second;
  const lines = padded(cx, op.expandDims(x, [-1]), [...x.shape.slice(1).map(() => [0, 0] as const), [first, below], [0, 0]]);
  const [row, column] = [counting(cx, rows, 0, 2), counting(cx, columns, 1, 2)];
  return op.where(op.equal(op.subtract(column, row), k), lines, op.constant(padding, x.dtype));
}); // prettier-ignore
table.both("linalg.trace trace", "x", (cx, a) => {
  const x = a.tensor("x");
  return cx.op.cast(cx.op.sum(onDiagonal(cx, x, 0), [-2, -1]), x.dtype);
});
const swapped = (cx: Context, x: Sym, i: number, j: number): Sym => {
  const [p, q] = [i, j].map((axis) => (axis < 0 ? axis + x.shape.length : axis)) as [number, number];
  return cx.op.transpose(x, x.shape.map((_, axis) => (axis === p ? q : axis === q ? p : axis))); // prettier-ignore
};
const matrixTranspose: TfRun = (cx, a) => {
  a.ignore("conjugate");
  return swapped(cx, a.tensor("a"), -2, -1);
};
table.both("linalg.matrix_transpose", "a, conjugate=false", matrixTranspose);
table.only("compat.v1.linalg.transpose compat.v1.matrix_transpose", "a, conjugate=false", matrixTranspose);

const unary = (names: string, f: (cx: Context, x: Sym) => Sym): void =>
  table.both(names, "x", (cx, a) => f(cx, a.tensor("x")));
unary("asinh math.asinh", ({ op }, x) => op.asinh(x));
unary("acosh math.acosh", ({ op }, x) => op.acosh(x));
unary("atanh math.atanh", ({ op }, x) => op.atanh(x));
table.only("math.erfc compat.v1.math.erfc compat.v1.erfc", "x", ({ op }, a) => op.erfc(a.tensor("x")));
table.both("math.reduce_euclidean_norm", "input_tensor, axis=null, keepdims=false", ({ op }, a) => {
  const x = a.tensor("input_tensor");
  const exact = isFloat(x.dtype) ? x : op.cast(x, "float64");
  return op.cast(op.sqrt(op.sum(op.square(exact), a.axes(x), a.flag("keepdims"))), x.dtype);
});
table.both("nn.l2_loss", "t", ({ op }, a) => op.divide(op.sum(op.square(a.tensor("t"))), 2));
table.both("nn.bias_add", "value, bias, data_format=null", ({ op }, a) => {
  const [x, bias] = [a.tensor("value"), a.tensor("bias")];
  const first = a.text("data_format")?.startsWith("NC") === true;
  return op.add(x, first ? op.reshape(bias, [lengthThere(bias, 0), ...x.shape.slice(2).map(() => 1)]) : bias);
});

/** Of an image or a batch of them. */
const image = (names: string, f: (cx: Context, x: Sym) => Sym, arg = "image"): void =>
  table.both(names, arg, (cx, a) => {
    const x = a.tensor(arg);
    if (x.shape.length !== 3 && x.shape.length !== 4) fail("mismatch/rank", { expected: "3 or 4 axes", found: String(x.shape.length) });
    return f(cx, x);
  }); // prettier-ignore
image("image.flip_left_right", ({ op }, x) => op.reverse(x, [-2]));
image("image.flip_up_down", ({ op }, x) => op.reverse(x, [-3]));
image("image.transpose", (cx, x) => swapped(cx, x, -3, -2));
table.set("compat.v1.image.transpose_image", table.get("image.transpose")!);
image("image.grayscale_to_rgb", ({ op }, x) => op.concat([x, x, x], -1), "images");

/** Where the channels lie, by `data_format`. */
export const layoutOf = (a: TfArgs): Layout => (a.text("data_format")?.startsWith("NC") === true ? "first" : "last");
/** One number for each of `rank` axes, from one, `rank` or `rank + 2`. Throws `unsupported/argument` for others. */
export function spatial(a: TfArgs, name: string, layout: Layout, rank: number): readonly number[] {
  const list = a.numbers(name) ?? [1];
  if (list.length === 1) return listOf(rank, () => list[0]!);
  const own = list.length === rank + 2 ? (layout === "first" ? list.slice(2) : list.slice(1, -1)) : list;
  const rest = list.length === rank + 2 ? [list[0], layout === "first" ? list[1] : list.at(-1)] : [];
  if (own.length !== rank || rest.some((n) => n !== 1))
    return fail("unsupported/argument", { path: name, expected: `numbers for ${rank} axes` });
  return own;
}
/** `padding` in words. Throws `unsupported/padding` for others. */
export const paddingOf = (a: TfArgs): "same" | "valid" => {
  const found = a.text("padding")?.toUpperCase() ?? "VALID";
  if (found !== "SAME" && found !== "VALID") fail("unsupported/padding", { found });
  return found === "SAME" ? "same" : "valid";
};
const pooled =
  (fn: "max" | "average"): TfRun =>
  (cx, a) => {
    const x = a.tensor(a.has("value") ? "value" : "input");
    const [layout, rank] = [layoutOf(a), x.shape.length - 2];
    const [size, strides] = [spatial(a, "ksize", layout, rank), spatial(a, "strides", layout, rank)];
    return cx.op.pool(x, { fn, layout, size, strides, padding: paddingOf(a) });
  };
table.both("nn.max_pool1d", 'input, ksize, strides, padding, data_format="NWC"', pooled("max"));
table.both("nn.avg_pool1d", 'input, ksize, strides, padding, data_format="NWC"', pooled("average"));
table.only("nn.max_pool compat.v1.nn.max_pool_v2", "input, ksize, strides, padding, data_format=null", pooled("max"));
table.only(
  "nn.avg_pool compat.v1.nn.avg_pool_v2",
  "input, ksize, strides, padding, data_format=null",
  pooled("average"),
);
table.both("nn.max_pool3d", 'input, ksize, strides, padding, data_format="NDHWC"', pooled("max"));
table.both("nn.avg_pool3d", 'input, ksize, strides, padding, data_format="NDHWC"', pooled("average"));
table.only("compat.v1.nn.max_pool", 'value, ksize, strides, padding, data_format="NHWC", input=null', pooled("max"));

const convolved =
  (strides: string, dilations: readonly string[]): TfRun =>
  (cx, a) => {
    const x = a.tensor(a.has("value") ? "value" : "input");
    const kernel = a.tensor(a.has("filter") ? "filter" : "filters");
    const [layout, rank] = [layoutOf(a), x.shape.length - 2];
    const channels = lengthThere(x, layout === "first" ? 1 : rank + 1);
    const dilation = dilations.find((name) => a.has(name)) ?? dilations[0]!;
    return cx.op.conv(x, kernel, null, {
      layout,
      strides: spatial(a, strides, layout, rank),
      dilation: spatial(a, dilation, layout, rank),
      groups: channels / lengthThere(kernel, rank),
      padding: paddingOf(a),
    });
  };
table.only(
  "nn.conv1d",
  'input, filters, stride, padding, data_format="NWC", dilations=null',
  convolved("stride", ["dilations"]),
);
table.only(
  "nn.conv3d",
  'input, filters, strides, padding, data_format="NDHWC", dilations=null',
  convolved("strides", ["dilations"]),
);
table.only(
  "nn.convolution",
  'input, filters, strides=null, padding="VALID", data_format=null, dilations=null',
  convolved("strides", ["dilations"]),
);
table.only(
  "compat.v1.nn.convolution",
  "input, filter, padding, strides=null, dilation_rate=null, data_format=null, filters=null, dilations=null",
  convolved("strides", ["dilation_rate", "dilations"]),
);
table.only(
  "compat.v1.nn.conv1d",
  "value=null, filters=null, stride=null, padding=null, use_cudnn_on_gpu=null, data_format=null, input=null, dilations=null",
  (cx, a) => {
    a.ignore("use_cudnn_on_gpu");
    return convolved("stride", ["dilations"])(cx, a);
  },
);
table.only(
  "compat.v1.nn.conv3d",
  'input, filter=null, strides=null, padding=null, data_format="NDHWC", dilations=[1,1,1,1,1], filters=null',
  convolved("strides", ["dilations"]),
);

/** Functions of TensorFlow on parts of tensors and along any number of axes, by name. */
export const TENSORFLOW_PARTS = table;
