/**
 * The builder functions, one for each layer: `layers.lstm({ units: 32, inputShape: [10, 64] })`. Options are Keras's in
 * camelCase, with Keras's defaults; names are those of tfjs-layers where it has the layer.
 */
import { activation as activationDef } from "../layers/activations/activation.ts";
import { activityRegularization as activityRegularizationDef } from "../layers/regularization/activity-regularization.ts";
import { adaptiveAveragePooling1d as adaptiveAveragePooling1dDef } from "../layers/pooling/adaptive-average-pooling1d.ts";
import { adaptiveAveragePooling2d as adaptiveAveragePooling2dDef } from "../layers/pooling/adaptive-average-pooling2d.ts";
import { adaptiveAveragePooling3d as adaptiveAveragePooling3dDef } from "../layers/pooling/adaptive-average-pooling3d.ts";
import { adaptiveMaxPooling1d as adaptiveMaxPooling1dDef } from "../layers/pooling/adaptive-max-pooling1d.ts";
import { adaptiveMaxPooling2d as adaptiveMaxPooling2dDef } from "../layers/pooling/adaptive-max-pooling2d.ts";
import { adaptiveMaxPooling3d as adaptiveMaxPooling3dDef } from "../layers/pooling/adaptive-max-pooling3d.ts";
import { add as addDef } from "../layers/merging/add.ts";
import { alphaDropout as alphaDropoutDef } from "../layers/regularization/alpha-dropout.ts";
import { average as averageDef } from "../layers/merging/average.ts";
import { averagePooling1d as averagePooling1dDef } from "../layers/pooling/average-pooling1d.ts";
import { averagePooling2d as averagePooling2dDef } from "../layers/pooling/average-pooling2d.ts";
import { averagePooling3d as averagePooling3dDef } from "../layers/pooling/average-pooling3d.ts";
import { batchNormalization as batchNormalizationDef } from "../layers/normalization/batch-normalization.ts";
import { bidirectional as bidirectionalDef } from "../layers/rnn/bidirectional.ts";
import { concatenate as concatenateDef } from "../layers/merging/concatenate.ts";
import { conv1d as conv1dDef } from "../layers/convolution/conv1d.ts";
import { conv1dTranspose as conv1dTransposeDef } from "../layers/convolution/conv1d-transpose.ts";
import { conv2d as conv2dDef } from "../layers/convolution/conv2d.ts";
import { conv2dTranspose as conv2dTransposeDef } from "../layers/convolution/conv2d-transpose.ts";
import { conv3d as conv3dDef } from "../layers/convolution/conv3d.ts";
import { conv3dTranspose as conv3dTransposeDef } from "../layers/convolution/conv3d-transpose.ts";
import { convLstm1d as convLstm1dDef } from "../layers/rnn/conv-lstm1d.ts";
import { convLstm2d as convLstm2dDef } from "../layers/rnn/conv-lstm2d.ts";
import { convLstm3d as convLstm3dDef } from "../layers/rnn/conv-lstm3d.ts";
import { cropping1d as cropping1dDef } from "../layers/reshaping/cropping1d.ts";
import { cropping2d as cropping2dDef } from "../layers/reshaping/cropping2d.ts";
import { cropping3d as cropping3dDef } from "../layers/reshaping/cropping3d.ts";
import { dense as denseDef } from "../layers/core/dense.ts";
import { depthwiseConv1d as depthwiseConv1dDef } from "../layers/convolution/depthwise-conv1d.ts";
import { depthwiseConv2d as depthwiseConv2dDef } from "../layers/convolution/depthwise-conv2d.ts";
import { dot as dotDef } from "../layers/merging/dot.ts";
import { dropout as dropoutDef } from "../layers/regularization/dropout.ts";
import { einsumDense as einsumDenseDef } from "../layers/core/einsum-dense.ts";
import { elu as eluDef } from "../layers/activations/elu.ts";
import { embedding as embeddingDef } from "../layers/core/embedding.ts";
import { flatten as flattenDef } from "../layers/reshaping/flatten.ts";
import { gaussianDropout as gaussianDropoutDef } from "../layers/regularization/gaussian-dropout.ts";
import { gaussianNoise as gaussianNoiseDef } from "../layers/regularization/gaussian-noise.ts";
import { globalAveragePooling1d as globalAveragePooling1dDef } from "../layers/pooling/global-average-pooling1d.ts";
import { globalAveragePooling2d as globalAveragePooling2dDef } from "../layers/pooling/global-average-pooling2d.ts";
import { globalAveragePooling3d as globalAveragePooling3dDef } from "../layers/pooling/global-average-pooling3d.ts";
import { globalMaxPooling1d as globalMaxPooling1dDef } from "../layers/pooling/global-max-pooling1d.ts";
import { globalMaxPooling2d as globalMaxPooling2dDef } from "../layers/pooling/global-max-pooling2d.ts";
import { globalMaxPooling3d as globalMaxPooling3dDef } from "../layers/pooling/global-max-pooling3d.ts";
import { groupNormalization as groupNormalizationDef } from "../layers/normalization/group-normalization.ts";
import { gru as gruDef } from "../layers/rnn/gru.ts";
import { gruCell as gruCellDef } from "../layers/rnn/gru-cell.ts";
import { identity as identityDef } from "../layers/core/identity.ts";
import { layerNormalization as layerNormalizationDef } from "../layers/normalization/layer-normalization.ts";
import { leakyReLU as leakyReLUDef } from "../layers/activations/leaky-re-lu.ts";
import { lstm as lstmDef } from "../layers/rnn/lstm.ts";
import { lstmCell as lstmCellDef } from "../layers/rnn/lstm-cell.ts";
import { masking as maskingDef } from "../layers/core/masking.ts";
import { maximum as maximumDef } from "../layers/merging/maximum.ts";
import { maxPooling1d as maxPooling1dDef } from "../layers/pooling/max-pooling1d.ts";
import { maxPooling2d as maxPooling2dDef } from "../layers/pooling/max-pooling2d.ts";
import { maxPooling3d as maxPooling3dDef } from "../layers/pooling/max-pooling3d.ts";
import { minimum as minimumDef } from "../layers/merging/minimum.ts";
import { multiply as multiplyDef } from "../layers/merging/multiply.ts";
import { normalization as normalizationDef } from "../layers/preprocessing/normalization.ts";
import { permute as permuteDef } from "../layers/reshaping/permute.ts";
import { pReLU as pReLUDef } from "../layers/activations/p-re-lu.ts";
import { reLU as reLUDef } from "../layers/activations/re-lu.ts";
import { repeatVector as repeatVectorDef } from "../layers/reshaping/repeat-vector.ts";
import { rescaling as rescalingDef } from "../layers/preprocessing/rescaling.ts";
import { reshape as reshapeDef } from "../layers/reshaping/reshape.ts";
import { rmsNormalization as rmsNormalizationDef } from "../layers/normalization/rms-normalization.ts";
import { rnn as rnnDef } from "../layers/rnn/rnn.ts";
import { separableConv1d as separableConv1dDef } from "../layers/convolution/separable-conv1d.ts";
import { separableConv2d as separableConv2dDef } from "../layers/convolution/separable-conv2d.ts";
import { simpleRnn as simpleRnnDef } from "../layers/rnn/simple-rnn.ts";
import { simpleRnnCell as simpleRnnCellDef } from "../layers/rnn/simple-rnn-cell.ts";
import { softmax as softmaxDef } from "../layers/activations/softmax.ts";
import { spatialDropout1d as spatialDropout1dDef } from "../layers/regularization/spatial-dropout1d.ts";
import { spatialDropout2d as spatialDropout2dDef } from "../layers/regularization/spatial-dropout2d.ts";
import { spatialDropout3d as spatialDropout3dDef } from "../layers/regularization/spatial-dropout3d.ts";
import { stackedRnnCells as stackedRnnCellsDef } from "../layers/rnn/stacked-rnn-cells.ts";
import { subtract as subtractDef } from "../layers/merging/subtract.ts";
import { timeDistributed as timeDistributedDef } from "../layers/rnn/time-distributed.ts";
import { unitNormalization as unitNormalizationDef } from "../layers/normalization/unit-normalization.ts";
import { upSampling1d as upSampling1dDef } from "../layers/reshaping/up-sampling1d.ts";
import { upSampling2d as upSampling2dDef } from "../layers/reshaping/up-sampling2d.ts";
import { upSampling3d as upSampling3dDef } from "../layers/reshaping/up-sampling3d.ts";
import { zeroPadding1d as zeroPadding1dDef } from "../layers/reshaping/zero-padding1d.ts";
import { zeroPadding2d as zeroPadding2dDef } from "../layers/reshaping/zero-padding2d.ts";
import { zeroPadding3d as zeroPadding3dDef } from "../layers/reshaping/zero-padding3d.ts";
import { builderOf, type LayerBuilder } from "./builder/layer.ts";

