/**
 * The builder functions, one for each layer: `layers.lstm({ units: 32, inputShape: [10, 64] })`. Options are Keras's in
 * camelCase, with Keras's defaults; names are those of tfjs-layers where it has the layer.
 */
import * as defs from "../layers/index.ts";
import { builderOf, type LayerBuilder } from "./builder/layer.ts";

/** Activation */
export const activation: LayerBuilder<typeof defs.activation.config> = builderOf(defs.activation);
/** ActivityRegularization */
export const activityRegularization: LayerBuilder<typeof defs.activityRegularization.config> = builderOf(
  defs.activityRegularization,
);
/** AdaptiveAveragePooling1D */
export const adaptiveAveragePooling1d: LayerBuilder<typeof defs.adaptiveAveragePooling1d.config> = builderOf(
  defs.adaptiveAveragePooling1d,
);
/** AdaptiveAveragePooling2D */
export const adaptiveAveragePooling2d: LayerBuilder<typeof defs.adaptiveAveragePooling2d.config> = builderOf(
  defs.adaptiveAveragePooling2d,
);
/** AdaptiveAveragePooling3D */
export const adaptiveAveragePooling3d: LayerBuilder<typeof defs.adaptiveAveragePooling3d.config> = builderOf(
  defs.adaptiveAveragePooling3d,
);
/** AdaptiveMaxPooling1D */
export const adaptiveMaxPooling1d: LayerBuilder<typeof defs.adaptiveMaxPooling1d.config> = builderOf(
  defs.adaptiveMaxPooling1d,
);
/** AdaptiveMaxPooling2D */
export const adaptiveMaxPooling2d: LayerBuilder<typeof defs.adaptiveMaxPooling2d.config> = builderOf(
  defs.adaptiveMaxPooling2d,
);
/** AdaptiveMaxPooling3D */
export const adaptiveMaxPooling3d: LayerBuilder<typeof defs.adaptiveMaxPooling3d.config> = builderOf(
  defs.adaptiveMaxPooling3d,
);
/** Add */
export const add: LayerBuilder<typeof defs.add.config> = builderOf(defs.add);
/** AdditiveAttention */
export const additiveAttention: LayerBuilder<typeof defs.additiveAttention.config> = builderOf(defs.additiveAttention);
/** AlphaDropout */
export const alphaDropout: LayerBuilder<typeof defs.alphaDropout.config> = builderOf(defs.alphaDropout);
/** Attention */
export const attention: LayerBuilder<typeof defs.attention.config> = builderOf(defs.attention);
/** AugMix */
export const augMix: LayerBuilder<typeof defs.augMix.config> = builderOf(defs.augMix);
/** AutoContrast */
export const autoContrast: LayerBuilder<typeof defs.autoContrast.config> = builderOf(defs.autoContrast);
/** Average */
export const average: LayerBuilder<typeof defs.average.config> = builderOf(defs.average);
/** AveragePooling1D */
export const averagePooling1d: LayerBuilder<typeof defs.averagePooling1d.config> = builderOf(defs.averagePooling1d);
/** AveragePooling2D */
export const averagePooling2d: LayerBuilder<typeof defs.averagePooling2d.config> = builderOf(defs.averagePooling2d);
/** AveragePooling3D */
export const averagePooling3d: LayerBuilder<typeof defs.averagePooling3d.config> = builderOf(defs.averagePooling3d);
/** BatchNormalization */
export const batchNormalization: LayerBuilder<typeof defs.batchNormalization.config> = builderOf(
  defs.batchNormalization,
);
/** Bidirectional */
export const bidirectional: LayerBuilder<typeof defs.bidirectional.config> = builderOf(defs.bidirectional);
/** CategoryEncoding */
export const categoryEncoding: LayerBuilder<typeof defs.categoryEncoding.config> = builderOf(defs.categoryEncoding);
/** CenterCrop */
export const centerCrop: LayerBuilder<typeof defs.centerCrop.config> = builderOf(defs.centerCrop);
/** ContrastLimitedAdaptiveHistogramEqualization */
export const contrastLimitedAdaptiveHistogramEqualization: LayerBuilder<
  typeof defs.contrastLimitedAdaptiveHistogramEqualization.config
