/**
 * Lookups of whole numbers among whole numbers, in operations that every engine and every format has.
 * Source: keras/src/layers/preprocessing/index_lookup.py, tf_keras/layers/preprocessing/index_lookup.py.
 */
import { listOf } from "../../../core/list.ts";
import { isFloat } from "../../../core/dtype.ts";
import type { Sym } from "../../../ops/types.ts";
import { placesAmong } from "../../common/halving.ts";
import type { Context } from "../../define.ts";

/** Whole numbers that the dtypes hold and JavaScript tells apart. */
const areWhole = (tokens: readonly unknown[]): tokens is readonly number[] => tokens.every(Number.isSafeInteger);

const isWide = (numbers: readonly number[]): boolean => numbers.some((n) => n !== (n | 0));

/** x as whole numbers of 32 bits, or of 64 where it or any of the numbers has more; null where it holds others. */
function whole({ op }: Context, x: Sym, numbers: readonly number[]): Sym | null {
  if (isFloat(x.dtype) || x.dtype === "string" || x.dtype === "bool" || x.dtype === "uint64") return null;
  const dtype = isWide(numbers) || x.dtype === "int64" || x.dtype === "uint32" ? "int64" : "int32";
  return op.cast(x, dtype);
}

/**
 * The index of each number of x: `start` and its place among `tokens`, `maskIndex` for the mask, and for all others one of
 * `oov` places from `oovStart` on, by what is left of a division. Null where that has no such operations.
 */
export function placesOfWhole(
  cx: Context,
  x: Sym,
  {
    tokens,
    mask,
    maskIndex,
    oov,
    oovStart,
  }: {
    readonly tokens: readonly unknown[];
    readonly mask: unknown;
    readonly maskIndex: number;
    readonly oov: number;
    readonly oovStart: number;
  },
): Sym | null {
  const { op } = cx;
  const masked = mask === null ? [] : [mask];
  if (oov < 1 || tokens.length === 0 || !areWhole(tokens) || !areWhole(masked)) return null;
  const number = whole(cx, x, [...tokens, ...masked]);
  if (number === null) return null;
  const order = tokens.map((_, place) => place).sort((a, b) => tokens[a]! - tokens[b]!);
  const sorted = op.array(
    order.map((place) => tokens[place]!),
    [tokens.length],
    number.dtype,
  );
  const indices = op.array(
    order.map((place) => place + oovStart + oov),
    [tokens.length],
    "int32",
  );
  const place = op.maximum(op.subtract(placesAmong(cx, sorted, number, true), 1), 0);
  const unknown = oov === 1 ? oovStart : op.add(op.cast(op.mod(number, oov), "int32"), oovStart);
  const found = op.where(op.equal(op.gather(sorted, place, 0), number), op.gather(indices, place, 0), unknown);
  return op.cast(masked.length === 0 ? found : op.where(op.equal(number, masked[0]!), maskIndex, found), "int64");
}

/** The number at each index of x: the mask at 0, `oov` before `start` and behind the last. Null where that has no such operations. */
export function wholeAtPlaces(
  cx: Context,
  x: Sym,
  {
    tokens,
    start,
    mask,
    oov,
  }: { readonly tokens: readonly unknown[]; readonly start: number; readonly mask: unknown; readonly oov: unknown },
): Sym | null {
  const { op } = cx;
  const all = [...listOf(start, (i) => (i === 0 && mask !== null ? mask : oov)), ...tokens, oov];
  const index = areWhole(all) ? whole(cx, x, []) : null;
  if (index === null || !areWhole(all)) return null;
  const last = all.length - 1;
  const isOutside = op.logicalOr(op.less(index, 0), op.greater(index, last));
  return op.gather(op.array(all, [all.length], "int64"), op.cast(op.where(isOutside, last, index), "int32"), 0);
}