/** Activation */
export const activation: LayerBuilder<typeof activationDef.config> = builderOf(activationDef);
/** ActivityRegularization */
export const activityRegularization: LayerBuilder<typeof activityRegularizationDef.config> =
  builderOf(activityRegularizationDef);
/** AdaptiveAveragePooling1D */
export const adaptiveAveragePooling1d: LayerBuilder<typeof adaptiveAveragePooling1dDef.config> =
  builderOf(adaptiveAveragePooling1dDef);
/** AdaptiveAveragePooling2D */
export const adaptiveAveragePooling2d: LayerBuilder<typeof adaptiveAveragePooling2dDef.config> =
  builderOf(adaptiveAveragePooling2dDef);
/** AdaptiveAveragePooling3D */
export const adaptiveAveragePooling3d: LayerBuilder<typeof adaptiveAveragePooling3dDef.config> =
  builderOf(adaptiveAveragePooling3dDef);
/** AdaptiveMaxPooling1D */
export const adaptiveMaxPooling1d: LayerBuilder<typeof adaptiveMaxPooling1dDef.config> =
  builderOf(adaptiveMaxPooling1dDef);
/** AdaptiveMaxPooling2D */
export const adaptiveMaxPooling2d: LayerBuilder<typeof adaptiveMaxPooling2dDef.config> =
  builderOf(adaptiveMaxPooling2dDef);
