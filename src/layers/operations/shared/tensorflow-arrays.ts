/** Functions of TensorFlow that make, cut, join, pick and arrange tensors. */
import { asComplex } from "./tensorflow-complex.ts";
import { listOf } from "../../../core/list.ts";
import { fail } from "../../../core/error.ts";
import { sizeFrom } from "../../../ops/shapes.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Arg, Context } from "../../define.ts";
import { fromStart, getItem } from "./get-item.ts";
import { chosenSizes, keptSizes, knownSizes, pickedSizes, shapeOf, withSizes } from "./known-sizes.ts";
import { mirrored } from "../../common/mirrored.ts";
import { exactly, flat, lengthThere, sizesOf } from "./operation.ts";
import { reshapeKeepingBatch } from "../../common/reshape.ts";
import { rolled } from "./roll.ts";
import { counted, minus, padded, plus, times as product, withoutOnes } from "./sizes.ts";
import { type TfRun, type TfArgs, TfTable } from "./tensorflow-call.ts";
import { wideIndex } from "./places.ts";

const table = new TfTable();

const shape: TfRun = (cx, a) => {
  const y = shapeOf(cx, a.tensor("input"));
  return withSizes(cx, cx.op.cast(y, a.dtype("out_type", "int32")), knownSizes(cx, y));
};
table.only("shape", "input, out_type=null", shape);
table.only("compat.v1.shape", "input, out_type=null", shape);
table.both("reshape manip.reshape", "tensor, shape", (cx, a) => {
  const x = a.tensor("tensor");
  return keptSizes(cx, cx.op.reshape(x, a.sizes("shape")), x);
});
table.both("keras.backend.batch_flatten", "x", (cx, a) => reshapeKeepingBatch(cx, a.tensor("x"), [-1]));
for (const [name, value] of [
  ["zeros", 0],
  ["ones", 1],
] as const) {
  table.both(name, 'shape, dtype="float32", layout=null', (cx, a) =>
    cx.op.full(a.sizes("shape"), value, a.dtype("dtype", "float32")),
  );
  const like =
    (arg: string): TfRun =>
    (cx, a) => {
      const x = a.tensor(arg);
      if (arg === "tensor") a.ignore("optimize");
      const y = cx.op.full(sizesOf(cx, x), value, a.dtype("dtype", x.dtype));
      return withSizes(cx, y, knownSizes(cx, x) && listOf(lengthThere(x, 0), () => value));
    };
  table.only(`${name}_like`, "input, dtype=null, layout=null", like("input"));
  table.only(`compat.v1.${name}_like`, "tensor, dtype=null, optimize=true", like("tensor"));
}
table.both("fill", "dims, value, layout=null", (cx, a) => cx.op.broadcastTo(a.tensor("value"), a.sizes("dims")));

const transpose: TfRun = (cx, a) => {
  const x = a.tensor("a");
  a.ignore("conjugate"); // of real numbers
  return cx.op.transpose(x, a.numbers("perm") ?? x.shape.map((_, i) => x.shape.length - 1 - i));
};
table.only("transpose", "a, perm=null, conjugate=false", transpose);
table.only("compat.v1.transpose", "a, perm=null, conjugate=false", transpose);
const expandDims: TfRun = (cx, a) => {
  const x = a.tensor("input");
  return keptSizes(cx, cx.op.expandDims(x, [a.number(a.has("dim") ? "dim" : "axis") ?? 0]), x);
};
table.only("expand_dims", "input, axis", expandDims);
table.only("compat.v1.expand_dims", "input, axis=null, dim=null", expandDims);
const squeeze: TfRun = (cx, a) => {
  const x = a.tensor("input");
  const axes = a.numbers(a.has("squeeze_dims") ? "squeeze_dims" : "axis") ?? [];
  return keptSizes(cx, axes.length > 0 ? cx.op.squeeze(x, axes) : withoutOnes(cx, x), x);
};
table.only("squeeze", "input, axis=null", squeeze);
table.only("compat.v1.squeeze", "input, axis=null, squeeze_dims=null", squeeze);

