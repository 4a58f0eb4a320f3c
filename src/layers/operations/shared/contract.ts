/** Sums of products over axes of two tensors. */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { einsum } from "../../common/einsum.ts";
import { axisOf } from "./operation.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Sums over pairs of axes; the other axes of a, then those of b. */
export function contract(cx: Context, a: Sym, b: Sym, left: readonly number[], right: readonly number[]): Sym {
  if (left.length !== right.length) fail("malformed/config", { expected: "as many axes of one as of the other" });
  if (a.shape.length + b.shape.length > LETTERS.length) fail("limit/rank");
  const first = Array.from(LETTERS.slice(0, a.shape.length));
  const rest = Array.from(LETTERS.slice(a.shape.length));
  const i = left.map((axis) => axisOf(a, axis));
  const j = right.map((axis) => axisOf(b, axis));
  const second = b.shape.map((_, axis) => (j.includes(axis) ? first[i[j.indexOf(axis)]!]! : rest[axis]!));
  const output = [...first.filter((_, axis) => !i.includes(axis)), ...second.filter((_, axis) => !j.includes(axis))];
  return einsum(cx, `${first.join("")},${second.join("")}->${output.join("")}`, [a, b]);
}