/** AdaptiveMaxPooling3D */
export const adaptiveMaxPooling3d: LayerBuilder<typeof adaptiveMaxPooling3dDef.config> =
  builderOf(adaptiveMaxPooling3dDef);
/** Add */
export const add: LayerBuilder<typeof addDef.config> = builderOf(addDef);
/** AlphaDropout */
export const alphaDropout: LayerBuilder<typeof alphaDropoutDef.config> = builderOf(alphaDropoutDef);
/** Average */
export const average: LayerBuilder<typeof averageDef.config> = builderOf(averageDef);
/** AveragePooling1D */
export const averagePooling1d: LayerBuilder<typeof averagePooling1dDef.config> = builderOf(averagePooling1dDef);
/** AveragePooling2D */
export const averagePooling2d: LayerBuilder<typeof averagePooling2dDef.config> = builderOf(averagePooling2dDef);
/** AveragePooling3D */
export const averagePooling3d: LayerBuilder<typeof averagePooling3dDef.config> = builderOf(averagePooling3dDef);
/** BatchNormalization */
export const batchNormalization: LayerBuilder<typeof batchNormalizationDef.config> = builderOf(batchNormalizationDef);
/** Bidirectional */
export const bidirectional: LayerBuilder<typeof bidirectionalDef.config> = builderOf(bidirectionalDef);
/** Concatenate */
export const concatenate: LayerBuilder<typeof concatenateDef.config> = builderOf(concatenateDef);
/** Conv1D */
export const conv1d: LayerBuilder<typeof conv1dDef.config> = builderOf(conv1dDef);
/** Conv1DTranspose */
export const conv1dTranspose: LayerBuilder<typeof conv1dTransposeDef.config> = builderOf(conv1dTransposeDef);
/** Conv2D */
export const conv2d: LayerBuilder<typeof conv2dDef.config> = builderOf(conv2dDef);
/** Conv2DTranspose */
export const conv2dTranspose: LayerBuilder<typeof conv2dTransposeDef.config> = builderOf(conv2dTransposeDef);
/** Conv3D */
export const conv3d: LayerBuilder<typeof conv3dDef.config> = builderOf(conv3dDef);
/** Conv3DTranspose */
export const conv3dTranspose: LayerBuilder<typeof conv3dTransposeDef.config> = builderOf(conv3dTransposeDef);
/** ConvLSTM1D */
export const convLstm1d: LayerBuilder<typeof convLstm1dDef.config> = builderOf(convLstm1dDef);
/** ConvLSTM2D */
export const convLstm2d: LayerBuilder<typeof convLstm2dDef.config> = builderOf(convLstm2dDef);
/** ConvLSTM3D */
export const convLstm3d: LayerBuilder<typeof convLstm3dDef.config> = builderOf(convLstm3dDef);
/** Cropping1D */
export const cropping1d: LayerBuilder<typeof cropping1dDef.config> = builderOf(cropping1dDef);
/** Cropping2D */
export const cropping2D: LayerBuilder<typeof cropping2dDef.config> = builderOf(cropping2dDef);
/** Cropping3D */
export const cropping3d: LayerBuilder<typeof cropping3dDef.config> = builderOf(cropping3dDef);
/** Dense */
export const dense: LayerBuilder<typeof denseDef.config> = builderOf(denseDef);
/** DepthwiseConv1D */
export const depthwiseConv1d: LayerBuilder<typeof depthwiseConv1dDef.config> = builderOf(depthwiseConv1dDef);
/** DepthwiseConv2D */
export const depthwiseConv2d: LayerBuilder<typeof depthwiseConv2dDef.config> = builderOf(depthwiseConv2dDef);
/** Dot */
export const dot: LayerBuilder<typeof dotDef.config> = builderOf(dotDef);
/** Dropout */
export const dropout: LayerBuilder<typeof dropoutDef.config> = builderOf(dropoutDef);
/** EinsumDense */
export const einsumDense: LayerBuilder<typeof einsumDenseDef.config> = builderOf(einsumDenseDef);
/** ELU */
export const elu: LayerBuilder<typeof eluDef.config> = builderOf(eluDef);
/** Embedding */
export const embedding: LayerBuilder<typeof embeddingDef.config> = builderOf(embeddingDef);
/** Flatten */
export const flatten: LayerBuilder<typeof flattenDef.config> = builderOf(flattenDef);
/** GaussianDropout */
export const gaussianDropout: LayerBuilder<typeof gaussianDropoutDef.config> = builderOf(gaussianDropoutDef);
/** GaussianNoise */
export const gaussianNoise: LayerBuilder<typeof gaussianNoiseDef.config> = builderOf(gaussianNoiseDef);
/** GlobalAveragePooling1D */
export const globalAveragePooling1d: LayerBuilder<typeof globalAveragePooling1dDef.config> =
  builderOf(globalAveragePooling1dDef);
