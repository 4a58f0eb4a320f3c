/** Elements along an axis, each line by indices of its own. */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { exactly, sizesOf } from "./operation.ts";
import { counted, productOfSizes } from "./sizes.ts";

/** x with some axes moved to the end, in their order, and the way back. */
export function atEnd(cx: Context, x: Sym, axes: readonly number[]): Sym {
  const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const perm = [...others, ...axes];
  return perm.every((axis, i) => axis === i) ? x : cx.op.transpose(x, perm);
}

/** The `k` largest along the last axis, from the largest on, and where they stand. Throws `mismatch/shape` where there are fewer. */
export function largestOf(cx: Context, x: Sym, k: number): readonly [values: Sym, places: Sym] {
  const axis = x.shape.length - 1;
  const length = x.shape[axis];
  if (typeof length === "number" && k > length)
    fail("mismatch/shape", { path: "k", expected: `at most the ${length} values of an axis`, found: String(k) });
  const first = (y: Sym): Sym => exactly(cx, cx.op.slice(y, [{ axis, start: 0, stop: k, step: 1 }]), axis, k);
  return [first(cx.op.sort(x, axis, true)), first(cx.op.argsort(x, axis, true))];
}

/** The last axis to where `axis` is. */
export function fromEnd(cx: Context, x: Sym, axis: number): Sym {
  const perm = x.shape.map((_, i) => i).slice(0, -1);
  perm.splice(axis, 0, x.shape.length - 1);
  return perm.every((from, i) => from === i) ? x : cx.op.transpose(x, perm);
}

/** Of x[..., L] the elements at indices[..., K], from 0 and within L; the leading axes are as long. */
export function alongLast(cx: Context, x: Sym, indices: Sym): Sym {
  const { op } = cx;
  const sizes = sizesOf(cx, x);
  const rows = productOfSizes(sizes.slice(0, -1));
  const starts = op.multiply(op.iota(rows, "int32"), counted(cx, sizes.at(-1)!));
  const places = op.add(
    op.reshape(op.cast(indices, "int32"), [rows, cx.size(indices, -1)]),
    op.expandDims(starts, [1]),
  );
  return op.reshape(op.gather(op.reshape(x, [-1]), places, 0), [...sizes.slice(0, -1), cx.size(indices, -1)]);
}
