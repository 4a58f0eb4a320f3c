/** The family `pooling`: see `registry.ts`. */
export {
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
} from "../pooling/adaptive-average-pooling.ts";
export { adaptiveMaxPooling1d, adaptiveMaxPooling2d, adaptiveMaxPooling3d } from "../pooling/adaptive-max-pooling.ts";
export { averagePooling1d, averagePooling2d, averagePooling3d } from "../pooling/average-pooling.ts";
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
} from "../pooling/global-average-pooling.ts";
export { globalMaxPooling1d, globalMaxPooling2d, globalMaxPooling3d } from "../pooling/global-max-pooling.ts";
export { maxPooling1d, maxPooling2d, maxPooling3d } from "../pooling/max-pooling.ts";