/** GlobalAveragePooling2D */
export const globalAveragePooling2d: LayerBuilder<typeof globalAveragePooling2dDef.config> =
  builderOf(globalAveragePooling2dDef);
/** GlobalAveragePooling3D */
export const globalAveragePooling3d: LayerBuilder<typeof globalAveragePooling3dDef.config> =
  builderOf(globalAveragePooling3dDef);
/** GlobalMaxPooling1D */
export const globalMaxPooling1d: LayerBuilder<typeof globalMaxPooling1dDef.config> = builderOf(globalMaxPooling1dDef);
/** GlobalMaxPooling2D */
export const globalMaxPooling2d: LayerBuilder<typeof globalMaxPooling2dDef.config> = builderOf(globalMaxPooling2dDef);
/** GlobalMaxPooling3D */
export const globalMaxPooling3d: LayerBuilder<typeof globalMaxPooling3dDef.config> = builderOf(globalMaxPooling3dDef);
/** GroupNormalization */
export const groupNormalization: LayerBuilder<typeof groupNormalizationDef.config> = builderOf(groupNormalizationDef);
/** GRU */
export const gru: LayerBuilder<typeof gruDef.config> = builderOf(gruDef);
/** GRUCell */
export const gruCell: LayerBuilder<typeof gruCellDef.config> = builderOf(gruCellDef);
/** Identity */
export const identity: LayerBuilder<typeof identityDef.config> = builderOf(identityDef);
/** LayerNormalization */
export const layerNormalization: LayerBuilder<typeof layerNormalizationDef.config> = builderOf(layerNormalizationDef);
/** LeakyReLU */
export const leakyReLU: LayerBuilder<typeof leakyReLUDef.config> = builderOf(leakyReLUDef);
/** LSTM */
export const lstm: LayerBuilder<typeof lstmDef.config> = builderOf(lstmDef);
/** LSTMCell */
export const lstmCell: LayerBuilder<typeof lstmCellDef.config> = builderOf(lstmCellDef);
/** Masking */
export const masking: LayerBuilder<typeof maskingDef.config> = builderOf(maskingDef);
/** Maximum */
export const maximum: LayerBuilder<typeof maximumDef.config> = builderOf(maximumDef);
/** MaxPooling1D */
export const maxPooling1d: LayerBuilder<typeof maxPooling1dDef.config> = builderOf(maxPooling1dDef);
/** MaxPooling2D */
export const maxPooling2d: LayerBuilder<typeof maxPooling2dDef.config> = builderOf(maxPooling2dDef);
/** MaxPooling3D */
export const maxPooling3d: LayerBuilder<typeof maxPooling3dDef.config> = builderOf(maxPooling3dDef);
/** Minimum */
export const minimum: LayerBuilder<typeof minimumDef.config> = builderOf(minimumDef);
/** Multiply */
export const multiply: LayerBuilder<typeof multiplyDef.config> = builderOf(multiplyDef);
/** Normalization */
export const normalization: LayerBuilder<typeof normalizationDef.config> = builderOf(normalizationDef);
/** Permute */
export const permute: LayerBuilder<typeof permuteDef.config> = builderOf(permuteDef);
/** PReLU */
export const prelu: LayerBuilder<typeof pReLUDef.config> = builderOf(pReLUDef);
/** ReLU */
export const reLU: LayerBuilder<typeof reLUDef.config> = builderOf(reLUDef);
/** RepeatVector */
export const repeatVector: LayerBuilder<typeof repeatVectorDef.config> = builderOf(repeatVectorDef);
/** Rescaling */
export const rescaling: LayerBuilder<typeof rescalingDef.config> = builderOf(rescalingDef);
/** Reshape */
export const reshape: LayerBuilder<typeof reshapeDef.config> = builderOf(reshapeDef);
/** RMSNormalization */
export const rmsNormalization: LayerBuilder<typeof rmsNormalizationDef.config> = builderOf(rmsNormalizationDef);
/** RNN */
export const rnn: LayerBuilder<typeof rnnDef.config> = builderOf(rnnDef);
/** SeparableConv1D */
export const separableConv1d: LayerBuilder<typeof separableConv1dDef.config> = builderOf(separableConv1dDef);
/** SeparableConv2D */
export const separableConv2d: LayerBuilder<typeof separableConv2dDef.config> = builderOf(separableConv2dDef);
/** SimpleRNN */
export const simpleRNN: LayerBuilder<typeof simpleRnnDef.config> = builderOf(simpleRnnDef);
/** SimpleRNNCell */
export const simpleRNNCell: LayerBuilder<typeof simpleRnnCellDef.config> = builderOf(simpleRnnCellDef);
/** Softmax */
export const softmax: LayerBuilder<typeof softmaxDef.config> = builderOf(softmaxDef);
/** SpatialDropout1D */
export const spatialDropout1d: LayerBuilder<typeof spatialDropout1dDef.config> = builderOf(spatialDropout1dDef);
/** SpatialDropout2D */
export const spatialDropout2d: LayerBuilder<typeof spatialDropout2dDef.config> = builderOf(spatialDropout2dDef);
/** SpatialDropout3D */
export const spatialDropout3d: LayerBuilder<typeof spatialDropout3dDef.config> = builderOf(spatialDropout3dDef);
/** StackedRNNCells */
export const stackedRNNCells: LayerBuilder<typeof stackedRnnCellsDef.config> = builderOf(stackedRnnCellsDef);
/** Subtract */
export const subtract: LayerBuilder<typeof subtractDef.config> = builderOf(subtractDef);
/** TimeDistributed */
export const timeDistributed: LayerBuilder<typeof timeDistributedDef.config> = builderOf(timeDistributedDef);
/** UnitNormalization */
export const unitNormalization: LayerBuilder<typeof unitNormalizationDef.config> = builderOf(unitNormalizationDef);
/** UpSampling1D */
export const upSampling1d: LayerBuilder<typeof upSampling1dDef.config> = builderOf(upSampling1dDef);
/** UpSampling2D */
export const upSampling2d: LayerBuilder<typeof upSampling2dDef.config> = builderOf(upSampling2dDef);
/** UpSampling3D */
export const upSampling3d: LayerBuilder<typeof upSampling3dDef.config> = builderOf(upSampling3dDef);
/** ZeroPadding1D */
export const zeroPadding1d: LayerBuilder<typeof zeroPadding1dDef.config> = builderOf(zeroPadding1dDef);
/** ZeroPadding2D */
export const zeroPadding2d: LayerBuilder<typeof zeroPadding2dDef.config> = builderOf(zeroPadding2dDef);
/** ZeroPadding3D */
export const zeroPadding3d: LayerBuilder<typeof zeroPadding3dDef.config> = builderOf(zeroPadding3dDef);
