/** The family `applications`: see `registry.ts`. */
export { customScaleLayer } from "../applications/custom-scale-layer.ts";
export { layerScale } from "../applications/layer-scale.ts";
export { stochasticDepth } from "../applications/stochastic-depth.ts";
