/** Norms of vectors and matrices. Source: keras/src/backend/tensorflow/linalg.py (`norm`), tensorflow/python/ops/linalg_ops.py. */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { atEnd } from "./along.ts";
import { floating, needOneOf } from "./operation.ts";
import { dropped } from "./reduced.ts";
import { singularValues } from "./singular.ts";

/** Of vectors, or of matrices over two axes. */
export function norm(cx: Context, given: Sym, order: unknown, along: readonly number[], keepdims: boolean): Sym {
  const { op } = cx;
  const x = floating(cx, given);
  if (order === null || order === "fro" || (order === 2 && along.length === 1))
    return op.sqrt(op.sum(op.square(x), along, keepdims));
  const size = op.abs(x);
  const infinite = order === "inf" || order === Infinity ? 1 : order === "-inf" || order === -Infinity ? -1 : 0;
  if (along.length === 2 && (infinite !== 0 || order === 1 || order === -1)) {
    const [rows, columns] = along as [number, number];
    const [added, left] = infinite === 0 ? [rows, columns] : [columns, rows];
    const sums = op.sum(size, [added], true);
    const y = infinite === 1 || order === 1 ? op.max(sums, [left], true) : op.min(sums, [left], true);
    return dropped(cx, y, along, keepdims);
  }
  if (along.length === 2 && (order === "nuc" || order === 2 || order === -2)) {
    const { s } = singularValues(cx, needOneOf(atEnd(cx, x, along), ["float32", "float64"]));
    const y = order === "nuc" ? op.sum(s, [-1]) : order === 2 ? op.max(s, [-1]) : op.min(s, [-1]);
    return keepdims ? op.expandDims(y, along) : y;
  }
  if (along.length !== 1) return fail("unsupported/norm", { found: String(order) });
  if (infinite !== 0) return infinite === 1 ? op.max(size, along, keepdims) : op.min(size, along, keepdims);
  if (order === 0) return op.sum(op.cast(op.notEqual(x, 0), x.dtype), along, keepdims);
  if (typeof order !== "number") return fail("unsupported/norm", { found: String(order) });
  return op.power(op.sum(op.power(size, order), along, keepdims), 1 / order);
}
