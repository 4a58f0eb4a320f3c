/** Places of values, and counts of them. Source: keras/src/backend/tensorflow/numpy.py, math.py, nn.py. */
import { listOf } from "../../core/list.ts";
import { type DType, isFloat, isInteger } from "../../core/dtype.ts";
import { fail } from "../../core/error.ts";
import { promote } from "../../ops/promote.ts";
import type { Size, Sym } from "../../ops/types.ts";
import { placesAmong } from "../common/halving.ts";
import { tallied } from "../common/tallied.ts";
import type { AnyDef, Arg, Context } from "../define.ts";
import { bool, choice, int, intList, json, nullable, optional, required, text } from "../fields.ts";
import { alongLast, atEnd, fromEnd } from "./shared/along.ts";
import { fromStart } from "./shared/get-item.ts";
import { axisOf, dtypeOf, exactly, flat, inModule, lengthThere, needOneOf, numberOf, sizesOf, tensor, tensors, typedNumbers } from "./shared/operation.ts"; // prettier-ignore
import { counted, counting, least, minus, most, times } from "./shared/sizes.ts";

const numpy = inModule("numpy");
const core = inModule("core");
const anyInt = (initial: number) => int({ min: -0x7fffffff, default: initial });

/** Whether each of `classes` is among the numbers of an axis: the new axis is `axis`. */
function hot(cx: Context, x: Sym, classes: number, given: number): Sym {
  const { op } = cx;
  const rank = x.shape.length + 1;
  const axis = given < 0 ? given + rank : given;
  return op.equal(op.expandDims(op.cast(x, "int32"), [axis]), counting(cx, classes, axis, rank));
}

/** Every value refused when it runs that is no whole number below `length`. */
function below(cx: Context, x: Sym, length: number): Sym {
  const { op } = cx;
  return op.gather(op.iota(length, "int32"), op.cast(x, "int32"), 0);
}

/** An axis in the place of the last one. */
function swapped(cx: Context, x: Sym, axis: number): Sym {
  const last = x.shape.length - 1;
  const places = x.shape.map((_, i) => (i === axis ? last : i === last ? axis : i));
  return axis === last ? x : cx.op.transpose(x, places);
}

/** Bools at the start of a longer axis; refused where it is shorter. */
function within(cx: Context, x: Sym, axis: number, length: Size): Sym {
  const { op } = cx;
  const own = cx.size(x, axis);
  const places = op.iota(length, "int32");
  // Of nothing nothing is refused.
  const checkable = op.iota(most(length, minus(own, times(length, own))), "int32");
  const checked = op.sum(op.gather(checkable, op.iota(own, "int32"), 0));
  const count = counted(cx, own);
  const inside = op.logicalAnd(op.less(places, count), op.greaterEqual(checked, 0));
  const shape = x.shape.map((_, i): Size => (i === axis ? length : 1));
  return op.logicalAnd(op.gather(x, op.minimum(places, op.subtract(count, 1)), axis), op.reshape(inside, shape));
}

/** Where the first elements start along each axis: a list of numbers, or a tensor. */
function startsOf(cx: Context, x: Sym, arg: Arg | undefined): readonly (Sym | number)[] {
  const found: readonly (Sym | number)[] = Array.isArray(arg)
    ? (arg as readonly Arg[]).map((item) => (typeof item === "number" ? item : tensor(cx, item)))
    : x.shape.map((_, i) => cx.op.take(tensor(cx, arg), 0, i));
  if (found.length !== x.shape.length)
    fail("mismatch/rank", { expected: `${x.shape.length} places`, found: String(found.length) });
  return found;
}

/** The dtype that NumPy makes of two: wide integers beside floats are float64, bfloat16 it does not know. */
function promoteAsNumPy(a: DType, b: DType): DType {
  const y = promote(a, b);
  if (a === b || !isFloat(y)) return y;
  const other = [a, b].find((dtype) => dtype !== "bfloat16")!;
  const wide = [a, b].some((dtype) => /^u?int(32|64)$/.test(dtype));
  if ([a, b].includes("bfloat16") && (wide || other === "float16"))
    fail("unsupported/dtype", { expected: "dtypes that NumPy promotes", found: `${a}, ${b}` });
  return wide ? "float64" : y;
}

