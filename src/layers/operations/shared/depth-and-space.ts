/** Blocks of places as channels, and back. */
import { fail } from "../../../core/error.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { lengthThere, sizesOf } from "./operation.ts";
import { times } from "./sizes.ts";

/** Blocks of channels spread over places. */
export function depthToSpace(cx: Context, x: Sym, block: number): Sym {
  const [b, h, w] = sizesOf(cx, x) as [Size, Size, Size];
  const depth = lengthThere(x, 3) / block ** 2;
  if (!Number.isInteger(depth)) fail("mismatch/shape", { expected: `channels that ${block ** 2} divides` });
  const apart = cx.op.transpose(cx.op.reshape(x, [b, h, w, block, block, depth]), [0, 1, 3, 2, 4, 5]);
  return cx.op.reshape(apart, [b, times(h, block), times(w, block), depth]);
}

/**
 * x[B, H, W, C] as [B, H / block, W / block, block · block · C]. Throws `mismatch/shape` for lengths that the block
 * does not divide.
 */
export function spaceToDepth(cx: Context, x: Sym, block: number): Sym {
  const [b, h, w] = sizesOf(cx, x) as [Size, Size, Size];
  const part = (size: Size): Size => {
    if (typeof size !== "number") return { fn: "div", a: size, b: block };
    if (size % block !== 0) fail("mismatch/shape", { expected: `lengths that ${block} divides`, found: String(size) });
    return size / block;
  };
  const depth = lengthThere(x, 3);
  const apart = cx.op.reshape(x, [b, part(h), block, part(w), block, depth]);
  return cx.op.reshape(cx.op.transpose(apart, [0, 1, 3, 2, 4, 5]), [b, part(h), part(w), block ** 2 * depth]);
}