table.both("concat", "values, axis", (cx, a) => {
  const y = cx.op.concat(a.tensors("values"), a.number("axis")!);
  return y.shape.length === 1 ? withSizes(cx, y, knownSizes(cx, a.arg("values"))) : y;
});
table.both("stack", "values, axis=0", (cx, a) => {
  const axis = a.number("axis") ?? 0;
  // A tensor alone stays what it is.
  if (!Array.isArray(a.arg("values")) && axis === 0) return a.tensor("values");
  const y = cx.op.stack(a.tensors("values"), axis);
  return y.shape.length === 1 ? withSizes(cx, y, knownSizes(cx, a.arg("values"))) : y;
});
const numbered = (a: TfArgs, name: string, count: number): void => {
  const wanted = a.number(name) ?? count;
  if (wanted !== count) fail("mismatch/shape", { expected: `${wanted} pieces`, found: String(count) });
};
table.both("unstack", "value, num=null, axis=0", (cx, a) => {
  const x = a.tensor("value");
  const axis = a.axis(x);
  const count = lengthThere(x, axis);
  numbered(a, "num", count);
  const sizes = knownSizes(cx, x);
  return listOf(count, (i) => withSizes(cx, cx.op.take(x, axis, i), sizes && [sizes[i]!]));
});
/** Pieces of computed lengths, which must be all that there is; of one that is -1 the rest. */
function pieceByPiece(cx: Context, a: TfArgs, x: Sym, axis: number, given: readonly Size[]): readonly Sym[] {
  numbered(a, "num", given.length);
  const others = given.filter((n) => n !== -1).reduce(plus, 0);
  const sizes = given.map((n) => (n === -1 ? minus(cx.size(x, axis), others) : n));
  const whole = given.includes(-1) ? x : exactly(cx, x, axis, others);
  let start: Size = 0;
  return sizes.map((n) => {
    const [begin, stop] = [start, plus(start, sizeFrom("need", n, 0))];
    start = stop;
    return exactly(cx, cx.op.slice(whole, [{ axis, start: begin, stop, step: 1 }]), axis, n);
  });
}
table.both("split", "value, num_or_size_splits, axis=0, num=null", (cx, a) => {
  const x = a.tensor("value");
  const axis = a.axis(x);
  const pieces = a.arg("num_or_size_splits");
  const count = typeof pieces === "number" ? pieces : null;
  const length = count === null ? (x.shape[axis] ?? null) : lengthThere(x, axis);
  if (count !== null && (count < 1 || count > length! || length! % count !== 0))
    fail("mismatch/shape", { expected: `a length that ${count} divides`, found: String(length) });
  if (count === null && Array.isArray(pieces)) {
    const computed = a.sizes("num_or_size_splits");
    if (computed.some((n) => typeof n !== "number")) return pieceByPiece(cx, a, x, axis, computed);
  }
  const sizes = count === null ? a.numbers("num_or_size_splits")! : listOf(count, () => length! / count);
  numbered(a, "num", sizes.length);
  const open = sizes.indexOf(-1);
  const sum = sizes.reduce((total, n, i) => total + (i === open ? 0 : n), 0);
  if (open >= 0 && length !== null) sizes[open] = length - sum;
  if (
    sizes.some((n, i) => n < (i === open && length === null ? -1 : 0)) ||
    (length !== null && open < 0 && sum !== length)
  )
    fail("mismatch/shape", { expected: `pieces of a length of ${length ?? "?"}`, found: `[${sizes.join(", ")}]` });
  let start = 0;
  return sizes.map((n, i) => {
    const begin = start;
    // Behind a piece of unknown size it is counted from the end.
    const stop = n === -1 ? begin - sum : begin + n;
    start = stop;
    const last = count === null && (i === sizes.length - 1 || (stop === 0 && sizes.includes(-1) && i >= open));
    return cx.op.slice(x, [
      { axis, start: count === null && begin === 0 ? null : begin, stop: last ? null : stop, step: 1 },
    ]);
  });
});
table.both("tile manip.tile", "input, multiples", (cx, a) => {
  const x = a.tensor("input");
  const times = a.sizes("multiples");
  if (times.length !== x.shape.length)
    fail("mismatch/shape", { expected: `${x.shape.length} multiples`, found: String(times.length) });
  if (times.every((n) => typeof n === "number")) return cx.op.tile(x, times);
  // Each axis stands beside one of so many times.
  const sizes = sizesOf(cx, x);
  if (sizes.every((n, i) => n === 1 || times[i] === 1))
    return cx.op.broadcastTo(x, sizes.map((n, i) => (n === 1 ? times[i]! : n))); // prettier-ignore
  const apart = cx.op.reshape(x, sizes.flatMap((n) => [1, n])); // prettier-ignore
  const wide = cx.op.broadcastTo(apart, sizes.flatMap((n, i) => [times[i]!, n])); // prettier-ignore
  return cx.op.reshape(wide, sizes.map((n, i) => product(n, times[i]!))); // prettier-ignore
});
table.both("repeat", "input, repeats, axis=null", (cx, a) => {
  const given = a.tensor("input");
  const x = a.has("axis") ? given : flat(cx, given);
  const axis = a.axis(x);
  const [count, ...more] = a.sizes("repeats");
  if (count !== undefined && typeof count !== "number" && more.length === 0) {
    const sizes = sizesOf(cx, x);
    const wide = cx.op.broadcastTo(cx.op.expandDims(x, [axis + 1]), sizes.toSpliced(axis + 1, 0, count));
    return cx.op.reshape(wide, sizes.with(axis, product(sizes[axis]!, count)));
  }
  const times = a.numbers("repeats")!;
  if (times.some((n) => !Number.isInteger(n)))
    fail("unsupported/argument", { path: "repeats", expected: "whole numbers" });
  if (times.length === 1) return cx.op.repeat(x, axis, times[0]!);
  if (lengthThere(x, axis) !== times.length)
    fail("mismatch/shape", { expected: `a length of ${times.length}`, found: String(x.shape[axis]) });
  let at = -1;
  let left = 0;
  const places = listOf(
    times.reduce((all, n) => all + Math.max(0, n), 0),
    () => {
      while (left === 0) left = Math.max(0, times[++at]!);
      left -= 1;
      return at;
    },
  );
  return cx.op.gather(x, cx.op.array(places, [places.length], "int32"), axis);
});
table.both("roll manip.roll", "input, shift, axis", (cx, a) => {
  const x = a.tensor("input");
  const shifts = a.sizes("shift");
  const axes = a.axes(x);
  if (shifts.length !== axes.length)
    fail("mismatch/shape", { expected: `${axes.length} shifts`, found: String(shifts.length) });
  return axes.reduce((y, axis, i) => rolled(cx, y, shifts[i]!, axis), x);
});
table.both("reverse manip.reverse reverse_v2", "tensor, axis", (cx, a) => {
  const x = a.tensor("tensor");
  return cx.op.reverse(x, a.axes(x));
});
const pad: TfRun = (cx, a) => {
  const x = a.tensor("tensor");
  const mode = a.text("mode")!.toUpperCase();
  const rows = a.arg("paddings");
  const amounts = (Array.isArray(rows) ? (rows as readonly Arg[]) : []).map((row) => {
    const pair = Array.isArray(row) ? (row as readonly Arg[]) : [];
    const sizes = pair.map((n) => (typeof n === "number" && n < 0 ? null : knownSizes(cx, n)));
    return sizes.length === 2 && sizes.every((n) => n?.length === 1)
      ? ([sizes[0]![0]!, sizes[1]![0]!] as const)
      : fail("unsupported/argument", { message: "paddings of tf.pad", expected: "pairs of numbers and lengths" });
  });
  if (amounts.length !== x.shape.length)
    fail("mismatch/shape", { expected: `${x.shape.length} pairs of paddings`, found: String(amounts.length) });
  if (mode === "CONSTANT") return padded(cx, x, amounts, a.number("constant_values") ?? 0);
  a.ignore("constant_values");
  const known = amounts.filter((pair): pair is readonly [number, number] => pair.every((n) => typeof n === "number"));
  if (known.length < amounts.length)
    return fail("unsupported/argument", { message: "paddings of tf.pad that mirror", expected: "pairs of numbers" });
  if (mode === "REFLECT") return mirrored(cx, x, known, "reflect");
  if (mode === "SYMMETRIC") return mirrored(cx, x, known, "symmetric");
  return fail("unsupported/padding", { found: mode });
};
table.only("pad", 'tensor, paddings, mode="CONSTANT", constant_values=0', pad);
table.only("compat.v1.pad", 'tensor, paddings, mode="CONSTANT", constant_values=0', pad);
table.both("broadcast_to", "input, shape", (cx, a) => cx.op.broadcastTo(a.tensor("input"), a.sizes("shape")));
/** Dtypes in which lengths stay whole and do not wrap. */
const HOLDS_LENGTHS: ReadonlySet<string> = new Set(["int32", "int64", "float32", "float64"]);
table.both("cast dtypes.cast", "x, dtype", (cx, a) => {
  const x = a.tensor("x");
  const complex = asComplex(cx, x, a.arg("dtype"));
  if (complex !== null) return complex;
  const y = cx.op.cast(x, a.dtype("dtype", x.dtype));
  return HOLDS_LENGTHS.has(y.dtype) ? keptSizes(cx, y, x) : y;
});

