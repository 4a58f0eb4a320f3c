/**
 * Layers that change images in training only, at random: y = x, as floats. x[B, H, W, C] → y[B, H, W, C], or channels
 * first; also without the batch. No weights.
 * Source: keras/src/layers/preprocessing/image_preprocessing/, tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { type JsonNode, JsonNumber } from "../../codecs/json.ts";
import { RESIZE_METHODS } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import { refuseTraining } from "../common/randomness.ts";
import { layer, type LayerNode, type WrittenFile } from "../define.ts";
import { type Fields, json, keras3Only, optional, required } from "../fields.ts";
import {
  anyRange, each, ends, factor, inside, meets, single, valueRange, word,
} from "./shared/factors.ts"; // prettier-ignore
import { passedUnchanged } from "../common/masks.ts";
import { withImages } from "./shared/image-records.ts";
import { imageFormat, needImages } from "./shared/images.ts";

const number = (value: number): JsonNode => JsonNumber.of(value, Number.isInteger(value) ? "int" : "float");
const seed = json();
const anything = (value: number) => json(number(value));

const share = meets(0, 1);
const either = meets(-1, 1);
const ordered = ends((lower, upper) => lower <= upper);
const moved = ends((lower, upper) => lower <= upper && lower >= -1 && upper <= 1);
const stretched = ends((lower, upper) => lower <= upper && lower >= -1);
const zoomed = each((value) => value > -1 && value <= 1);
const widened = ends((lower, upper) => lower >= -1 && upper >= -1);
// Keras writes both signs of the one number that it takes, though Keras 3 does not take those back.
const sheared = { ...inside(0, 1), two: inside(-1, 1).two };
const odd = each((value) => value % 2 !== 0);
const contrast = {
  ...ends((first, second) => first >= 0 && first <= 1 && second >= 0),
  one: inside(0, 1).one,
};
const zoomedBefore = ends((lower, upper) => Math.max(Math.abs(lower), Math.abs(upper)) <= 1);

const newRange = keras3Only(valueRange);
const fill_value = json(number(0));
const interpolation = word("bilinear", ["nearest", "bilinear"]);
const fills = ["reflect", "wrap", "constant", "nearest"];
const filling = { fill_mode: word("reflect", fills), fill_value, interpolation };

/** What stands beside the images of a dict and is cast with them. */
const masksToo = ["segmentation_masks"];

const augmentation = <F extends Fields>(name: string, options: F, alike?: readonly string[]) =>
  layer({
    class: name,
    args: ["data"],
    config: { data_format: imageFormat, ...options },
    dialects: { keras2: { ignore: ["rng_type"] } },
    mask: passedUnchanged,
    forward(cx, _c, _w, _x, kw) {
      refuseTraining(cx, "random images");
      const asFloats = (images: Sym): Sym => {
        needImages(images);
        return cx.op.cast(images, cx.compute);
      };
      return withImages(kw, asFloats, alike);
    },
  });

/** The two that leave the dtype alone. */
const stretching = (name: string) =>
  layer({
    class: name,
    until: "keras2",
    config: {
      factor: required(factor(0, stretched)),
      interpolation: word("bilinear", RESIZE_METHODS),
      seed,
    },
    dialects: { keras2: { ignore: ["rng_type"] } },
    mask: passedUnchanged,
    forward(cx, _c, _w, [x]) {
      needImages(x!);
      refuseTraining(cx, "random images");
      return x!;
    },
  });

