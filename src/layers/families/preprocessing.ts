/** The family `preprocessing`: see `registry.ts`. */
export {
  augMix,
  cutMix,
  equalization,
  maxNumBoundingBoxes,
  mixUp,
  randAugment,
  randomBrightness,
  randomColorDegeneration,
  randomColorJitter,
  randomContrast,
  randomElasticTransform,
  randomErasing,
  randomFlip,
  randomGaussianBlur,
  randomGrayscale,
  randomHeight,
  randomHue,
  randomInvert,
  randomPerspective,
  randomPosterization,
  randomRotation,
  randomSaturation,
  randomSharpness,
  randomShear,
  randomTranslation,
  randomWidth,
  randomZoom,
  solarization,
} from "../preprocessing/augmentation.ts";
export { autoContrast } from "../preprocessing/auto-contrast.ts";
export { categoryEncoding } from "../preprocessing/category-encoding.ts";
export { centerCrop } from "../preprocessing/center-crop.ts";
export { contrastLimitedAdaptiveHistogramEqualization } from "../preprocessing/contrast-limited-adaptive-histogram-equalization.ts";
export { discretization } from "../preprocessing/discretization.ts";
export { hashedCrossing } from "../preprocessing/hashed-crossing.ts";
export { hashing } from "../preprocessing/hashing.ts";
export { integerLookup } from "../preprocessing/integer-lookup.ts";
export { melSpectrogram } from "../preprocessing/mel-spectrogram.ts";
export { normalization } from "../preprocessing/normalization.ts";
export { pipeline } from "../preprocessing/pipeline.ts";
export { randomCrop } from "../preprocessing/random-crop.ts";
export { rescaling } from "../preprocessing/rescaling.ts";
export { resizing } from "../preprocessing/resizing.ts";
export { stftSpectrogram } from "../preprocessing/stft-spectrogram.ts";
export { stringLookup } from "../preprocessing/string-lookup.ts";
export { textVectorization } from "../preprocessing/text-vectorization.ts";
