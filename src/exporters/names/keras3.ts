/** Made by scripts/names.py; names.ts reads it. */
export const TABLE = `* activity_regularizer autocast dtype input_dim input_shape name trainable
# layers
Activation * activation
ActivityRegularization * l1 l2
AdaptiveAveragePooling1D,AdaptiveAveragePooling2D,AdaptiveAveragePooling3D,AdaptiveMaxPooling1D,AdaptiveMaxPooling2D,AdaptiveMaxPooling3D * data_format output_size
Add,Average,Identity,Layer,Maximum,Minimum,Multiply,Subtract *
AdditiveAttention,Attention * dropout score_mode seed use_scale
AlphaDropout,Dropout * noise_shape rate seed
AugMix * all_ops alpha bounding_box_format chain_depth data_format factor interpolation num_chains seed value_range
AutoContrast * bounding_box_format data_format factor value_range
AveragePooling1D,AveragePooling2D,AveragePooling3D,AvgPool1D,AvgPool2D,AvgPool3D,MaxPool1D,MaxPool2D,MaxPool3D,MaxPooling1D,MaxPooling2D,MaxPooling3D * data_format padding pool_dimensions pool_mode pool_size strides
BatchNormalization * axis beta_constraint beta_initializer beta_regularizer center epsilon gamma_constraint gamma_initializer gamma_regularizer momentum moving_mean_initializer moving_variance_initializer renorm renorm_clipping renorm_momentum scale synchronized
Bidirectional * backward_layer config layer merge_mode weights
CategoryEncoding * num_tokens output_mode sparse
CenterCrop * bounding_box_format data_format factor height width
Concatenate,Softmax,UnitNormalization * axis
ContrastLimitedAdaptiveHistogramEqualization * bounding_box_format clip_limit data_format factor tile_grid_size value_range
Conv1D,Conv2D,Conv3D,Convolution1D,Convolution2D,Convolution3D * activation bias_constraint bias_initializer bias_regularizer data_format dilation_rate filters groups kernel_constraint kernel_initializer kernel_regularizer kernel_size lora_alpha lora_rank padding rank strides use_bias
Conv1DTranspose,Conv2DTranspose,Conv3DTranspose,Convolution1DTranspose,Convolution2DTranspose,Convolution3DTranspose * activation bias_constraint bias_initializer bias_regularizer data_format dilation_rate filters kernel_constraint kernel_initializer kernel_regularizer kernel_size output_padding padding rank strides use_bias
ConvLSTM1D,ConvLSTM2D,ConvLSTM3D * activation bias_constraint bias_initializer bias_regularizer cell data_format dilation_rate dropout filters go_backwards kernel_constraint kernel_initializer kernel_regularizer kernel_size padding rank recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer return_sequences return_state seed stateful strides unit_forget_bias unroll use_bias zero_output_for_mask
ConvLSTMCell * activation bias_constraint bias_initializer bias_regularizer data_format dilation_rate dropout filters kernel_constraint kernel_initializer kernel_regularizer kernel_size padding rank recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer seed strides unit_forget_bias use_bias
Cropping1D * cropping
Cropping2D,Cropping3D * cropping data_format
CutMix,RandomGrayscale * bounding_box_format data_format factor seed
Dense * activation bias_constraint bias_initializer bias_regularizer kernel_constraint kernel_initializer kernel_regularizer lora_alpha lora_rank quantization_config units use_bias
DepthwiseConv1D,DepthwiseConv2D * activation bias_constraint bias_initializer bias_regularizer data_format depth_multiplier depthwise_constraint depthwise_initializer depthwise_regularizer dilation_rate kernel_size padding rank strides use_bias
Discretization bin_boundaries count dtype epsilon int multi_hot name num_bins one_hot output_mode sparse
Dot * axes normalize
ELU * alpha
EinsumDense * activation bias_axes bias_constraint bias_initializer bias_regularizer equation gptq_unpacked_column_size kernel_constraint kernel_initializer kernel_regularizer lora_alpha lora_rank output_shape quantization_config
Embedding * embeddings_constraint embeddings_initializer embeddings_regularizer input_length lora_alpha lora_rank mask_zero output_dim quantization_config weights
Equalization * bins bounding_box_format data_format factor value_range
Flatten * data_format
FlaxLayer * call_fn init_fn method module native_serialization_platforms params seed state variables
Functional dtype input_layers inputs layers name output_layers outputs trainable
GRU * activation bias_constraint bias_initializer bias_regularizer cell dropout go_backwards implementation kernel_constraint kernel_initializer kernel_regularizer recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer reset_after return_sequences return_state seed stateful units unroll use_bias use_cudnn zero_output_for_mask
GRUCell * activation bias_constraint bias_initializer bias_regularizer dropout implementation kernel_constraint kernel_initializer kernel_regularizer recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer reset_after seed units use_bias
GaussianDropout * rate seed
GaussianNoise * seed stddev
GlobalAveragePooling1D,GlobalAveragePooling2D,GlobalAveragePooling3D,GlobalAvgPool1D,GlobalAvgPool2D,GlobalAvgPool3D,GlobalMaxPool1D,GlobalMaxPool2D,GlobalMaxPool3D,GlobalMaxPooling1D,GlobalMaxPooling2D,GlobalMaxPooling3D * data_format keepdims pool_dimensions
GroupNormalization * axis beta_constraint beta_initializer beta_regularizer center epsilon gamma_constraint gamma_initializer gamma_regularizer groups scale
GroupQueryAttention * bias_constraint bias_initializer bias_regularizer dropout flash_attention head_dim kernel_constraint kernel_initializer kernel_regularizer num_key_value_heads num_query_heads seed sliding_window use_bias use_gate
HashedCrossing * num_bins output_mode sparse
Hashing * mask_value num_bins output_mode salt sparse
InputLayer * batch_input_shape batch_shape batch_size input_tensor optional ragged shape sparse
IntegerLookup * count has_input_vocabulary idf_weights int invert mask_token max_tokens multi_hot num_oov_indices one_hot oov_method oov_token output_mode pad_to_max_tokens salt sparse tf_idf vocabulary vocabulary_dtype vocabulary_size
JaxLayer * call_fn init_fn native_serialization_platforms params seed state
LSTM * activation bias_constraint bias_initializer bias_regularizer cell dropout go_backwards implementation kernel_constraint kernel_initializer kernel_regularizer recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer return_sequences return_state seed stateful unit_forget_bias units unroll use_bias use_cudnn zero_output_for_mask
LSTMCell * activation bias_constraint bias_initializer bias_regularizer dropout implementation kernel_constraint kernel_initializer kernel_regularizer recurrent_activation recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer seed unit_forget_bias units use_bias
Lambda * arguments class_name closure code config defaults function mask output_shape
LayerNormalization * axis beta_constraint beta_initializer beta_regularizer center epsilon gamma_constraint gamma_initializer gamma_regularizer rms_scaling scale
LeakyReLU * alpha negative_slope
Masking * mask_value
MaxNumBoundingBoxes * bounding_box_format data_format factor fill_value max_number
MelSpectrogram * fft_length mag_exp max_freq min_freq min_power num_mel_bins power_to_db ref_power sampling_rate sequence_length sequence_stride top_db window
MixUp * alpha bounding_box_format data_format factor seed
Model dtype input_layers layers name output_layers
MultiHeadAttention * attention_axes bias_constraint bias_initializer bias_regularizer dropout flash_attention kernel_constraint kernel_initializer kernel_regularizer key_dim num_heads output_shape seed sliding_window use_bias use_gate value_dim
Normalization * axis invert mean variance
PReLU * alpha_constraint alpha_initializer alpha_regularizer shared_axes
Permute * dims
Pipeline dtype layers name
RMSNormalization * axis epsilon
RNN * cell go_backwards return_sequences return_state stateful unroll zero_output_for_mask
RandAugment * bounding_box_format data_format factor interpolation num_ops seed value_range
RandomBrightness,RandomColorDegeneration,RandomContrast,RandomHue,RandomInvert,RandomPosterization,RandomSaturation,RandomSharpness * bounding_box_format data_format factor seed value_range
RandomColorJitter * bounding_box_format brightness_factor contrast_factor data_format factor hue_factor saturation_factor seed value_range
RandomCrop * bounding_box_format data_format factor height seed width
RandomElasticTransform * bounding_box_format data_format factor fill_mode fill_value interpolation scale seed value_range
RandomErasing * bounding_box_format data_format factor fill_value scale seed value_range
RandomFlip * bounding_box_format data_format factor mode seed
RandomGaussianBlur * bounding_box_format data_format factor kernel_size seed sigma value_range
RandomPerspective * bounding_box_format data_format factor fill_value interpolation scale seed
RandomRotation * bounding_box_format data_format factor fill_mode fill_value interpolation seed
RandomShear * bounding_box_format data_format factor fill_mode fill_value interpolation seed x_factor y_factor
RandomTranslation,RandomZoom * bounding_box_format data_format factor fill_mode fill_value height_factor interpolation seed width_factor
ReLU * max_value negative_slope threshold
RepeatVector * n
Rescaling * offset scale
Reshape * target_shape
Resizing * antialias bounding_box_format crop_to_aspect_ratio data_format factor fill_mode fill_value height interpolation pad_to_aspect_ratio width
ReversibleEmbedding * embeddings_constraint embeddings_initializer embeddings_regularizer input_length logit_soft_cap lora_alpha lora_rank mask_zero output_dim quantization_config reverse_dtype tie_weights weights
STFTSpectrogram * data_format expand_dims fft_length frame_length frame_step mode padding periodic scaling window
SeparableConv1D,SeparableConv2D,SeparableConvolution1D,SeparableConvolution2D * activation bias_constraint bias_initializer bias_regularizer data_format depth_multiplier depthwise_constraint depthwise_initializer depthwise_regularizer dilation_rate filters kernel_size padding pointwise_constraint pointwise_initializer pointwise_regularizer rank strides use_bias
Sequential build_input_shape dtype input_layers layers name output_layers trainable
SimpleRNN * activation bias_constraint bias_initializer bias_regularizer cell dropout go_backwards kernel_constraint kernel_initializer kernel_regularizer recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer return_sequences return_state seed stateful units unroll use_bias zero_output_for_mask
SimpleRNNCell * activation bias_constraint bias_initializer bias_regularizer dropout kernel_constraint kernel_initializer kernel_regularizer recurrent_constraint recurrent_dropout recurrent_initializer recurrent_regularizer seed units use_bias
Solarization * addition_factor bounding_box_format data_format factor seed threshold_factor value_range
SpatialDropout1D dtype name rate seed
SpatialDropout2D,SpatialDropout3D data_format dtype name rate seed
SpectralNormalization * layer power_iterations
StackedRNNCells * cells
StringLookup * count encoding has_input_vocabulary idf_weights int invert mask_token max_tokens multi_hot num_oov_indices one_hot oov_method oov_token output_mode pad_to_max_tokens salt sparse tf_idf vocabulary vocabulary_dtype vocabulary_size
TFSMLayer call_endpoint call_training_endpoint dtype filepath name trainable
TextVectorization * count encoding has_input_vocabulary idf_weights int lower lower_and_strip_punctuation max_tokens multi_hot ngrams one_hot output_mode output_sequence_length pad_to_max_tokens ragged sparse split standardize strip_punctuation tf_idf vocabulary vocabulary_size
TimeDistributed,Wrapper * layer
TorchModuleWrapper * module output_shape
UpSampling1D * size
UpSampling2D * data_format interpolation size
UpSampling3D * data_format size
ZeroPadding1D,ZeroPadding2D,ZeroPadding3D * data_format padding
# initializers
Constant,constant value
GlorotNormal,GlorotUniform,HeNormal,HeUniform,LecunNormal,LecunUniform,glorot_normal,glorot_uniform,he_normal,he_uniform,lecun_normal,lecun_uniform input_axes output_axes seed
Identity,IdentityInitializer,identity gain
Initializer,Ones,Zeros,ones,zeros
Orthogonal,OrthogonalInitializer,orthogonal gain seed
RandomNormal,TruncatedNormal,random_normal,truncated_normal mean seed stddev
RandomUniform,random_uniform maxval minval seed
STFT,STFTInitializer,stft periodic scaling side window
VarianceScaling,variance_scaling distribution input_axes mode output_axes scale seed truncated_normal uniform untruncated_normal
# regularizers
L1,l1 l1
L1L2,l1_l2 l1 l2
L2,l2 l2
OrthogonalRegularizer,orthogonal_regularizer factor mode
Regularizer
# constraints
Constraint,NonNeg,non_neg
MaxNorm,max_norm axis max_value
MinMaxNorm,min_max_norm axis max_value min_value rate
UnitNorm,unit_norm axis
# activations
celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
# keras.src.applications.convnext
LayerScale * init_values projection_dim
StochasticDepth * drop_path_rate
# keras.src.applications.inception_resnet_v2
CustomScaleLayer * scale
# keras.src.quantizers.quantizers
FakeQuantWithMinMaxVars axis dtype narrow_range num_bits
# keras.utils
FeatureSpace crosses crossing_dim dtype features hashing_dim name num_discretization_bins output_mode
# keras.src.layers.preprocessing.feature_space
Cross crossing_dim feature_names output_mode
Feature dtype output_mode preprocessor
TFDConcat * axis
TFDIdentity *
# keras.src.ops.core
AssociativeScan axis dtype name reverse
Cast,Cond,Map,SaturateCast,SliceUpdate,StopGradient,Switch dtype name
ConvertToTensor dtype name ragged sparse
ForiLoop body_fun dtype lower name upper
Scan dtype length name reverse unroll
Scatter,Slice dtype name shape
ScatterUpdate dtype name reduction
Unstack axis dtype name num
VectorizedMap dtype function name
WhileLoop body cond dtype maximum_iterations name
# keras.src.ops.einops
Rearrange dtype name
# keras.src.ops.image
AffineTransform data_format dtype fill_mode fill_value interpolation name
CropImages bottom_cropping data_format dtype left_cropping name right_cropping target_height target_width top_cropping
ElasticTransform alpha data_format dtype fill_mode fill_value interpolation name seed sigma
ExtractPatches data_format dilation_rate dtype name padding size strides
GaussianBlur data_format dtype kernel_size name sigma
HSVToRGB,RGBToGrayscale,RGBToHSV,SobelEdges data_format dtype name
MapCoordinates dtype fill_mode fill_value name order
PadImages bottom_padding data_format dtype left_padding name right_padding target_height target_width top_padding
PerspectiveTransform data_format dtype fill_value interpolation name
Resize antialias crop_to_aspect_ratio data_format dtype fill_mode fill_value interpolation name pad_to_aspect_ratio size
SSIM data_format dtype filter_sigma filter_size k1 k2 max_val name
ScaleAndTranslate antialias dtype method name spatial_dims
# keras.src.ops.linalg
Cholesky,CholeskyInverse dtype name upper
Det,Eig,Eigh,Inv,LuFactor,Solve dtype name
JVP dtype has_aux name
Lstsq,Pinv dtype name rcond
MatrixRank dtype name tol
Norm axis dtype keepdims name ord
Qr dtype mode name
SVD compute_uv dtype full_matrices name
SolveTriangular dtype lower name
# keras.src.ops.math
CDist,Erf,Erfc,Erfinv,FFT,FFT2,IFFT2,Logdet,Rsqrt,ViewAsComplex,ViewAsReal dtype name
ExtractSequences dtype name sequence_length sequence_stride
IRFFT,RFFT dtype fft_length name
ISTFT center dtype fft_length length name sequence_length sequence_stride window
InTopK dtype k name
Logsumexp axis dtype keepdims name
STFT center dtype fft_length name sequence_length sequence_stride window
SegmentMax,SegmentMin,SegmentProd,SegmentReduction,SegmentSum dtype name num_segments sorted
TopK dtype k name sorted
# keras.src.ops.nn
AdaptiveAveragePool,AdaptiveMaxPool data_format dtype name output_size
AveragePool,MaxPool data_format dtype name padding pool_size strides
BatchNorm,RMSNorm axis dtype epsilon name
BinaryCrossentropy dtype from_logits name
CTCDecode beam_width dtype mask_index merge_repeated name strategy top_paths
CTCLoss dtype mask_index name
CategoricalCrossentropy,SparseCategoricalCrossentropy axis dtype from_logits name
Celu,Elu alpha dtype name
Conv,DepthwiseConv,SeparableConv data_format dilation_rate dtype name padding strides
ConvTranspose data_format dilation_rate dtype name output_padding padding strides
DepthToSpace,SpaceToDepth block_size data_format dtype name
DotProductAttention attn_logits_soft_cap dtype flash_attention is_causal name
Fold dilation dtype kernel_size name output_size padding stride
Gelu approximate dtype name
Glu,LogSoftmax,Softmax,Sparsemax axis dtype name
HardShrink,SoftShrink dtype name threshold
HardSigmoid,HardSilu,HardTanh,LogSigmoid,Polar,Relu,Relu6,Selu,Sigmoid,Silu,Softplus,Softsign,SparsePlus,SparseSigmoid,TanhShrink dtype name
LayerNorm axis dtype epsilon name rms_scaling
LeakyRelu dtype name negative_slope
Moments axes dtype keepdims name synchronized
MultiHot axis dtype name num_classes num_tokens sparse
Normalize axis dtype epsilon name order
OneHot axis dtype name num_classes sparse
PSNR dtype max_val name
Squareplus b dtype name
Threshold default_value dtype name threshold
Unfold dilation dtype kernel_size name padding stride
# keras.src.ops.numpy
Abs,Absolute,Add,Angle,Arange,Arccos,Arccosh,Arcsin,Arcsinh,Arctan,Arctan2,Arctanh,Array,BitwiseAnd,BitwiseInvert,BitwiseLeftShift,BitwiseNot,BitwiseOr,BitwiseRightShift,BitwiseXor,Cbrt,Ceil,Conj,Conjugate,Copy,Corrcoef,Cos,Cosh,Deg2rad,Digitize,Divide,DivideNoNan,Dot,Dstack,EmptyLike,Equal,Exp,Exp2,Expm1,Fabs,Fliplr,Flipud,Floor,FloorDivide,Fmax,Fmin,Fmod,FullLike,Gcd,GetItem,Greater,GreaterEqual,Heaviside,Hstack,Hypot,I0,Imag,Inner,Isfinite,Isinf,Isnan,Isneginf,Isposinf,Isreal,Kron,Lcm,Ldexp,LeftShift,Less,LessEqual,Log,Log10,Log1p,Log2,Logaddexp,Logaddexp2,LogicalAnd,LogicalNot,LogicalOr,LogicalXor,Matmul,Maximum,Minimum,Mod,Multiply,Ndim,Negative,Nextafter,Nonzero,NotEqual,OnesLike,Outer,Power,Rad2deg,Ravel,Real,Reciprocal,RightShift,Select,Sign,Signbit,Sin,Sinc,Sinh,Size,Slogdet,Sqrt,Square,Subtract,Tan,Tanh,TrueDivide,Trunc,Vdot,View,Vstack,Where,ZerosLike dtype name
All,Amax,Amin,Any,Argmax,Argmin,Mean,Median,Nanargmax,Nanargmin,Nanmax,Nanmean,Nanmedian,Nanmin,Nanprod,Nanstd,Nansum,Nanvar,Prod,Ptp,Std,Sum,Var axis dtype keepdims name
AllClose atol dtype equal_nan name rtol
Append,Argsort,Average,Concatenate,CountNonzero,Cumprod,Cumsum,ExpandDims,Flip,Nancumprod,Nancumsum,Sort,Squeeze,Stack,Take,TakeAlongAxis axis dtype name
Argpartition axis dtype kth name
ArraySplit,Split axis dtype indices_or_sections name
Bincount dtype minlength name sparse weights
BroadcastTo,Full,UnravelIndex dtype name shape
Clip dtype name x_max x_min
Correlate dtype mode name
Cross axis axisa axisb axisc dtype name
Diag,Diagflat,Tril,Triu dtype k name
Diagonal,Trace axis1 axis2 dtype name offset
Diff axis dtype n name
Dsplit,Hsplit,Vsplit dtype indices_or_sections name
Einsum dtype name subscripts
Geomspace axis dtype endpoint name num
Histogram bins dtype name range
IsIn assume_unique dtype invert name
Isclose dtype equal_nan name
Linspace axis dtype endpoint name num retstep
Logspace axis base dtype endpoint name num
Max,Min axis dtype initial keepdims name
Meshgrid dtype indexing name
Moveaxis destination dtype name source
NanToNum dtype name nan neginf posinf
Nanpercentile,Nanquantile,Percentile,Quantile axis dtype keepdims method name
Pad dtype mode name pad_width
Repeat axis dtype name repeats
Reshape dtype name newshape
Roll axis dtype name shift
Rot90 axes dtype k name
Round decimals dtype name
SearchSorted dtype name side
Swapaxes axis1 axis2 dtype name
Tensordot,Transpose axes dtype name
Tile dtype name repeats
Trapezoid axis dtype dx name x
Unique axis dtype fill_value name return_counts return_index return_inverse size sorted
Vander N dtype increasing name
`;
