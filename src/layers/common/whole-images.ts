/**
 * Images of whole numbers in another size, before they are rounded: which way a half goes the float32 steps of TensorFlow's
 * kernel decide (resize_bilinear_op.cc), so they are made one by one. Lengths that are
 * not known leave other methods as those of floats, and what lies beside an image takes no part.
 */
import { listOf } from "../../core/list.ts";
import type { ResizeAttrs } from "../../ops/attributes.ts";
import { numberOfSize } from "../../ops/shapes.ts";
import { type Taps, tapsOf, windowOf } from "../../ops/taps.ts";
import type { Size, Sym } from "../../ops/types.ts";
import type { Context } from "../define.ts";

/** One axis of float32, to a length: each place between two, its distance from the lower one in float32. */
function along(cx: Context, x: Sym, axis: number, to: Size): Sym {
  const { op } = cx;
  const rounded = (s: Sym): Sym => op.rounded(s);
  const full = op.sum(op.full([cx.size(x, axis)], 1, "float32"));
  const scale = rounded(op.divide(full, op.sum(op.full([to], 1, "float32"))));
  const places = op.add(op.iota(to, "float32"), 0.5);
  const centers = rounded(op.subtract(rounded(op.multiply(places, scale)), 0.5));
  const low = op.floor(centers);
  const shape = x.shape.map((_, i): Size => (i === axis ? to : 1));
  const part = op.reshape(rounded(op.subtract(centers, low)), shape);
  const at = (place: Sym): Sym =>
    op.gather(x, op.cast(op.maximum(op.minimum(place, op.subtract(full, 1)), 0), "int32"), axis);
  const [a, b] = [at(low), at(op.add(low, 1))];
  return rounded(op.add(a, rounded(op.multiply(rounded(op.subtract(b, a)), part))));
}

/** One axis of float32 as sums of taps, each added in float32. */
function summed({ op }: Context, x: Sym, axis: number, { count, index, weight }: Taps): Sym {
  const output = index.length / count;
  const terms = listOf(count, (t) => {
    const line = <T>(all: ArrayLike<T>): T[] => listOf(output, (o) => all[o * count + t]!);
    const shape = x.shape.map((_, i) => (i === axis ? output : 1));
    const shares = op.array(line(weight).map(Math.fround), shape, "float32");
    return op.rounded(op.multiply(op.gather(x, op.array(line(index), [output], "int32"), axis), shares));
  });
  return terms.reduce((sum, term) => op.rounded(op.add(sum, term)));
}

/** float32 images of whole numbers, `layout` as that of `resize`. */
export function resizedWhole(cx: Context, x: Sym, attrs: ResizeAttrs): Sym {
  const first = attrs.layout === "first" ? 2 : 1;
  const lengths = [x.shape[first]!, x.shape[first + 1]!];
  const to = attrs.to.map((size) => numberOfSize(size));
  const isKnown = [...lengths, ...to].every((length) => length !== null);
  const isCropped = attrs.fit === "crop" && isKnown;
  if (attrs.fit !== undefined && !isCropped) return cx.op.resize(x, attrs);
  const ranges = isCropped
    ? [0, 1].map((i) => {
        const { start, length } = windowOf(attrs.fit, lengths, to as number[], i);
        return { axis: first + i, start, stop: start + length, step: 1 };
      })
    : [];
  const kept = ranges.length > 0 ? cx.op.slice(x, ranges) : x;
  const axes = [first, first + 1];
  if (attrs.method !== "bilinear" || attrs.antialias === true) {
    if (!isKnown || attrs.method === "nearest" || attrs.method === "area") return cx.op.resize(x, attrs);
    const own = axes.map((axis) => kept.shape[axis]!);
    const { fit: _, ...plain } = attrs;
    return axes.reduce((y, axis, i) => summed(cx, y, axis, tapsOf(plain, own, i)), kept);
  }
  return along(cx, along(cx, kept, first + 1, attrs.to[1]!), first, attrs.to[0]!);
}