export const searchingOperations: readonly AnyDef[] = [
  numpy("SearchSorted", ["sorted_sequence", "values"], { side: choice(["left", "right"], "left") }, (cx, c, [a, b]) => {
    const sequence = tensor(cx, a);
    if (sequence.shape.length !== 1)
      fail("mismatch/rank", { expected: "1 axis", found: String(sequence.shape.length) });
    const values = tensor(cx, b);
    if (values.shape.length !== 1) fail("mismatch/rank", { expected: "1 axis", found: String(values.shape.length) });
    const y = placesAmong(cx, sequence, cx.op.cast(values, sequence.dtype), c.side === "right");
    return sequence.shape[0] === null ? cx.op.cast(y, "int64") : y;
  }),
  numpy("Digitize", ["x", "bins"], {}, (cx, _c, [given, bins]) => {
    const edges = cx.op.cast(tensor(cx, bins), "float32");
    const [x, among] = [tensor(cx, given), edges].map((one) => cx.op.cast(one, "float64")) as [Sym, Sym];
    return placesAmong(cx, among, x, true);
  }),
  numpy("IsIn", ["x1", "x2"], { assume_unique: bool(false), invert: bool(false) }, (cx, c, [a, b]) => {
    const { op } = cx;
    const [x, among] = [tensor(cx, a), flat(cx, tensor(cx, b))];
    void c.assume_unique;
    // Of nothing Keras says false, whatever is asked.
    if (among.shape[0] === 0) return op.full(sizesOf(cx, x), 0, "bool");
    const dtype = promote(x.dtype, among.dtype);
    const found = op.any(op.equal(op.expandDims(op.cast(x, dtype), [-1]), op.cast(among, dtype)), [-1]);
    return c.invert ? op.logicalNot(found) : found;
  }),
  numpy(
    "Bincount",
    ["x"],
    { weights: json(), minlength: int({ min: 0, default: 0 }), sparse: bool(false) },
    (cx, c, [given]) => {
      if (c.sparse) fail("unsupported/argument", { found: "sparse" });
      if (c.minlength === 0)
        fail("unsupported/free-length", { message: "the length depends on the values", expected: "a minlength above all values" }); // prettier-ignore
      const x = below(cx, tensor(cx, given), c.minlength);
      return tallied(cx, x, x.shape.length - 1, c.minlength, null);
    },
  ),
  inModule("nn")(
    "MultiHot",
    ["inputs"],
    { num_classes: optional(int({ min: 1 })), axis: anyInt(-1), dtype: optional(text()), sparse: bool(false) },
    (cx, c, [given]) => {
      const x = tensor(cx, given);
      if (c.sparse || c.num_classes === null)
        return fail("unsupported/argument", { found: c.sparse ? "sparse" : "no num_classes" });
      if (c.axis !== -1) axisOf(x, c.axis);
      const each = hot(cx, x, c.num_classes, c.axis);
      const axis = x.shape.length > 1 ? 1 : 0;
      const dtype = dtypeOf(c.dtype, "float32");
      return dtype === "bool" ? cx.op.any(each, [axis]) : cx.op.max(cx.op.cast(each, dtype), [axis], false, true);
    },
  ),
  inModule("math")("InTopK", ["targets", "predictions"], { k: int() }, (cx, c, [a, b]) => {
    const { op } = cx;
    const targets = op.cast(needOneOf(tensor(cx, a), ["int32", "int64"]), "int32");
    const predictions = needOneOf(tensor(cx, b), ["float32"]);
    const classes = lengthThere(predictions, 1);
    const exists = op.logicalAnd(op.greaterEqual(targets, 0), op.less(targets, classes));
    const safe = op.where(exists, targets, 0);
    const own = alongLast(cx, predictions, op.expandDims(safe, [1]));
    const better = op.sum(op.cast(op.greater(predictions, own), "int32"), [1]);
    const known = op.logicalAnd(exists, op.all(op.isFinite(predictions), [1]));
    return op.logicalAnd(known, op.less(better, c.k));
  }),
  numpy("Argpartition", ["x"], { kth: int(), axis: nullable(anyInt(-1)) }, (cx, c, [given]) => {
    const { op } = cx;
    const whole = op.cast(tensor(cx, given), "int32");
    const axis = c.axis === null ? 0 : axisOf(whole, c.axis);
    const x = c.axis === null ? flat(cx, whole) : swapped(cx, whole, axis);
    const last = x.shape.length - 1;
    const n = cx.size(x, last);
    const count = least(Math.max(c.kth, 0) + 1, n);
    const first = (y: Sym, k: Size): Sym => op.gather(op.argsort(y, last, true), op.iota(k, "int32"), last);
    const bottom = first(op.negative(x), count);
    // Keras takes away the first axis of what was found, and so its places are those of the axes before them.
    const found = op.any(op.equal(op.expandDims(bottom, [last + 1]), op.iota(n, "int32")), [0]);
    // Fewer elements than are asked for are refused, also where there is nothing to look through.
    const enough = op.greaterEqual(op.gather(op.iota(n, "int32"), op.constant(Math.max(c.kth, 0), "int32"), 0), 0);
    const isBottom = x.shape
      .slice(0, last)
      .reduce((y, _, i) => within(cx, y, i, cx.size(x, i)), op.logicalAnd(found, enough));
    const all = op.concat([bottom, first(op.where(isBottom, 0, x), minus(n, count))], last);
    return c.axis === null ? all : swapped(cx, all, axis);
  }),
  numpy("UnravelIndex", ["indices"], { shape: required(intList()) }, (cx, c, [given]) => {
    const { op } = cx;
    let x = tensor(cx, given);
    const dtype = x.dtype;
    // Of several axes TensorFlow's backend takes the lengths in the other order.
    const lengths = x.shape.length === 1 ? [...c.shape].reverse() : c.shape;
    const found = lengths.map((length) => {
      const place = op.mod(x, length);
      x = op.floorDivide(x, length);
      return op.cast(place, dtype);
    });
    return found.reverse();
  }),
  numpy("TakeAlongAxis", ["x", "indices"], { axis: optional(int()) }, (cx, c, [given, wanted]) => {
    const { op } = cx;
    const x = c.axis === null ? flat(cx, tensor(cx, given)) : tensor(cx, given);
    const places = tensor(cx, wanted);
    const indices = isInteger(places.dtype) ? places : op.cast(places, "int32");
    const axis = axisOf(x, c.axis ?? 0);
    if (indices.shape.length !== x.shape.length) fail("mismatch/rank", { expected: `${x.shape.length} axes` });
    const shared = x.shape.map((n, i): Size => (n === 1 ? cx.size(indices, i) : cx.size(x, i)));
    const stretched = (s: Sym): Sym => op.broadcastTo(s, shared.map((n, i) => (i === axis ? cx.size(s, i) : n))); // prettier-ignore
    const [table, at] = [x, fromStart(cx, x, indices, axis)].map((s) => atEnd(cx, stretched(s), [axis]));
    return fromEnd(cx, alongLast(cx, table!, at!), axis);
  }),
  typedNumbers(
    numpy("Select", ["condlist", "choicelist", "default"], {}, (cx, _c, [conditions, choices, otherwise]) => {
      const values = tensors(cx, choices);
      const number = otherwise === undefined || otherwise === null ? { value: 0, whole: true } : numberOf(otherwise);
      const rest = number === undefined ? [tensor(cx, otherwise)] : [];
      const shared = [...values, ...rest].map((x) => x.dtype).reduce(promoteAsNumPy);
      // A number of Python is of the same kind, int64 or float64.
      const beside = number?.whole === true ? shared !== "bool" : isFloat(shared) && shared !== "bfloat16";
      const dtype = number === undefined || beside ? shared : number.whole ? "int64" : "float64";
      const last = rest.length === 1 ? cx.op.cast(rest[0]!, dtype) : cx.op.constant(number!.value, dtype);
      return tensors(cx, conditions).reduceRight<Sym>(
        (y, condition, i) => cx.op.where(condition, cx.op.cast(values[i]!, dtype), y),
        last,
      );
    }),
  ),
  numpy("ArraySplit", ["x"], { indices_or_sections: int({ min: 1 }), axis: anyInt(0) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const axis = axisOf(x, c.axis);
    const [n, parts] = [lengthThere(x, axis), c.indices_or_sections];
    if (parts > Math.max(n, 4096)) fail("limit/size", { path: "indices_or_sections", found: String(parts) });
    let start = 0;
    return listOf(parts, (i) => {
      const stop = start + Math.floor(n / parts) + (i < n % parts ? 1 : 0);
      const part = cx.op.slice(x, [{ axis, start, stop, step: 1 }]);
      start = stop;
      return part;
    });
  }),
  core("Slice", ["inputs", "start_indices"], { shape: required(intList()) }, (cx, c, [given, starts]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    const from = startsOf(cx, x, starts);
    if (c.shape.length !== x.shape.length) fail("mismatch/rank", { expected: `${x.shape.length} lengths` });
    return from.reduce<Sym>((y, start, axis) => {
      const length = c.shape[axis]!;
      if (typeof start === "number") {
        const cut = op.slice(y, [{ axis, start, stop: length === -1 ? null : start + length, step: 1 }]);
        return length === -1 ? cut : exactly(cx, cut, axis, length);
      }
      if (length === -1) fail("unsupported/slice", { expected: "lengths, where the start is a tensor" });
      return op.gather(y, op.add(op.iota(length, "int32"), op.cast(start, "int32")), axis);
    }, x);
  }),
  core("SliceUpdate", ["inputs", "start_indices", "updates"], {}, (cx, _c, [given, starts, changed]) => {
    const { op } = cx;
    const x = tensor(cx, given);
    let y = op.cast(tensor(cx, changed), x.dtype);
    const inside = startsOf(cx, x, starts).map((start, axis) => {
      // A start from which the update would reach beyond the end is moved.
      const [length, own] = [x, y].map((s) => counted(cx, cx.size(s, axis))) as [Sym, Sym];
      const from = op.maximum(op.minimum(typeof start === "number" ? op.constant(start, "int32") : op.cast(start, "int32"), op.subtract(length, own)), 0); // prettier-ignore
      const place = op.subtract(op.iota(cx.size(x, axis), "int32"), from);
      const within = op.logicalAnd(op.greaterEqual(place, 0), op.less(place, own));
      y = op.gather(y, op.where(within, place, 0), axis);
      return op.reshape(within, x.shape.map((_, i): Size => (i === axis ? cx.size(x, axis) : 1))); // prettier-ignore
    });
    return inside.length === 0
      ? y
      : op.where(
          inside.reduce((a, b) => op.logicalAnd(a, b)),
          y,
          x,
        );
  }),
];
