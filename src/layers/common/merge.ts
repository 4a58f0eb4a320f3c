/**
 * What the merge layers share. Source: keras/src/layers/merging/base_merge.py, tf_keras/layers/merging/base_merge.py.
 */
import { listOf } from "../../core/list.ts";
import { fail } from "../../core/error.ts";
import { showShape } from "../../core/tensor.ts";
import type { Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";
import { buildsOnce } from "./built.ts";

type Masks = readonly (Sym | undefined)[];
type Binary = (a: Sym, b: Sym) => Sym;

/** Inputs of unlike rank get axes of length 1 after the batch, if the layer was built on such: else they broadcast as they are. */
function alignedRanks(cx: Context, x: readonly Sym[]): readonly Sym[] {
  if (x.length === 0) fail("mismatch/inputs", { expected: "a list of inputs", found: "none" });
  const rank = Math.max(...x.map((s) => s.shape.length));
  const built = buildsOnce(cx.node) ? cx.built : x.map(({ shape }) => shape);
  if (built.every(({ length }) => length === built[0]!.length)) return x;
  return x.map((s) => {
    const missing = rank - s.shape.length;
    return missing === 0
      ? s
      : cx.op.expandDims(
          s,
          listOf(missing, (i) => i + 1),
        );
  });
}

/** The two inputs of a layer that takes exactly two. Throws `mismatch/inputs` for another number. */
export function needTwo(x: readonly Sym[]): readonly [Sym, Sym] {
  const [a, b] = x;
  if (a === undefined || b === undefined || x.length !== 2)
    return fail("mismatch/inputs", { expected: "2 inputs", found: String(x.length) });
  return [a, b];
}

/** All inputs through one function of two. */
export function fold(cx: Context, x: readonly Sym[], f: Binary): Sym {
  return alignedRanks(cx, x).reduce(f);
}

/** Keras 3: where any input is kept, if all have masks. Before: where all are kept, inputs without a mask left out. */
export function mergedMask(cx: Context, masks: Masks): readonly (Sym | undefined)[] {
  const given = masks.filter((m) => m !== undefined);
  if (given.length === 0) return [];
  if (cx.semantics !== "keras3") return [joined(given, cx.op.logicalAnd)];
  return given.length < masks.length ? [] : [joined(given, cx.op.logicalOr)];
}

/** The mask of x[B, …, D] for each of its elements. Throws `unsupported/mask` for one that does not broadcast to x. */
function spread(cx: Context, mask: Sym, x: Sym): Sym {
  const lengths = [...mask.shape, 1];
  const from = x.shape.length - lengths.length;
  const fits = (n: number | null, i: number): boolean =>
    n === 1 || n === null || x.shape[i + from] === null || n === x.shape[i + from];
  if (from < 0 || !lengths.every(fits))
    fail("unsupported/mask", { expected: `one that stretches to ${showShape(x.shape)}`, found: showShape(lengths) });
  return cx.op.broadcastTo(
    cx.op.expandDims(mask, [mask.shape.length]),
    x.shape.map((_, axis) => cx.size(x, axis)),
  );
}

/** All masks as one. Throws `unsupported/mask` for those that do not broadcast to one another. */
function joined(masks: readonly Sym[], f: Binary): Sym {
  return masks.reduce((a, b) => {
    const rank = Math.min(a.shape.length, b.shape.length);
    const ends = [a, b].map(({ shape }) => shape.slice(shape.length - rank));
    const fits = ends[0]!.every((n, i) => n === 1 || ends[1]![i] === 1 || n === null || ends[1]![i] === null || n === ends[1]![i]); // prettier-ignore
    if (!fits)
      fail("unsupported/mask", { message: "masks of inputs", expected: showShape(a.shape), found: showShape(b.shape) });
    return f(a, b);
  });
}

/** The larger or smaller number; in Keras 3 masked elements give way to what is there. */
export function extreme(cx: Context, x: readonly Sym[], f: Binary): Sym {
  if (cx.semantics !== "keras3") return fold(cx, x, f);
  const { op } = cx;
  const [first, ...rest] = alignedRanks(cx, x);
  let y = first!;
  let known = first!.mask && spread(cx, first!.mask, first!);
  for (const next of rest) {
    const mask = next.mask && spread(cx, next.mask, next);
    const a = mask === undefined ? next : op.where(mask, next, y);
    const b = known === undefined ? y : op.where(known, y, a);
    known = mask !== undefined && known !== undefined ? op.logicalOr(known, mask) : undefined;
    y = f(b, a);
  }
  return y;
}

/** The product; in Keras 3 masked elements count as 1, and what is masked in all inputs is 0. */
export function multiplied(cx: Context, x: readonly Sym[]): Sym {
  const { op } = cx;
  if (cx.semantics !== "keras3") return fold(cx, x, op.multiply);
  const inputs = alignedRanks(cx, x);
  const masks = inputs.map((s) => s.mask && spread(cx, s.mask, s));
  const y = inputs
    .map((s, i) => (masks[i] === undefined ? s : op.where(masks[i], s, 1)))
    .reduce((a, b) => op.multiply(a, b));
  const given = masks.filter((m) => m !== undefined);
  return given.length < masks.length
    ? y
    : op.where(
        given.reduce((a, b) => op.logicalOr(a, b)),
        y,
        0,
      );
}

/** The masks of joined inputs, each with the rank of its input, then folded over the last axis. */
export function concatenatedMask(
  cx: Context,
  masks: Masks,
  x: readonly Sym[],
  axis: number,
): readonly (Sym | undefined)[] {
  if (masks.every((m) => m === undefined)) return [];
  const { op } = cx;
  const all = (s: Sym, value: number): Sym =>
    op.full(
      s.shape.map((_, i) => cx.size(s, i)),
      value,
      "bool",
    );
  const modern = cx.semantics === "keras3";
  const wide = x.map((s, i) => {
    const mask = masks[i];
    if (mask === undefined) return all(s, 1);
    if (mask.shape.length >= s.shape.length) return mask;
    const expanded = op.expandDims(mask, [mask.shape.length]);
    return modern ? op.logicalOr(expanded, all(s, 0)) : expanded;
  });
  const joined = op.concat(wide, axis);
  return [modern ? op.any(joined, [-1]) : op.all(joined, [-1])];
}
