/**
 * Keras 3's sum on TensorFlow takes what has one length beside ones of 1 for a bias: of x's last axis where that is as long,
 * else of the one after the batch, wherever it lies itself. Source: keras/src/backend/tensorflow/numpy.py (`add`).
 */
import type { Shape, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** Lengths that are not 1, or may be others: what has one is taken for a bias. */
export const longLengths = (shape: Shape): Shape => shape.filter((n) => n === null || n > 1);

/** x + b as that Keras computes it, other Keras as NumPy. */
export function added(cx: Context, x: Sym, b: Sym): Sym {
  const { op } = cx;
  const [n, ...more] = longLengths(b.shape);
  const rank = x.shape.length;
  if (cx.semantics !== "keras3" || typeof n !== "number" || more.length > 0 || rank < 2) return op.add(x, b);
  const axis = x.shape[rank - 1] === n ? rank - 1 : x.shape[1] === n ? 1 : null;
  const own = rank - b.shape.length + b.shape.indexOf(n);
  // Of more axes than x has it loses those.
  if (axis === null || (axis === own && b.shape.length <= rank)) return op.add(x, b);
  return op.add(x, op.reshape(b, x.shape.map((_, i) => (i === axis ? n : 1)))); // prettier-ignore
}

/** A convolution whose bias is added so, where channels are first: images as wide as they have channels get it along their width. */
export function biasedConv(cx: Context, bias: Sym | null, isFirst: boolean, conv: (bias: Sym | null) => Sym): Sym {
  const y = conv(bias);
  if (bias === null || !isFirst || cx.semantics !== "keras3" || y.shape.at(-1) !== bias.shape[0]) return y;
  const wide = cx.op.reshape(bias, y.shape.map((_, i) => (i === 1 ? bias.shape[0]! : 1))); // prettier-ignore
  return added(cx, conv(null), wide);
}
