/** Masks of attention: which places of the values each place of the query sees. */
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";

/** What holds of all masks that there are; undefined where there is none. */
export function allOf({ op }: Context, ...masks: readonly (Sym | undefined)[]): Sym | undefined {
  const given = masks.filter((mask) => mask !== undefined);
  return given.length === 0 ? undefined : given.reduce((a, b) => op.logicalAnd(a, b));
}

/** Rows and columns of a table [1, T, S], as numbers that broadcast; T and S are lengths of query and value. */
function places(cx: Context, query: Sym, value: Sym, axis: number): { row: Sym; column: Sym } {
  const { op } = cx;
  return {
    row: op.expandDims(op.iota(cx.size(query, axis), "int32"), [0, 2]),
    column: op.expandDims(op.iota(cx.size(value, axis), "int32"), [0, 1]),
  };
}

/** [1, T, S]: a place sees itself and those before it. */
export function causalMask(cx: Context, query: Sym, value: Sym, axis = 1): Sym {
  const { row, column } = places(cx, query, value, axis);
  return cx.op.greaterEqual(row, column);
}

/** [1, T, S]: a place sees those that are less than `window` away. */
export function bandMask(cx: Context, query: Sym, value: Sym, window: number): Sym {
  const { row, column } = places(cx, query, value, 1);
  return cx.op.less(cx.op.abs(cx.op.subtract(row, column)), window);
}
