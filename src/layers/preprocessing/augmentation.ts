/**
 * Layers that change images in training only, at random: y = x, as floats. x[B, H, W, C] → y[B, H, W, C], or channels
 * first; also without the batch. No weights.
 * Source: keras/src/layers/preprocessing/image_preprocessing/, tf_keras/layers/preprocessing/image_preprocessing.py.
 */
import { type JsonNode, JsonNumber } from "../../codecs/json.ts";
import { passedUnchanged } from "../common/masks.ts";
import { refuseTraining } from "../common/randomness.ts";
import { layer } from "../define.ts";
import { type Field, type Fields, json, keras3Only, type PlainJson, type RequiredField, required } from "../fields.ts";
import { imageFormat, needImages } from "./shared/images.ts";

const numbers = (...values: readonly number[]): JsonNode => values.map(number);
const number = (value: number): JsonNode => JsonNumber.of(value, Number.isInteger(value) ? "int" : "float");

// None says anything about what is computed.
const seed = json();
const needed: RequiredField<JsonNode, PlainJson> = required(json());
const factor = (value: number): Field<JsonNode, PlainJson> => json(number(value));
const value_range = json(numbers(0, 255));
const newRange = keras3Only(value_range);
const fill_mode = json("reflect");
const fill_value = json(number(0));
const interpolation = json("bilinear");
const filling = { fill_mode, fill_value, interpolation };

const augmentation = <F extends Fields>(name: string, options: F) =>
  layer({
    class: name,
    args: ["data"],
    config: { data_format: imageFormat, ...options },
    dialects: { keras2: { ignore: ["rng_type"] } },
    mask: passedUnchanged,
    forward(cx, _c, _w, [x]) {
      needImages(x!);
      refuseTraining(cx, "random images");
      return cx.op.cast(x!, cx.compute);
    },
  });

/** The two that leave the dtype alone. */
const stretching = (name: string) =>
  layer({
    class: name,
    until: "keras2",
    config: { factor: needed, interpolation, seed },
    dialects: { keras2: { ignore: ["rng_type"] } },
    mask: passedUnchanged,
    forward(cx, _c, _w, [x]) {
      needImages(x!);
      refuseTraining(cx, "random images");
      return x!;
    },
  });

export const augMix = augmentation("AugMix", {
  value_range,
  num_chains: factor(3),
  chain_depth: factor(3),
  factor: factor(0.3),
  alpha: factor(1),
  all_ops: json(true),
  interpolation,
  seed,
});
export const cutMix = augmentation("CutMix", { factor: factor(1), seed });
export const equalization = augmentation("Equalization", { bins: factor(256), value_range });
export const mixUp = augmentation("MixUp", { alpha: factor(0.2), seed });
export const randAugment = augmentation("RandAugment", {
  value_range,
  num_ops: factor(2),
  factor: factor(0.5),
  interpolation,
  seed,
});
export const randomBrightness = augmentation("RandomBrightness", { factor: needed, value_range, seed });
export const randomColorDegeneration = augmentation("RandomColorDegeneration", { factor: needed, value_range, seed });
export const randomColorJitter = augmentation("RandomColorJitter", {
  value_range,
  brightness_factor: json(),
  contrast_factor: json(),
  saturation_factor: json(),
  hue_factor: json(),
  seed,
});
export const randomContrast = augmentation("RandomContrast", { factor: needed, value_range: newRange, seed });
export const randomElasticTransform = augmentation("RandomElasticTransform", {
  factor: factor(1),
  scale: factor(1),
  ...filling,
  value_range,
  seed,
});
export const randomErasing = augmentation("RandomErasing", {
  factor: factor(1),
  scale: json(numbers(0.02, 0.33)),
  fill_value: json(),
  value_range,
  seed,
});
export const randomFlip = augmentation("RandomFlip", { seed, mode: json("horizontal_and_vertical") });
export const randomGaussianBlur = augmentation("RandomGaussianBlur", {
  factor: factor(1),
  kernel_size: factor(3),
  sigma: factor(1),
  value_range,
  seed,
});
export const randomGrayscale = augmentation("RandomGrayscale", { factor: factor(0.5) });
export const randomHeight = stretching("RandomHeight");
export const randomHue = augmentation("RandomHue", { factor: needed, value_range, seed });
export const randomInvert = augmentation("RandomInvert", { factor: factor(1), value_range, seed });
export const randomPerspective = augmentation("RandomPerspective", {
  factor: factor(1),
  scale: factor(1),
  interpolation,
  fill_value,
  seed,
});
export const randomPosterization = augmentation("RandomPosterization", { factor: needed, value_range, seed });
export const randomRotation = augmentation("RandomRotation", { factor: needed, ...filling, seed });
export const randomSaturation = augmentation("RandomSaturation", { factor: needed, value_range, seed });
export const randomSharpness = augmentation("RandomSharpness", { factor: needed, value_range, seed });
export const randomShear = augmentation("RandomShear", { x_factor: factor(0), y_factor: factor(0), ...filling, seed });
export const randomTranslation = augmentation("RandomTranslation", {
  height_factor: needed,
  width_factor: needed,
  ...filling,
  seed,
});
export const randomWidth = stretching("RandomWidth");
export const randomZoom = augmentation("RandomZoom", { height_factor: needed, width_factor: json(), ...filling, seed });
export const solarization = augmentation("Solarization", {
  value_range,
  addition_factor: factor(0),
  threshold_factor: factor(0),
  seed,
});
export const maxNumBoundingBoxes = augmentation("MaxNumBoundingBoxes", { max_number: needed, fill_value: factor(-1) });
