/** Places by several indices each. */
import type { DType } from "../../../core/dtype.ts";
import { isInteger } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { lengthThere } from "./operation.ts";
import { counted, productOfSizes } from "./sizes.ts";

/** Of `indices[..., depth]` the places in the first `depth` axes laid in one, in one axis; the lengths of the other axes. */
export function placesIn(
  cx: Context,
  sizes: readonly Size[],
  indices: Sym,
): { places: Sym; count: Size; rest: readonly Size[] } {
  const { op } = cx;
  if (!isInteger(indices.dtype)) fail("unsupported/dtype", { expected: "integers", found: indices.dtype });
  const depth = lengthThere(indices, indices.shape.length - 1);
  const outer = sizes.slice(0, depth);
  const place = outer.reduce<Sym | null>((sum, size, i) => {
    const own = op.cast(op.take(indices, -1, i), "int32");
    // Places outside would be others inside: as far outside as it takes.
    const length = counted(cx, size);
    const outside = op.logicalOr(op.less(own, 0), op.greaterEqual(own, length));
    const safe = op.where(outside, -0x4000000, own);
    return sum === null ? safe : op.where(op.less(op.minimum(sum, safe), 0), -1, op.add(op.multiply(sum, length), own));
  }, null);
  if (place === null) return fail("mismatch/shape", { expected: "at least one index", found: "0" });
  return { places: op.reshape(place, [-1]), count: productOfSizes(outer), rest: sizes.slice(depth) };
}

/** The dtype in which indices stand beside all classes: Keras and TensorFlow take them as int64. */
export const wideIndex = (dtype: DType): DType =>
  dtype === "uint8" || dtype === "int8" || dtype === "int32" ? "int32" : "int64";