const where =
  (rows: boolean): TfRun =>
  (cx, a) => {
    if (!a.has("x") || !a.has("y"))
      return fail("unsupported/where", {
        message: "how many places there are depends on the values",
        expected: "both x and y",
      });
    const [x, y] = a.operands("x", "y");
    // Two numbers without a fraction are integers.
    const kind = (n: Sym | number, name: string): Sym | number => (typeof n === "number" ? a.tensor(name) : n);
    const [p, q] = typeof x === "number" && typeof y === "number" ? [kind(x, "x"), kind(y, "y")] : [x, y];
    const condition = a.tensor("condition");
    const rank = typeof p === "number" ? 0 : p.shape.length;
    // TensorFlow 1: a vector picks whole rows, nothing else is broadcast.
    const picks = rows && condition.shape.length === 1 && rank > 1;
    const c = picks
      ? cx.op.expandDims(
          condition,
          listOf(rank - 1, (i) => i + 1),
        )
      : condition;
    return withSizes(cx, cx.op.where(c, p, q), chosenSizes(cx, condition, a.arg("x"), a.arg("y")));
  };
table.only("where compat.v1.where_v2", "condition, x=null, y=null", where(false));
table.only("compat.v1.where", "condition, x=null, y=null", where(true));

/** Each of the first axes of x has indices of its own. */
export function gatherInBatches(cx: Context, x: Sym, indices: Sym, axis: number, batch: number): Sym {
  const { op } = cx;
  // The picked axis behind the axes of the batch, and back afterwards.
  const rank = x.shape.length;
  const others = listOf(rank - batch, (i) => batch + i).filter((i) => i !== axis);
  const moved = op.transpose(x, [...listOf(batch, (i) => i), axis, ...others]);
  const length = (axis: number): Sym => counted(cx, cx.size(x, axis));
  const rows = op.reshape(moved, [-1, ...others.map((i) => cx.size(x, i))]);
  // Where each batch begins among the rows.
  let begin: Sym = op.constant(0, "int32");
  for (let i = 0; i < batch; i++) {
    const place = op.iota(cx.size(x, i), "int32");
    begin = op.add(i === 0 ? begin : op.multiply(op.expandDims(begin, [i]), length(i)), place);
  }
  const start = op.multiply(begin, length(axis));
  const wide = op.expandDims(
    start,
    listOf(indices.shape.length - batch, (i) => batch + i),
  );
  const picked = op.gather(rows, op.add(op.cast(fromStart(cx, moved, indices, batch), "int32"), wide), 0);
  const inner = indices.shape.length - batch;
  const before = axis - batch;
  const perm = [
    ...listOf(batch, (i) => i),
    ...listOf(before, (i) => batch + inner + i),
    ...listOf(inner, (i) => batch + i),
    ...listOf(others.length - before, (i) => batch + inner + before + i),
  ];
  return op.transpose(picked, perm);
}

