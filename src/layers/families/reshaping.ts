/** The family `reshaping`: see `registry.ts`. */
export { cropping1d, cropping2d, cropping3d } from "../reshaping/cropping.ts";
export { flatten } from "../reshaping/flatten.ts";
export { permute } from "../reshaping/permute.ts";
export { repeatVector } from "../reshaping/repeat-vector.ts";
export { reshape } from "../reshaping/reshape.ts";
export { upSampling1d, upSampling2d, upSampling3d } from "../reshaping/up-sampling.ts";
export { zeroPadding1d, zeroPadding2d, zeroPadding3d } from "../reshaping/zero-padding.ts";
