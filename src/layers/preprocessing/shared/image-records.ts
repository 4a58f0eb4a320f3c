/**
 * What layers of images are called on: images, or a dict with them under `images`, beside labels, masks and boxes.
 * Source: keras/src/layers/preprocessing/image_preprocessing/base_image_preprocessing_layer.py (`call`).
 */
import { fail } from "../../../core/error.ts";
import type { Sym } from "../../../ops/types.ts";
import { isSym, symsOf } from "../../common/args.ts";
import type { Arg, KwArgs } from "../../define.ts";

/**
 * The call's argument `data` with `f` of its images in their place, flattened, and of what stands under the keys of `alike`;
 * what lies beside them stays. Boxes are refused: each layer takes them through its own format and cuts them to the images.
 */
export function withImages({ data }: KwArgs, f: (images: Sym) => Sym, alike: readonly string[] = []): readonly Sym[] {
  if (isSym(data)) return [f(data)];
  const entries = Object.entries((data ?? {}) as { readonly [key: string]: Arg });
  const isNeeded = (key: string): boolean => key === "images" || alike.includes(key);
  if (!entries.some(([key, value]) => key === "images" && isSym(value)))
    fail("unsupported/argument", { message: "data", expected: "images, or a dict with one value under images" });
  if (entries.some(([key]) => key === "bounding_boxes")) fail("unsupported/argument", { found: "bounding_boxes" });
  return symsOf(
    Object.fromEntries(entries.map(([key, value]) => [key, isNeeded(key) && isSym(value) ? f(value) : value])),
  );
}