const gather: TfRun = (cx, a) => {
  const x = a.tensor("params");
  const indices = a.tensor("indices");
  const given = a.number("batch_dims") ?? 0;
  const batch = given < 0 ? given + indices.shape.length : given;
  const axis = a.axis(x, "axis", batch);
  a.ignore("validate_indices");
  if (batch === 0) return cx.op.gather(x, fromStart(cx, x, indices, axis), axis);
  if (batch < 0 || batch > indices.shape.length || axis < batch)
    return fail("mismatch/axis", { expected: `batch_dims up to axis ${axis}`, found: String(given) });
  return gatherInBatches(cx, x, indices, axis, batch);
};
table.only("gather", "params, indices, validate_indices=null, axis=null, batch_dims=0", gather);
table.only("compat.v1.gather", "params, indices, validate_indices=null, axis=null, batch_dims=0", gather);
table.both("one_hot", "indices, depth, on_value=null, off_value=null, axis=null, dtype=null", (cx, a) => {
  const { op } = cx;
  const x = a.tensor("indices");
  const rank = x.shape.length + 1;
  const given = a.number("axis") ?? -1;
  const axis = given < 0 ? given + rank : given;
  if (axis < 0 || axis >= rank) fail("mismatch/axis", { expected: `an axis of ${rank}`, found: String(given) });
  const depth = a.size("depth");
  const wide = wideIndex(x.dtype);
  const classes = op.reshape(
    op.iota(depth, wide),
    listOf(rank, (i): Size => (i === axis ? depth : 1)),
  );
  // Without a dtype that of the values, where there are any.
  const values = ["on_value", "off_value"].filter((name) => a.has(name));
  const every = (f: (name: string) => boolean): boolean => values.length > 0 && values.every(f);
  const flags = every((name) => typeof a.arg(name) === "boolean");
  const whole = every((name) => !a.isFloat(name) && Number.isInteger(a.arg(name)));
  const dtype = a.dtype("dtype", flags ? "bool" : whole ? "int32" : "float32");
  const value = (name: string, otherwise: number): Sym =>
    op.constant(flags ? Number(a.arg(name) ?? otherwise) : (a.number(name) ?? otherwise), dtype);
  const hit = op.equal(op.expandDims(op.cast(x, wide), [axis]), classes);
  const isPlain = flags && dtype === "bool" && a.arg("on_value") === true && a.arg("off_value") === false;
  if (values.length === 0 || isPlain) return op.cast(hit, dtype);
  return op.where(hit, value("on_value", 1), value("off_value", 0));
});
table.only("__operators__.getitem", "tensor, slice_spec, var=null", (cx, a) => {
  const x = a.tensor("tensor");
  const key = a.arg("slice_spec");
  const y = getItem(cx, x, Array.isArray(key) ? (key as readonly Arg[]) : [key]);
  return withSizes(cx, y, pickedSizes(cx, x, key));
});

/** Functions of TensorFlow that move, join, choose and make elements, by name. */
export const TENSORFLOW_ARRAYS = table;
