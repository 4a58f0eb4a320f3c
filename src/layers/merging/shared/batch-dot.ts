/** Sums of products over an axis of each of two batches. Source: keras/src/layers/merging/dot.py (`batch_dot`). */
import { fail } from "../../../core/error.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** Axes counted from 0; one number stands for both. */
export function dotAxes(axes: readonly number[], a: Sym, b: Sym): readonly [number, number] {
  const [first, second = first] = axes;
  const at = (axis: number | undefined, x: Sym): number => {
    const rank = x.shape.length;
    const place = axis === undefined ? -1 : axis < 0 ? axis + rank : axis;
    if (axes.length > 2 || place < 1 || place >= rank)
      fail("mismatch/axis", { expected: "an axis of each input that is not the batch", found: axes.join(", ") });
    return place;
  };
  return [at(first, a), at(second, b)];
}

/** a[B, …, K, …], b[B, …, K, …] → [B, other axes of a, other axes of b]; [B, 1] if there are none. */
export function batchDot(cx: Context, a: Sym, b: Sym, [i, j]: readonly [number, number]): Sym {
  const { op } = cx;
  const [m, n] = [a.shape[i] ?? null, b.shape[j] ?? null];
  if (m !== null && n !== null && m !== n)
    fail("mismatch/shape", {
      expected: `the same length at axes ${i} and ${j}`,
      found: `${showShape(a.shape)} and ${showShape(b.shape)}`,
    });
  const rest = (x: Sym, axis: number): number[] => x.shape.map((_, k) => k).filter((k) => k > 0 && k !== axis);
  const [restA, restB] = [rest(a, i), rest(b, j)];
  const flat = (x: Sym, axes: readonly number[]) =>
    axes.length === 1 ? cx.size(x, axes[0]!) : axes.length === 0 ? 1 : -1;
  const left = op.reshape(op.transpose(a, [0, ...restA, i]), [cx.size(a, 0), flat(a, restA), cx.size(a, i)]);
  const right = op.reshape(op.transpose(b, [0, j, ...restB]), [cx.size(b, 0), cx.size(b, j), flat(b, restB)]);
  const lengths = [...restA.map((k) => cx.size(a, k)), ...restB.map((k) => cx.size(b, k))];
  return op.reshape(op.matmul(left, right), [cx.size(a, 0), ...(lengths.length === 0 ? [1] : lengths)]);
}
