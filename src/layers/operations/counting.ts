/** What occurs, where, and how often. Source: keras/src/backend/tensorflow/numpy.py (`unique`). */
import { type DType, isFloat } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import { type AnyDef, type Context } from "../define.ts";
import { anyFloat, bool, int, optional } from "../fields.ts";
import { axisOf, flat, inModule, sizesOf, tensor } from "./shared/operation.ts";
import { counting, productOfSizes } from "./shared/sizes.ts";

const numpy = inModule("numpy");

/** Of lines[n, m] which are the first of their kind, and in which place each one's kind stands among them. */
function kinds(cx: Context, lines: Sym, sorted: boolean): { readonly isFirst: Sym; readonly place: Sym } {
  const { op } = cx;
  const [own, other] = [op.expandDims(lines, [1]), op.expandDims(lines, [0])];
  const differs = op.cast(op.notEqual(own, other), "int32");
  const order = op.iota(cx.size(lines, 0), "int32");
  const first = op.argmax(op.logicalNot(op.any(differs, [2])), 1);
  const isFirst = op.equal(first, order);
  // The first place in which two lines differ decides.
  const decides = op.equal(op.cumsum(differs, 2), 1);
  const before = sorted
    ? op.any(op.logicalAnd(op.less(other, own), decides), [2])
    : op.less(op.expandDims(order, [0]), op.expandDims(first, [1]));
  return { isFirst, place: op.sum(op.cast(op.logicalAnd(before, isFirst), "int32"), [1]) };
}

interface Unique {
  readonly sorted: boolean;
  readonly return_index: boolean;
  readonly return_inverse: boolean;
  readonly return_counts: boolean;
  readonly axis: number | null;
  readonly fill_value: number | null;
}

/** A number that is cast: of a fraction beside whole numbers what is before its point. */
const filler = (cx: Context, value: number, dtype: DType): Sym =>
  isFloat(dtype)
    ? cx.op.constant(value, dtype)
    : cx.op.cast(cx.op.constant(value, Number.isInteger(value) ? "int64" : "float32"), dtype);

/** The `size` first of the different elements, or slices of an axis. */
function unique(cx: Context, given: Sym, c: Unique, size: number): readonly Sym[] {
  const { op } = cx;
  const x = c.axis === null ? flat(cx, given) : given;
  const axis = c.axis === null ? 0 : axisOf(x, c.axis);
  const swapped = op.transpose(x, x.shape.map((_, i) => (i === 0 ? axis : i === axis ? 0 : i))); // prettier-ignore
  const lines = op.reshape(swapped, [cx.size(x, axis), productOfSizes(sizesOf(cx, swapped).slice(1))]);
  const { isFirst, place } = kinds(cx, lines, c.sorted);
  const ofKind = op.equal(op.expandDims(place, [0]), counting(cx, size, 0, 2));
  const chosen = op.logicalAnd(ofKind, isFirst);
  const there = op.any(chosen, [1]);
  const index = op.sum(op.multiply(op.cast(chosen, "int32"), op.iota(cx.size(x, axis), "int32")), [1]);
  const along = op.reshape(there, x.shape.map((_, i) => (i === axis ? size : 1))); // prettier-ignore
  const values = op.where(along, op.gather(x, index, axis), filler(cx, c.fill_value ?? 0, x.dtype));
  return [
    values,
    ...(c.return_index ? [op.where(there, index, 1)] : []),
    ...(c.return_inverse ? [c.axis === null ? op.reshape(place, sizesOf(cx, given)) : place] : []),
    ...(c.return_counts ? [op.sum(op.cast(ofKind, "int32"), [1])] : []),
  ];
}

export const countingOperations: readonly AnyDef[] = [
  numpy(
    "Unique",
    ["x"],
    {
      sorted: bool(true),
      return_index: bool(false),
      return_inverse: bool(false),
      return_counts: bool(false),
      axis: optional(int()),
      size: optional(int({ min: 1 })),
      fill_value: optional(anyFloat()),
    },
    (cx, c, [x]) => {
      if (c.size === null)
        return fail("unsupported/free-length", { message: "the length depends on the values", expected: "size" });
      return unique(cx, tensor(cx, x), c, c.size);
    },
  ),
];
