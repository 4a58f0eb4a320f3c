/**
 * The families of layers, each loaded when a file names one of its classes, or when code imports one of its layers. Models
 * and their inputs are always there.
 */

/**
 * What there is before it is loaded: the names that files have for its classes. `family/part`: what few models have of it.
 * Operations go by their module instead.
 */
export const FAMILIES: {
  readonly [family: string]: { readonly load: () => Promise<object>; readonly names: string };
} = {
  activations: {
    load: () => import("./families/activations.ts"),
    names: "Activation ELU LeakyReLU PReLU ParametricSoftplus ReLU SReLU Softmax ThresholdedReLU",
  },
  applications: {
    load: () => import("./families/applications.ts"),
    names: "CustomScaleLayer Custom>CustomScaleLayer LayerScale StochasticDepth",
  },
  attention: {
    load: () => import("./families/attention.ts"),
    names: "AdditiveAttention Attention GroupQueryAttention GroupedQueryAttention MultiHeadAttention",
  },
  convolution: {
    load: () => import("./families/convolution.ts"),
    names:
      "Conv1D Convolution1D AtrousConvolution1D Conv1DTranspose Convolution1DTranspose Conv2D Convolution2D " +
      "AtrousConvolution2D Conv2DTranspose Convolution2DTranspose Conv3D Convolution3D Conv3DTranspose " +
      "Convolution3DTranspose Deconvolution2D DepthwiseConv1D DepthwiseConv2D LocallyConnected1D " +
      "LocallyConnected2D SeparableConv1D SeparableConv2D SeparableConvolution2D",
  },
  core: {
    load: () => import("./families/core.ts"),
    names: "Dense Embedding Identity TFDIdentity Masking TimeDistributedDense",
  },
  "core/projections": {
    load: () => import("./families/core-projections.ts"),
    names: "EinsumDense Highway MaxoutDense RandomFourierFeatures ReversibleEmbedding",
  },
  merging: {
    load: () => import("./families/merging.ts"),
    names: "Add Average Concatenate TFDConcat Dot Maximum Merge Minimum Multiply Subtract",
  },
  "models/premade": {
    load: () => import("./families/models-premade.ts"),
    names: "LinearModel SharpnessAwareMinimization Custom>SharpnessAwareMinimization WideDeepModel",
  },
  normalization: {
    load: () => import("./families/normalization.ts"),
    names:
      "BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization " +
      "GroupNormalization LayerNormalization RMSNormalization SpectralNormalization UnitNormalization",
  },
  operations: {
    load: () => import("./families/operations.ts"),
    names: "TensorFlowOpLayer TFOpLambda SlicingOpLambda FakeQuantWithMinMaxVars",
  },
  pooling: {
    load: () => import("./families/pooling.ts"),
    names:
      "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling1D " +
      "AdaptiveMaxPooling2D AdaptiveMaxPooling3D AveragePooling1D AvgPool1D AveragePooling2D AvgPool2D " +
      "AveragePooling3D AvgPool3D GlobalAveragePooling1D GlobalAvgPool1D GlobalAveragePooling2D " +
      "GlobalAvgPool2D GlobalAveragePooling3D GlobalAvgPool3D GlobalMaxPooling1D GlobalMaxPool1D " +
      "GlobalMaxPooling2D GlobalMaxPool2D GlobalMaxPooling3D GlobalMaxPool3D MaxPooling1D MaxPool1D " +
      "MaxPooling2D MaxPool2D MaxPooling3D MaxPool3D",
  },
  preprocessing: {
    load: () => import("./families/preprocessing.ts"),
    names:
      "AugMix AutoContrast CategoryEncoding CenterCrop ContrastLimitedAdaptiveHistogramEqualization CutMix Discretization Equalization HashedCrossing " +
      "Hashing IntegerLookup MaxNumBoundingBoxes MelSpectrogram MixUp Normalization Pipeline RandAugment RandomBrightness " +
      "RandomColorDegeneration RandomColorJitter RandomContrast RandomCrop RandomElasticTransform " +
      "RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomHeight RandomHue RandomInvert " +
      "RandomPerspective RandomPosterization RandomRotation RandomSaturation RandomSharpness RandomShear " +
      "RandomTranslation RandomWidth RandomZoom Rescaling Resizing STFTSpectrogram Solarization StringLookup " +
      "TextVectorization",
  },
  "preprocessing/features": {
    load: () => import("./families/preprocessing-features.ts"),
    names: "DenseFeatures FeatureSpace",
  },
  regularization: {
    load: () => import("./families/regularization.ts"),
    names: "ActivityRegularization AddLoss AddMetric AlphaDropout Dropout GaussianDropout GaussianNoise",
  },
  "regularization/spatial": {
    load: () => import("./families/regularization-spatial.ts"),
    names: "SpatialDropout1D SpatialDropout2D SpatialDropout3D",
  },
  reshaping: {
    load: () => import("./families/reshaping.ts"),
    names:
      "Cropping1D Cropping2D Cropping3D Flatten Permute RepeatVector Reshape UpSampling1D UpSampling2D " +
      "UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D",
  },
  rnn: {
    load: () => import("./families/rnn.ts"),
    names:
      "GRU CuDNNGRU UnifiedGRU GRUCell LSTM CuDNNLSTM UnifiedLSTM LSTMCell RNN SimpleRNN SimpleRNNCell StackedRNNCells",
  },
  "rnn/convolution": {
    load: () => import("./families/rnn-convolution.ts"),
    names: "ConvLSTM1D ConvLSTM2D ConvLSTM3D ConvLSTMCell",
  },
  "rnn/wrappers": {
    load: () => import("./families/rnn-wrappers.ts"),
    names: "Bidirectional DeviceWrapper DropoutWrapper ResidualWrapper TimeDistributed",
  },
};

/** Names of layers that operations have too: files that give no module can mean either. */
export const ALSO_OPERATIONS: ReadonlySet<string> = new Set(
  "Add Average Concatenate Dot Maximum Minimum Multiply Reshape Softmax Subtract".split(" "),
);