> = builderOf(defs.contrastLimitedAdaptiveHistogramEqualization);
/** Concatenate */
export const concatenate: LayerBuilder<typeof defs.concatenate.config> = builderOf(defs.concatenate);
/** Conv1D */
export const conv1d: LayerBuilder<typeof defs.conv1d.config> = builderOf(defs.conv1d);
/** Conv1DTranspose */
export const conv1dTranspose: LayerBuilder<typeof defs.conv1dTranspose.config> = builderOf(defs.conv1dTranspose);
/** Conv2D */
export const conv2d: LayerBuilder<typeof defs.conv2d.config> = builderOf(defs.conv2d);
/** Conv2DTranspose */
export const conv2dTranspose: LayerBuilder<typeof defs.conv2dTranspose.config> = builderOf(defs.conv2dTranspose);
/** Conv3D */
export const conv3d: LayerBuilder<typeof defs.conv3d.config> = builderOf(defs.conv3d);
/** Conv3DTranspose */
export const conv3dTranspose: LayerBuilder<typeof defs.conv3dTranspose.config> = builderOf(defs.conv3dTranspose);
/** ConvLSTM1D */
export const convLstm1d: LayerBuilder<typeof defs.convLstm1d.config> = builderOf(defs.convLstm1d, defs.convLstmCell);
/** ConvLSTM2D */
export const convLstm2d: LayerBuilder<typeof defs.convLstm2d.config> = builderOf(defs.convLstm2d, defs.convLstmCell);
/** ConvLSTM3D */
export const convLstm3d: LayerBuilder<typeof defs.convLstm3d.config> = builderOf(defs.convLstm3d, defs.convLstmCell);
/** Cropping1D */
export const cropping1d: LayerBuilder<typeof defs.cropping1d.config> = builderOf(defs.cropping1d);
/** Cropping2D */
export const cropping2D: LayerBuilder<typeof defs.cropping2d.config> = builderOf(defs.cropping2d);
/** Cropping3D */
export const cropping3d: LayerBuilder<typeof defs.cropping3d.config> = builderOf(defs.cropping3d);
/** CutMix */
export const cutMix: LayerBuilder<typeof defs.cutMix.config> = builderOf(defs.cutMix);
/** Dense */
export const dense: LayerBuilder<typeof defs.dense.config> = builderOf(defs.dense);
/** DepthwiseConv1D */
export const depthwiseConv1d: LayerBuilder<typeof defs.depthwiseConv1d.config> = builderOf(defs.depthwiseConv1d);
/** DepthwiseConv2D */
export const depthwiseConv2d: LayerBuilder<typeof defs.depthwiseConv2d.config> = builderOf(defs.depthwiseConv2d);
/** Discretization */
export const discretization: LayerBuilder<typeof defs.discretization.config> = builderOf(defs.discretization);
/** Dot */
export const dot: LayerBuilder<typeof defs.dot.config> = builderOf(defs.dot);
/** Dropout */
export const dropout: LayerBuilder<typeof defs.dropout.config> = builderOf(defs.dropout);
/** EinsumDense */
export const einsumDense: LayerBuilder<typeof defs.einsumDense.config> = builderOf(defs.einsumDense);
/** ELU */
export const elu: LayerBuilder<typeof defs.elu.config> = builderOf(defs.elu);
/** Embedding */
export const embedding: LayerBuilder<typeof defs.embedding.config> = builderOf(defs.embedding);
/** Equalization */
export const equalization: LayerBuilder<typeof defs.equalization.config> = builderOf(defs.equalization);
/** Flatten */
export const flatten: LayerBuilder<typeof defs.flatten.config> = builderOf(defs.flatten);
/** GaussianDropout */
export const gaussianDropout: LayerBuilder<typeof defs.gaussianDropout.config> = builderOf(defs.gaussianDropout);
/** GaussianNoise */
export const gaussianNoise: LayerBuilder<typeof defs.gaussianNoise.config> = builderOf(defs.gaussianNoise);
/** GlobalAveragePooling1D */
export const globalAveragePooling1d: LayerBuilder<typeof defs.globalAveragePooling1d.config> = builderOf(
  defs.globalAveragePooling1d,
);
/** GlobalAveragePooling2D */
export const globalAveragePooling2d: LayerBuilder<typeof defs.globalAveragePooling2d.config> = builderOf(
  defs.globalAveragePooling2d,
);
/** GlobalAveragePooling3D */
export const globalAveragePooling3d: LayerBuilder<typeof defs.globalAveragePooling3d.config> = builderOf(
  defs.globalAveragePooling3d,
);
/** GlobalMaxPooling1D */
export const globalMaxPooling1d: LayerBuilder<typeof defs.globalMaxPooling1d.config> = builderOf(
  defs.globalMaxPooling1d,
);
/** GlobalMaxPooling2D */
export const globalMaxPooling2d: LayerBuilder<typeof defs.globalMaxPooling2d.config> = builderOf(
  defs.globalMaxPooling2d,
);
/** GlobalMaxPooling3D */
export const globalMaxPooling3d: LayerBuilder<typeof defs.globalMaxPooling3d.config> = builderOf(
  defs.globalMaxPooling3d,
);
/** GroupNormalization */
export const groupNormalization: LayerBuilder<typeof defs.groupNormalization.config> = builderOf(
  defs.groupNormalization,
);
/** GroupQueryAttention */
export const groupQueryAttention: LayerBuilder<typeof defs.groupQueryAttention.config> = builderOf(
  defs.groupQueryAttention,
  defs.einsumDense,
);
/** GRU */
export const gru: LayerBuilder<typeof defs.gru.config> = builderOf(defs.gru, defs.gruCell);
/** GRUCell */
export const gruCell: LayerBuilder<typeof defs.gruCell.config> = builderOf(defs.gruCell);
/** HashedCrossing */
export const hashedCrossing: LayerBuilder<typeof defs.hashedCrossing.config> = builderOf(defs.hashedCrossing);
/** Hashing */
export const hashing: LayerBuilder<typeof defs.hashing.config> = builderOf(defs.hashing);
/** Identity */
export const identity: LayerBuilder<typeof defs.identity.config> = builderOf(defs.identity);
/** IntegerLookup */
export const integerLookup: LayerBuilder<typeof defs.integerLookup.config> = builderOf(defs.integerLookup);
/** LayerNormalization */
export const layerNormalization: LayerBuilder<typeof defs.layerNormalization.config> = builderOf(
  defs.layerNormalization,
);
/** LeakyReLU */
export const leakyReLU: LayerBuilder<typeof defs.leakyReLU.config> = builderOf(defs.leakyReLU);
/** LSTM */
export const lstm: LayerBuilder<typeof defs.lstm.config> = builderOf(defs.lstm, defs.lstmCell);
/** LSTMCell */
export const lstmCell: LayerBuilder<typeof defs.lstmCell.config> = builderOf(defs.lstmCell);
/** Masking */
export const masking: LayerBuilder<typeof defs.masking.config> = builderOf(defs.masking);
/** Maximum */
export const maximum: LayerBuilder<typeof defs.maximum.config> = builderOf(defs.maximum);
/** MaxNumBoundingBoxes */
export const maxNumBoundingBoxes: LayerBuilder<typeof defs.maxNumBoundingBoxes.config> = builderOf(
  defs.maxNumBoundingBoxes,
);
/** MaxPooling1D */
export const maxPooling1d: LayerBuilder<typeof defs.maxPooling1d.config> = builderOf(defs.maxPooling1d);
/** MaxPooling2D */
export const maxPooling2d: LayerBuilder<typeof defs.maxPooling2d.config> = builderOf(defs.maxPooling2d);
/** MaxPooling3D */
export const maxPooling3d: LayerBuilder<typeof defs.maxPooling3d.config> = builderOf(defs.maxPooling3d);
/** MelSpectrogram */
export const melSpectrogram: LayerBuilder<typeof defs.melSpectrogram.config> = builderOf(defs.melSpectrogram);
/** Minimum */
export const minimum: LayerBuilder<typeof defs.minimum.config> = builderOf(defs.minimum);
/** MixUp */
export const mixUp: LayerBuilder<typeof defs.mixUp.config> = builderOf(defs.mixUp);
/** MultiHeadAttention */
export const multiHeadAttention: LayerBuilder<typeof defs.multiHeadAttention.config> = builderOf(
  defs.multiHeadAttention,
  defs.einsumDense,
);
/** Multiply */
export const multiply: LayerBuilder<typeof defs.multiply.config> = builderOf(defs.multiply);
/** Normalization */
export const normalization: LayerBuilder<typeof defs.normalization.config> = builderOf(defs.normalization);
/** Permute */
export const permute: LayerBuilder<typeof defs.permute.config> = builderOf(defs.permute);
/** Pipeline */
export const pipeline: LayerBuilder<typeof defs.pipeline.config> = builderOf(defs.pipeline);
/** PReLU */
export const prelu: LayerBuilder<typeof defs.pReLU.config> = builderOf(defs.pReLU);
/** RandAugment */
export const randAugment: LayerBuilder<typeof defs.randAugment.config> = builderOf(defs.randAugment);
/** RandomBrightness */
export const randomBrightness: LayerBuilder<typeof defs.randomBrightness.config> = builderOf(defs.randomBrightness);
/** RandomColorDegeneration */
export const randomColorDegeneration: LayerBuilder<typeof defs.randomColorDegeneration.config> = builderOf(
  defs.randomColorDegeneration,
);
/** RandomColorJitter */
export const randomColorJitter: LayerBuilder<typeof defs.randomColorJitter.config> = builderOf(defs.randomColorJitter);
/** RandomContrast */
export const randomContrast: LayerBuilder<typeof defs.randomContrast.config> = builderOf(defs.randomContrast);
/** RandomCrop */
export const randomCrop: LayerBuilder<typeof defs.randomCrop.config> = builderOf(defs.randomCrop);
/** RandomElasticTransform */
export const randomElasticTransform: LayerBuilder<typeof defs.randomElasticTransform.config> = builderOf(
  defs.randomElasticTransform,
);
/** RandomErasing */
export const randomErasing: LayerBuilder<typeof defs.randomErasing.config> = builderOf(defs.randomErasing);
/** RandomFlip */
export const randomFlip: LayerBuilder<typeof defs.randomFlip.config> = builderOf(defs.randomFlip);
/** RandomGaussianBlur */
export const randomGaussianBlur: LayerBuilder<typeof defs.randomGaussianBlur.config> = builderOf(
  defs.randomGaussianBlur,
);
/** RandomGrayscale */
export const randomGrayscale: LayerBuilder<typeof defs.randomGrayscale.config> = builderOf(defs.randomGrayscale);
/** RandomHue */
export const randomHue: LayerBuilder<typeof defs.randomHue.config> = builderOf(defs.randomHue);
/** RandomInvert */
export const randomInvert: LayerBuilder<typeof defs.randomInvert.config> = builderOf(defs.randomInvert);
/** RandomPerspective */
export const randomPerspective: LayerBuilder<typeof defs.randomPerspective.config> = builderOf(defs.randomPerspective);
/** RandomPosterization */
export const randomPosterization: LayerBuilder<typeof defs.randomPosterization.config> = builderOf(
  defs.randomPosterization,
);
/** RandomRotation */
export const randomRotation: LayerBuilder<typeof defs.randomRotation.config> = builderOf(defs.randomRotation);
/** RandomSaturation */
export const randomSaturation: LayerBuilder<typeof defs.randomSaturation.config> = builderOf(defs.randomSaturation);
/** RandomSharpness */
export const randomSharpness: LayerBuilder<typeof defs.randomSharpness.config> = builderOf(defs.randomSharpness);
/** RandomShear */
export const randomShear: LayerBuilder<typeof defs.randomShear.config> = builderOf(defs.randomShear);
/** RandomTranslation */
export const randomTranslation: LayerBuilder<typeof defs.randomTranslation.config> = builderOf(defs.randomTranslation);
/** RandomZoom */
export const randomZoom: LayerBuilder<typeof defs.randomZoom.config> = builderOf(defs.randomZoom);
/** ReLU */
export const reLU: LayerBuilder<typeof defs.reLU.config> = builderOf(defs.reLU);
/** RepeatVector */
export const repeatVector: LayerBuilder<typeof defs.repeatVector.config> = builderOf(defs.repeatVector);
/** Rescaling */
export const rescaling: LayerBuilder<typeof defs.rescaling.config> = builderOf(defs.rescaling);
/** Reshape */
export const reshape: LayerBuilder<typeof defs.reshape.config> = builderOf(defs.reshape);
/** Resizing */
export const resizing: LayerBuilder<typeof defs.resizing.config> = builderOf(defs.resizing);
/** ReversibleEmbedding */
export const reversibleEmbedding: LayerBuilder<typeof defs.reversibleEmbedding.config> = builderOf(
  defs.reversibleEmbedding,
);
/** RMSNormalization */
export const rmsNormalization: LayerBuilder<typeof defs.rmsNormalization.config> = builderOf(defs.rmsNormalization);
/** RNN */
export const rnn: LayerBuilder<typeof defs.rnn.config> = builderOf(defs.rnn);
/** SeparableConv1D */
export const separableConv1d: LayerBuilder<typeof defs.separableConv1d.config> = builderOf(defs.separableConv1d);
/** SeparableConv2D */
export const separableConv2d: LayerBuilder<typeof defs.separableConv2d.config> = builderOf(defs.separableConv2d);
/** SimpleRNN */
export const simpleRNN: LayerBuilder<typeof defs.simpleRnn.config> = builderOf(defs.simpleRnn, defs.simpleRnnCell);
/** SimpleRNNCell */
export const simpleRNNCell: LayerBuilder<typeof defs.simpleRnnCell.config> = builderOf(defs.simpleRnnCell);
/** Softmax */
export const softmax: LayerBuilder<typeof defs.softmax.config> = builderOf(defs.softmax);
/** Solarization */
export const solarization: LayerBuilder<typeof defs.solarization.config> = builderOf(defs.solarization);
/** SpatialDropout1D */
export const spatialDropout1d: LayerBuilder<typeof defs.spatialDropout1d.config> = builderOf(defs.spatialDropout1d);
/** SpatialDropout2D */
export const spatialDropout2d: LayerBuilder<typeof defs.spatialDropout2d.config> = builderOf(defs.spatialDropout2d);
/** SpatialDropout3D */
export const spatialDropout3d: LayerBuilder<typeof defs.spatialDropout3d.config> = builderOf(defs.spatialDropout3d);
/** SpectralNormalization */
export const spectralNormalization: LayerBuilder<typeof defs.spectralNormalization.config> = builderOf(
  defs.spectralNormalization,
);
/** StackedRNNCells */
export const stackedRNNCells: LayerBuilder<typeof defs.stackedRnnCells.config> = builderOf(defs.stackedRnnCells);
/** STFTSpectrogram */
export const stftSpectrogram: LayerBuilder<typeof defs.stftSpectrogram.config> = builderOf(defs.stftSpectrogram);
/** StringLookup */
export const stringLookup: LayerBuilder<typeof defs.stringLookup.config> = builderOf(defs.stringLookup);
/** Subtract */
export const subtract: LayerBuilder<typeof defs.subtract.config> = builderOf(defs.subtract);
/** TextVectorization */
export const textVectorization: LayerBuilder<typeof defs.textVectorization.config> = builderOf(defs.textVectorization);
/** TimeDistributed */
export const timeDistributed: LayerBuilder<typeof defs.timeDistributed.config> = builderOf(defs.timeDistributed);
/** UnitNormalization */
export const unitNormalization: LayerBuilder<typeof defs.unitNormalization.config> = builderOf(defs.unitNormalization);
/** UpSampling1D */
export const upSampling1d: LayerBuilder<typeof defs.upSampling1d.config> = builderOf(defs.upSampling1d);
/** UpSampling2D */
export const upSampling2d: LayerBuilder<typeof defs.upSampling2d.config> = builderOf(defs.upSampling2d);
/** UpSampling3D */
export const upSampling3d: LayerBuilder<typeof defs.upSampling3d.config> = builderOf(defs.upSampling3d);
/** ZeroPadding1D */
export const zeroPadding1d: LayerBuilder<typeof defs.zeroPadding1d.config> = builderOf(defs.zeroPadding1d);
/** ZeroPadding2D */
export const zeroPadding2d: LayerBuilder<typeof defs.zeroPadding2d.config> = builderOf(defs.zeroPadding2d);
/** ZeroPadding3D */
export const zeroPadding3d: LayerBuilder<typeof defs.zeroPadding3d.config> = builderOf(defs.zeroPadding3d);
