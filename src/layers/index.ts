/** The registry: every class that keraport knows, one line each. */
import type { AnyDef } from "./define.ts";
import { customScaleLayer } from "./applications/custom-scale-layer.ts";
import { layerScale } from "./applications/layer-scale.ts";
import { dense } from "./core/dense.ts";
import { einsumDense } from "./core/einsum-dense.ts";
import { embedding } from "./core/embedding.ts";
import { identity } from "./core/identity.ts";
import { inputLayer } from "./core/input-layer.ts";
import { masking } from "./core/masking.ts";
import { functional } from "./models/functional.ts";
import { sequential } from "./models/sequential.ts";
import { activityRegularization } from "./regularization/activity-regularization.ts";
import { alphaDropout } from "./regularization/alpha-dropout.ts";
import { dropout } from "./regularization/dropout.ts";
import { gaussianDropout } from "./regularization/gaussian-dropout.ts";
import { gaussianNoise } from "./regularization/gaussian-noise.ts";
import { spatialDropout1d } from "./regularization/spatial-dropout1d.ts";
import { spatialDropout2d } from "./regularization/spatial-dropout2d.ts";
import { spatialDropout3d } from "./regularization/spatial-dropout3d.ts";
import { bidirectional } from "./rnn/bidirectional.ts";
import { convLstm1d } from "./rnn/conv-lstm1d.ts";
import { convLstm2d } from "./rnn/conv-lstm2d.ts";
import { convLstm3d } from "./rnn/conv-lstm3d.ts";
import { convLstmCell } from "./rnn/conv-lstm-cell.ts";
import { gru } from "./rnn/gru.ts";
import { gruCell } from "./rnn/gru-cell.ts";
import { lstm } from "./rnn/lstm.ts";
import { lstmCell } from "./rnn/lstm-cell.ts";
import { rnn } from "./rnn/rnn.ts";
import { simpleRnn } from "./rnn/simple-rnn.ts";
import { simpleRnnCell } from "./rnn/simple-rnn-cell.ts";
import { stackedRnnCells } from "./rnn/stacked-rnn-cells.ts";
import { timeDistributed } from "./rnn/time-distributed.ts";
import { timeDistributedDense } from "./rnn/time-distributed-dense.ts";
import { conv1dTranspose } from "./convolution/conv1d-transpose.ts";
import { conv1d } from "./convolution/conv1d.ts";
import { conv2dTranspose } from "./convolution/conv2d-transpose.ts";
import { conv2d } from "./convolution/conv2d.ts";
import { conv3dTranspose } from "./convolution/conv3d-transpose.ts";
import { conv3d } from "./convolution/conv3d.ts";
import { depthwiseConv1d } from "./convolution/depthwise-conv1d.ts";
import { depthwiseConv2d } from "./convolution/depthwise-conv2d.ts";
import { separableConv1d } from "./convolution/separable-conv1d.ts";
import { separableConv2d } from "./convolution/separable-conv2d.ts";
import { deconvolution2d } from "./convolution/deconvolution2d.ts";
import { averagePooling1d } from "./pooling/average-pooling1d.ts";
import { averagePooling2d } from "./pooling/average-pooling2d.ts";
import { averagePooling3d } from "./pooling/average-pooling3d.ts";
import { globalAveragePooling1d } from "./pooling/global-average-pooling1d.ts";
import { globalAveragePooling2d } from "./pooling/global-average-pooling2d.ts";
import { globalAveragePooling3d } from "./pooling/global-average-pooling3d.ts";
import { globalMaxPooling1d } from "./pooling/global-max-pooling1d.ts";
import { globalMaxPooling2d } from "./pooling/global-max-pooling2d.ts";
import { globalMaxPooling3d } from "./pooling/global-max-pooling3d.ts";
import { maxPooling1d } from "./pooling/max-pooling1d.ts";
import { maxPooling2d } from "./pooling/max-pooling2d.ts";
import { maxPooling3d } from "./pooling/max-pooling3d.ts";
import { cropping1d } from "./reshaping/cropping1d.ts";
import { cropping2d } from "./reshaping/cropping2d.ts";
import { cropping3d } from "./reshaping/cropping3d.ts";
import { flatten } from "./reshaping/flatten.ts";
import { permute } from "./reshaping/permute.ts";
import { repeatVector } from "./reshaping/repeat-vector.ts";
import { reshape } from "./reshaping/reshape.ts";
import { upSampling1d } from "./reshaping/up-sampling1d.ts";
import { upSampling2d } from "./reshaping/up-sampling2d.ts";
import { upSampling3d } from "./reshaping/up-sampling3d.ts";
import { zeroPadding1d } from "./reshaping/zero-padding1d.ts";
import { zeroPadding2d } from "./reshaping/zero-padding2d.ts";
import { zeroPadding3d } from "./reshaping/zero-padding3d.ts";
import { activation } from "./activations/activation.ts";
import { elu } from "./activations/elu.ts";
import { leakyReLU } from "./activations/leaky-re-lu.ts";
import { pReLU } from "./activations/p-re-lu.ts";
import { parametricSoftplus } from "./activations/parametric-softplus.ts";
import { reLU } from "./activations/re-lu.ts";
import { sReLU } from "./activations/s-re-lu.ts";
import { softmax } from "./activations/softmax.ts";
import { thresholdedReLU } from "./activations/thresholded-re-lu.ts";
import { add } from "./merging/add.ts";
import { average } from "./merging/average.ts";
import { concatenate } from "./merging/concatenate.ts";
import { dot } from "./merging/dot.ts";
import { maximum } from "./merging/maximum.ts";
import { merge } from "./merging/merge.ts";
import { minimum } from "./merging/minimum.ts";
import { multiply } from "./merging/multiply.ts";
import { subtract } from "./merging/subtract.ts";
import { batchNormalization } from "./normalization/batch-normalization.ts";
import { groupNormalization } from "./normalization/group-normalization.ts";
import { layerNormalization } from "./normalization/layer-normalization.ts";
import { rmsNormalization } from "./normalization/rms-normalization.ts";
import { unitNormalization } from "./normalization/unit-normalization.ts";
import { elementwiseOperations } from "./operations/elementwise.ts";
import { activationOperations } from "./operations/activations.ts";
import { reductionOperations } from "./operations/reductions.ts";
import { shapeOperations } from "./operations/shapes.ts";
import { joiningOperations } from "./operations/joining.ts";
import { neuralOperations } from "./operations/neural.ts";
import { productOperations } from "./operations/products.ts";
import { indexingOperations } from "./operations/indexing.ts";
import { locallyConnected1d } from "./convolution/locally-connected1d.ts";
import { locallyConnected2d } from "./convolution/locally-connected2d.ts";
import { highway } from "./core/highway.ts";
import { maxoutDense } from "./core/maxout-dense.ts";
import { tfOpLambda } from "./operations/tf-op-lambda.ts";
import { tensorflowOpLayer } from "./operations/tensorflow-op-layer.ts";
import { normalization } from "./preprocessing/normalization.ts";
import { rescaling } from "./preprocessing/rescaling.ts";
import { adaptiveAveragePooling1d } from "./pooling/adaptive-average-pooling1d.ts";
import { adaptiveAveragePooling2d } from "./pooling/adaptive-average-pooling2d.ts";
import { adaptiveAveragePooling3d } from "./pooling/adaptive-average-pooling3d.ts";
import { adaptiveMaxPooling1d } from "./pooling/adaptive-max-pooling1d.ts";
import { adaptiveMaxPooling2d } from "./pooling/adaptive-max-pooling2d.ts";
import { adaptiveMaxPooling3d } from "./pooling/adaptive-max-pooling3d.ts";

