/** Of the family `regularization` what drops whole channels: see `registry.ts`. */
export { spatialDropout1d, spatialDropout2d, spatialDropout3d } from "../regularization/spatial-dropout.ts";
