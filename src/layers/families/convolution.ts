/** The family `convolution`: see `registry.ts`. */
export { conv1dTranspose, conv2dTranspose, conv3dTranspose } from "../convolution/conv-transpose.ts";
export { conv1d, conv2d, conv3d } from "../convolution/conv.ts";
export { deconvolution2d } from "../convolution/deconvolution2d.ts";
export { depthwiseConv1d, depthwiseConv2d } from "../convolution/depthwise-conv.ts";
export { locallyConnected1d, locallyConnected2d } from "../convolution/locally-connected.ts";
export { separableConv1d, separableConv2d } from "../convolution/separable-conv.ts";
