/**
 * Every declaration of a layer or operation, or list of them: what is exported here is registered (`registry.ts`) and what
 * the builder takes its layers from (`api/layers.ts`).
 */
export { functional } from "./models/functional.ts";
export { sequential } from "./models/sequential.ts";
export { additiveAttention } from "./attention/additive-attention.ts";
export { attention } from "./attention/attention.ts";
export { groupQueryAttention } from "./attention/group-query-attention.ts";
export { multiHeadAttention } from "./attention/multi-head-attention.ts";
export { dense, timeDistributedDense } from "./core/dense.ts";
export { einsumDense } from "./core/einsum-dense.ts";
export { embedding } from "./core/embedding.ts";
export { highway } from "./core/highway.ts";
export { identity } from "./core/identity.ts";
export { inputLayer } from "./core/input-layer.ts";
export { reversibleEmbedding } from "./core/reversible-embedding.ts";
export { masking } from "./core/masking.ts";
export { maxoutDense } from "./core/maxout-dense.ts";
export { activityRegularization } from "./regularization/activity-regularization.ts";
export { dropout, alphaDropout, gaussianDropout, gaussianNoise } from "./regularization/dropout.ts";
export { spatialDropout1d, spatialDropout2d, spatialDropout3d } from "./regularization/spatial-dropout.ts";
export { bidirectional } from "./rnn/bidirectional.ts";
export { convLstmCell } from "./rnn/conv-lstm-cell.ts";
export { convLstm1d, convLstm2d, convLstm3d } from "./rnn/conv-lstm.ts";
export { gruCell } from "./rnn/gru-cell.ts";
export { gru } from "./rnn/gru.ts";
export { lstmCell } from "./rnn/lstm-cell.ts";
export { lstm } from "./rnn/lstm.ts";
export { rnn } from "./rnn/rnn.ts";
export { simpleRnnCell } from "./rnn/simple-rnn-cell.ts";
export { simpleRnn } from "./rnn/simple-rnn.ts";
export { stackedRnnCells } from "./rnn/stacked-rnn-cells.ts";
export { timeDistributed } from "./rnn/time-distributed.ts";
export { conv1dTranspose, conv2dTranspose, conv3dTranspose } from "./convolution/conv-transpose.ts";
export { conv1d, conv2d, conv3d } from "./convolution/conv.ts";
export { deconvolution2d } from "./convolution/deconvolution2d.ts";
export { depthwiseConv1d, depthwiseConv2d } from "./convolution/depthwise-conv.ts";
export { locallyConnected1d, locallyConnected2d } from "./convolution/locally-connected.ts";
export { separableConv1d, separableConv2d } from "./convolution/separable-conv.ts";
export {
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
} from "./pooling/adaptive-average-pooling.ts";
export { adaptiveMaxPooling1d, adaptiveMaxPooling2d, adaptiveMaxPooling3d } from "./pooling/adaptive-max-pooling.ts";
export { averagePooling1d, averagePooling2d, averagePooling3d } from "./pooling/average-pooling.ts";
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
} from "./pooling/global-average-pooling.ts";
export { globalMaxPooling1d, globalMaxPooling2d, globalMaxPooling3d } from "./pooling/global-max-pooling.ts";
export { maxPooling1d, maxPooling2d, maxPooling3d } from "./pooling/max-pooling.ts";
export { cropping1d, cropping2d, cropping3d } from "./reshaping/cropping.ts";
export { flatten } from "./reshaping/flatten.ts";
export { permute } from "./reshaping/permute.ts";
export { repeatVector } from "./reshaping/repeat-vector.ts";
export { reshape } from "./reshaping/reshape.ts";
export { upSampling1d, upSampling2d, upSampling3d } from "./reshaping/up-sampling.ts";
export { zeroPadding1d, zeroPadding2d, zeroPadding3d } from "./reshaping/zero-padding.ts";
export { activation } from "./activations/activation.ts";
export { elu } from "./activations/elu.ts";
export { leakyReLU } from "./activations/leaky-re-lu.ts";
export { pReLU } from "./activations/p-re-lu.ts";
export { parametricSoftplus } from "./activations/parametric-softplus.ts";
export { reLU } from "./activations/re-lu.ts";
export { sReLU } from "./activations/s-re-lu.ts";
export { softmax } from "./activations/softmax.ts";
export { thresholdedReLU } from "./activations/thresholded-re-lu.ts";
export { add } from "./merging/add.ts";
export { average } from "./merging/average.ts";
export { concatenate } from "./merging/concatenate.ts";
export { dot } from "./merging/dot.ts";
export { maximum } from "./merging/maximum.ts";
export { merge } from "./merging/merge.ts";
export { minimum } from "./merging/minimum.ts";
export { multiply } from "./merging/multiply.ts";
export { subtract } from "./merging/subtract.ts";
export { batchNormalization } from "./normalization/batch-normalization.ts";
export { groupNormalization } from "./normalization/group-normalization.ts";
export { layerNormalization } from "./normalization/layer-normalization.ts";
export { rmsNormalization } from "./normalization/rms-normalization.ts";
export { spectralNormalization } from "./normalization/spectral-normalization.ts";
export { unitNormalization } from "./normalization/unit-normalization.ts";
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
} from "./preprocessing/augmentation.ts";
export { autoContrast } from "./preprocessing/auto-contrast.ts";
export { categoryEncoding } from "./preprocessing/category-encoding.ts";
export { centerCrop } from "./preprocessing/center-crop.ts";
export { discretization } from "./preprocessing/discretization.ts";
export { hashedCrossing } from "./preprocessing/hashed-crossing.ts";
export { hashing } from "./preprocessing/hashing.ts";
export { integerLookup } from "./preprocessing/integer-lookup.ts";
export { normalization } from "./preprocessing/normalization.ts";
export { pipeline } from "./preprocessing/pipeline.ts";
export { randomCrop } from "./preprocessing/random-crop.ts";
export { rescaling } from "./preprocessing/rescaling.ts";
export { resizing } from "./preprocessing/resizing.ts";
export { stringLookup } from "./preprocessing/string-lookup.ts";
export { textVectorization } from "./preprocessing/text-vectorization.ts";
export { customScaleLayer } from "./applications/custom-scale-layer.ts";
export { layerScale } from "./applications/layer-scale.ts";
export { activationOperations } from "./operations/activations.ts";
export { convolutionOperations } from "./operations/convolutions.ts";
export { elementwiseOperations } from "./operations/elementwise.ts";
export { imageOperations } from "./operations/images.ts";
export { indexingOperations } from "./operations/indexing.ts";
export { joiningOperations } from "./operations/joining.ts";
export { lossOperations } from "./operations/losses.ts";
export { matrixOperations } from "./operations/matrices.ts";
export { neuralOperations } from "./operations/neural.ts";
export { productOperations } from "./operations/products.ts";
export { linearAlgebraOperations } from "./operations/linear-algebra.ts";
export { fourierOperations } from "./operations/fourier.ts";
export { bitOperations } from "./operations/bits.ts";
export { quantileOperations } from "./operations/quantiles.ts";
export { reductionOperations } from "./operations/reductions.ts";
export { scalarOperations } from "./operations/scalars.ts";
export { resizingOperations } from "./operations/resizing.ts";
export { scatteringOperations } from "./operations/scattering.ts";
export { searchingOperations } from "./operations/searching.ts";
export { shapeOperations } from "./operations/shapes.ts";
export { tensorflowOpLayer } from "./operations/tensorflow-op-layer.ts";
export { tfOpLambda } from "./operations/tf-op-lambda.ts";
