/** The same bits as numbers of another dtype, little-endian. Source: keras/src/backend/tensorflow/numpy.py (`view`). */
import { type DType, isFloat, itemSize } from "../../core/dtype.ts";
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import type { Sym } from "../../ops/types.ts";
import type { AnyDef, Context } from "../define.ts";
import { optional, text } from "../fields.ts";
import { dtypeOf, inModule, lengthThere, needOneOf, sizesOf, tensor } from "./shared/operation.ts";
import { times } from "./shared/sizes.ts";

/** What bits are taken for. Integers of 64 bits lack: engines hold them as float64, so not all that bits may tell. */
const MADE: readonly DType[] = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "bfloat16", "float32", "float64"]; // prettier-ignore
const VIEWED: readonly DType[] = [...MADE, "int64", "uint64"];

/** The 16 bits of float16, of which float32 has all numbers: 5 of the exponent, 10 of the fraction. */
function halfBits({ op }: Context, x: Sym): Sym {
  const bits = op.bitcast(op.cast(op.abs(x), "float32"), "int32");
  const isNegative = op.less(op.bitcast(op.cast(x, "float32"), "int32"), 0);
  // Exponents are 112 apart; below the least one there are multiples of 2^-24, above the largest infinity and NaN.
  const normal = op.subtract(op.floorDivide(bits, 2 ** 13), 112 * 2 ** 10);
  const small = op.cast(op.multiply(op.cast(op.abs(x), "float32"), 2 ** 24), "int32");
  const fraction = op.mod(op.floorDivide(bits, 2 ** 13), 2 ** 10);
  const own = op.where(
    op.less(bits, 113 * 2 ** 23),
    small,
    op.where(op.isFinite(x), normal, op.add(fraction, 31 * 2 ** 10)),
  );
  return op.add(own, op.where(isNegative, op.constant(2 ** 15, "int32"), 0));
}

/** float16 of 16 bits. */
function halfOf({ op }: Context, bits: Sym): Sym {
  const own = op.mod(bits, 2 ** 15);
  const exponent = op.floorDivide(own, 2 ** 10);
  const more = op.where(op.equal(exponent, 31), op.constant(224, "int32"), 112);
  const normal = op.bitcast(op.multiply(op.add(own, op.multiply(more, 2 ** 10)), 2 ** 13), "float32");
  const size = op.where(op.equal(exponent, 0), op.multiply(op.cast(own, "float32"), 2 ** -24), normal);
  return op.cast(op.where(op.less(bits, 2 ** 15), size, op.negative(size)), "float16");
}

/** As integers from 0 to 2^bits - 1 in int32; of 32 bits signed, of 64 two of 32 in a new last axis. */
function toWords(cx: Context, x: Sym): Sym {
  const { op } = cx;
  if (x.dtype === "float16") return halfBits(cx, x);
  if (x.dtype === "bfloat16")
    return op.mod(op.floorDivide(op.bitcast(op.cast(x, "float32"), "int32"), 2 ** 16), 2 ** 16);
  if (isFloat(x.dtype)) return op.bitcast(x, "int32");
  if (itemSize(x.dtype) === 8) {
    const signed = (word: Sym): Sym =>
      op.cast(op.where(op.less(word, 2 ** 31), word, op.subtract(word, 2 ** 32)), "int32");
    const [low, high] = [op.mod(x, 2 ** 32), op.floorDivide(x, 2 ** 32)];
    return op.stack([signed(low), signed(high)], -1);
  }
  return itemSize(x.dtype) < 4 ? op.mod(op.cast(x, "int32"), 2 ** (8 * itemSize(x.dtype))) : op.cast(x, "int32");
}

/** The inverse. */
function ofWords(cx: Context, words: Sym, dtype: DType): Sym {
  const { op } = cx;
  if (dtype === "float16") return halfOf(cx, words);
  if (dtype === "bfloat16") return op.cast(op.bitcast(op.multiply(words, 2 ** 16), "float32"), dtype);
  return dtype === "float32" || dtype === "float64" ? op.bitcast(words, dtype) : op.cast(words, dtype);
}

/** Each word of `from` bytes as shorter ones of `to`, in the last axis. */
function split(cx: Context, words: Sym, from: number, to: number): Sym {
  const { op } = cx;
  if (from === to) return words;
  const parts = listOf(from / to, (i) => op.mod(op.floorDivide(words, 2 ** (8 * to * i)), 2 ** (8 * to)));
  const sizes = sizesOf(cx, words);
  return op.reshape(op.stack(parts, -1), [...sizes.slice(0, -1), times(sizes.at(-1)!, parts.length)]);
}

/** The inverse. */
function joined(cx: Context, words: Sym, from: number, to: number): Sym {
  const { op } = cx;
  if (from === to) return words;
  const [sizes, many] = [sizesOf(cx, words), to / from];
  const length = lengthThere(words, sizes.length - 1);
  const groups = op.reshape(words, [...sizes.slice(0, -1), length / many, many]);
  const parts = listOf(many, (i) => op.multiply(op.take(groups, -1, i), 2 ** (8 * from * i)));
  return parts.reduce((a, b) => op.add(a, b));
}

function viewed(cx: Context, x: Sym, dtype: DType): Sym {
  const { op } = cx;
  const [from, to] = [itemSize(x.dtype), itemSize(dtype)];
  const rank = x.shape.length;
  if (from !== to && rank === 0) fail("mismatch/rank", { expected: "an axis", found: "0" });
  if (from < to && (lengthThere(x, rank - 1) * from) % to !== 0)
    fail("mismatch/shape", { expected: `a last axis that ${to / from} divides`, found: String(x.shape.at(-1)) });
  if (from === to && from === 8) return x.dtype === dtype ? x : op.bitcast(toWords(cx, x), "float64");
  const words = toWords(cx, x);
  const sizes = sizesOf(cx, x);
  const flat = from < 8 ? words : op.reshape(words, [...sizes.slice(0, -1), times(sizes.at(-1)!, 2)]);
  const [own, goal] = [Math.min(from, 4), Math.min(to, 4)];
  const all = own > goal ? split(cx, flat, own, goal) : joined(cx, flat, own, goal);
  if (to < 8) return ofWords(cx, all, dtype);
  const outer = sizesOf(cx, all);
  return ofWords(cx, op.reshape(all, [...outer.slice(0, -1), lengthThere(all, rank - 1) / 2, 2]), dtype);
}

export const viewOperations: readonly AnyDef[] = [
  inModule("numpy")("View", ["x"], { dtype: optional(text()) }, (cx, c, [given]) => {
    const x = tensor(cx, given);
    const dtype = dtypeOf(c.dtype, x.dtype);
    if (dtype === x.dtype && dtype !== "bool") return x;
    needOneOf(x, VIEWED);
    if (!MADE.includes(dtype)) fail("unsupported/dtype", { expected: MADE.join(", "), found: dtype });
    return viewed(cx, x, dtype);
  }),
];
