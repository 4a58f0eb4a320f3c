/** Structural similarity of images. Source: keras/src/ops/image.py (`_ssim`), tensorflow/python/ops/image_ops_impl.py (`_ssim_per_channel`). */
import { listOf } from "../../../core/list.ts";
import type { Sym } from "../../../ops/types.ts";
import type { Context } from "../../define.ts";
import { sizesOf } from "./operation.ts";
import { times } from "./sizes.ts";

/** By windows of a Gaussian, [B, C] each: that of whole images, and of their contrast and structure alone. */
export function similarity(
  cx: Context,
  images: readonly [Sym, Sym],
  c: { max_val: number; filter_size: number; filter_sigma: number; k1: number; k2: number },
): { readonly whole: Sym; readonly contrast: Sym } {
  const { op } = cx;
  const line = listOf(c.filter_size, (i) => Math.exp(-((i - (c.filter_size - 1) / 2) ** 2) / (2 * c.filter_sigma ** 2))); // prettier-ignore
  const total = line.reduce((a, b) => a + b, 0);
  const n = line.length;
  const kernel = listOf(n * n, (i) => (line[Math.floor(i / n)]! * line[i % n]!) / total ** 2);
  const window = op.array(kernel, [c.filter_size, c.filter_size, 1, 1], images[0].dtype);
  const attrs = { layout: "last", strides: [1, 1], dilation: [1, 1], groups: 1, padding: "valid" } as const;
  const [x, y] = images.map((image) => {
    const [b, h, w, n] = sizesOf(cx, image) as [never, never, never, never];
    return op.reshape(op.transpose(image, [0, 3, 1, 2]), [times(b, n), h, w, 1]);
  }) as [Sym, Sym];
  const mean = (s: Sym): Sym => op.conv(s, window, null, attrs);
  const [mx, my] = [mean(x), mean(y)];
  const [xx, yy, xy] = [op.multiply(mx, mx), op.multiply(my, my), op.multiply(mx, my)];
  const spread = (a: Sym, b: Sym, m: Sym): Sym => op.subtract(mean(op.multiply(a, b)), m);
  const [c1, c2] = [(c.k1 * c.max_val) ** 2, (c.k2 * c.max_val) ** 2];
  const pair = (a: Sym, b: Sym, c: number): readonly [Sym, Sym] => [op.add(op.multiply(a, 2), c), op.add(b, c)];
  const [above, below] = pair(xy, op.add(xx, yy), c1);
  const [over, under] = pair(spread(x, y, xy), op.add(spread(x, x, xx), spread(y, y, yy)), c2);
  const each = (s: Sym): Sym => op.reshape(op.mean(s, [1, 2, 3]), [cx.size(images[0], 0), cx.size(images[0], 3)]);
  // One quotient, as in Keras: of small halves it is NaN there.
  return {
    whole: each(op.divide(op.multiply(above, over), op.multiply(below, under))),
    contrast: each(op.divide(over, under)),
  };
}