/** In the order of Keras's documentation. */
export const LAYERS: readonly AnyDef[] = [
  // Models
  sequential,
  functional,
  // Core
  inputLayer,
  dense,
  einsumDense,
  embedding,
  masking,
  identity,
  highway,
  maxoutDense,
  // Regularization
  dropout,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
  gaussianDropout,
  gaussianNoise,
  alphaDropout,
  activityRegularization,
  // Recurrent
  lstm,
  lstmCell,
  gru,
  gruCell,
  simpleRnn,
  simpleRnnCell,
  rnn,
  stackedRnnCells,
  timeDistributed,
  timeDistributedDense,
  bidirectional,
  convLstm1d,
  convLstm2d,
  convLstm3d,
  convLstmCell,
  // Convolution
  conv1dTranspose,
  conv1d,
  conv2dTranspose,
  conv2d,
  conv3dTranspose,
  conv3d,
  depthwiseConv1d,
  depthwiseConv2d,
  separableConv1d,
  separableConv2d,
  deconvolution2d,
  locallyConnected1d,
  locallyConnected2d,
  // Pooling
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
  adaptiveMaxPooling1d,
  adaptiveMaxPooling2d,
  adaptiveMaxPooling3d,
  // Reshaping
  cropping1d,
  cropping2d,
  cropping3d,
  flatten,
  permute,
  repeatVector,
  reshape,
  upSampling1d,
  upSampling2d,
  upSampling3d,
  zeroPadding1d,
  zeroPadding2d,
  zeroPadding3d,
  // Activations
  activation,
  elu,
  leakyReLU,
  pReLU,
  parametricSoftplus,
  reLU,
  sReLU,
  softmax,
  thresholdedReLU,
  // Merging
  add,
  average,
  concatenate,
  dot,
  maximum,
  merge,
  minimum,
  multiply,
  subtract,
  // Normalization
  batchNormalization,
  groupNormalization,
  layerNormalization,
  rmsNormalization,
  unitNormalization,
  // Operations
  ...elementwiseOperations,
  ...activationOperations,
  ...reductionOperations,
  ...shapeOperations,
  ...joiningOperations,
  ...neuralOperations,
  ...productOperations,
  ...indexingOperations,
  tfOpLambda,
  tensorflowOpLayer,
  // Preprocessing
  normalization,
  rescaling,
  // Of applications
  layerScale,
  customScaleLayer,
] as unknown as readonly AnyDef[];
