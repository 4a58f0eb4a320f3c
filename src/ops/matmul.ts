/** Matrix products a[..., M, K] · b[..., K, N], leading axes broadcast as NumPy's. */
import type { PrimitiveRule } from "./define.ts";
import { numbers } from "./dtypes.ts";
import { agree, broadcast, refuseShapes } from "./shapes.ts";
import type { Shape } from "./types.ts";

/** Rows, columns and leading axes of an operand as it enters the product. */
function operand(x: Shape, transpose: boolean): { batch: Shape; rows: number | null; columns: number | null } {
  const [rows, columns] = [x.at(-2)!, x.at(-1)!];
  return { batch: x.slice(0, -2), rows: transpose ? columns : rows, columns: transpose ? rows : columns };
}

/** a[..., M, K] · b[..., K, N] → y[..., M, N]. */
export const matmul: PrimitiveRule<"matmul"> = {
  takes: numbers,
  shape({ a, b }, { transposeA, transposeB }) {
    if (a.length < 2 || b.length < 2) refuseShapes("matmul", "at least 2 axes", a, b);
    const left = operand(a, transposeA);
    const right = operand(b, transposeB);
    if (!agree(left.columns, right.rows)) refuseShapes("matmul", "matching inner lengths", a, b);
    return { y: [...broadcast("matmul", [left.batch, right.batch]), left.rows, right.columns] };
  },
};