export const augMix = augmentation("AugMix", {
  value_range: valueRange,
  num_chains: anything(3),
  chain_depth: anything(3),
  factor: factor(0.3, inside(0, 1)),
  alpha: anything(1),
  all_ops: json(true),
  interpolation,
  seed,
});
export const cutMix = augmentation("CutMix", { factor: factor(1, share), seed }, masksToo);
export const equalization = augmentation("Equalization", { bins: anything(256), value_range: valueRange });
export const mixUp = augmentation("MixUp", { alpha: anything(0.2), seed });
export const randAugment = augmentation("RandAugment", {
  value_range: valueRange,
  num_ops: anything(2),
  factor: factor(0.5, inside(0, 1)),
  interpolation,
  seed,
});
export const randomBrightness = augmentation("RandomBrightness", {
  factor: required(factor(0, either, inside(-1, 1))),
  value_range: valueRange,
  seed,
});
export const randomColorDegeneration = augmentation("RandomColorDegeneration", {
  factor: required(factor(0, either)),
  value_range: valueRange,
  seed,
});
export const randomColorJitter = augmentation("RandomColorJitter", {
  value_range: anyRange,
  brightness_factor: optional(factor(0, either)),
  contrast_factor: optional(factor(0, share)),
  saturation_factor: optional(factor(0, either)),
  hue_factor: optional(factor(0, share)),
  seed,
});
export const randomContrast = augmentation("RandomContrast", {
  factor: required(factor(0, share, contrast)),
  value_range: newRange,
  seed,
});
export const randomElasticTransform = augmentation("RandomElasticTransform", {
  factor: factor(1, share),
  scale: factor(1, share),
  ...filling,
  fill_mode: word("reflect", [...fills, "mirror"]),
  value_range: anyRange,
  seed,
});
export const randomErasing = augmentation("RandomErasing", {
  factor: factor(1, share),
  scale: factor([0.02, 0.33], share),
  fill_value: json(),
  value_range: anyRange,
  seed,
});
export const randomFlip = augmentation(
  "RandomFlip",
  {
    seed,
    mode: word("horizontal_and_vertical", ["horizontal", "vertical", "horizontal_and_vertical"], ["tf-keras"]),
  },
  masksToo,
);
export const randomGaussianBlur = augmentation("RandomGaussianBlur", {
  factor: factor(1, share),
  kernel_size: factor(3, odd),
  sigma: factor(1, share),
  value_range: anyRange,
  seed,
});
export const randomGrayscale = augmentation("RandomGrayscale", { factor: factor(0.5, single(0, 1)) });
export const randomHeight = stretching("RandomHeight");
export const randomHue = augmentation("RandomHue", {
  factor: required(factor(0, share)),
  value_range: valueRange,
  seed,
});
export const randomInvert = augmentation("RandomInvert", { factor: factor(1, share), value_range: anyRange, seed });
export const randomPerspective = augmentation("RandomPerspective", {
  factor: factor(1, share),
  scale: factor(1, single(0, 1)),
  interpolation,
  fill_value,
  seed,
});
export const randomPosterization = augmentation("RandomPosterization", {
  factor: required(factor(0, meets(1, 8))),
  value_range: valueRange,
  seed,
});
export const randomRotation = augmentation("RandomRotation", {
  factor: required(factor(0, either, ordered)),
  ...filling,
  seed,
});
export const randomSaturation = augmentation("RandomSaturation", {
  factor: required(factor(0, either)),
  value_range: valueRange,
  seed,
});
export const randomSharpness = augmentation("RandomSharpness", {
  factor: required(factor(0, share)),
  value_range: valueRange,
  seed,
});
const isBelowZero = (node: JsonNode): boolean =>
  Array.isArray(node) && node.some((item) => item instanceof JsonNumber && item.value < 0);

export const randomShear = {
  ...augmentation("RandomShear", {
    x_factor: factor(0, sheared),
    y_factor: factor(0, sheared),
    ...filling,
    seed,
  }),
  writing: {
    unread: ({ options }: LayerNode, { dialect }: WrittenFile): boolean =>
      dialect === "keras3" && [...options.values()].some(isBelowZero),
  },
};
export const randomTranslation = augmentation("RandomTranslation", {
  height_factor: required(factor(0, inside(-1, 1), moved)),
  width_factor: required(factor(0, inside(-1, 1), moved)),
  ...filling,
  seed,
});
export const randomWidth = stretching("RandomWidth");
export const randomZoom = augmentation("RandomZoom", {
  height_factor: required(factor(0, zoomed, zoomedBefore)),
  width_factor: optional(factor(0, zoomed, widened)),
  ...filling,
  seed,
});
export const solarization = augmentation("Solarization", {
  value_range: valueRange,
  addition_factor: factor(0, inside(0, 1)),
  threshold_factor: factor(0, inside(0, 1)),
  seed,
});
export const maxNumBoundingBoxes = augmentation("MaxNumBoundingBoxes", {
  max_number: required(json()),
  fill_value: anything(-1),
});
