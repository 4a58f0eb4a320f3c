/**
 * Functions of TensorFlow that tf-keras puts into models, as calls of all public ones on its tensors have shown (2.21.0), and
 * that are not computed, with the reason. Nodes of `tf.raw_ops` it cannot put there.
 */

const REASONS = {
  "complex numbers": "dtypes.complex signal.fft signal.fft2d signal.inverse_stft signal.mdct signal.stft",
  "ragged texts": "strings.split strings.unicode_split",
  "a hash that is TensorFlow's own": "strings.to_hash_bucket",
  "holds Python code, which is never run": "compat.v1.foldl compat.v1.scan",
  "random numbers": "nn.dropout",
  "tf-keras does not write its tensors": "einsum meshgrid",
  "the length of its output depends on the values":
    "dynamic_partition image.combined_non_max_suppression image.non_max_suppression math.segment_max math.segment_mean " +
    "math.segment_min math.segment_prod math.segment_sum unique",
  "special functions":
    "math.bessel_i0e math.bessel_i1 math.bessel_i1e math.betainc math.digamma math.igamma math.igammac math.lbeta " +
    "math.lgamma math.polygamma math.special.bessel_j0 math.special.bessel_j1 math.special.bessel_k0 " +
    "math.special.bessel_k0e math.special.bessel_k1 math.special.bessel_y0 math.special.dawsn math.special.expint " +
    "math.special.fresnel_cos math.special.fresnel_sin math.special.spence math.zeta",
  "sparse tensors": "compat.v1.nn.ctc_loss nn.ctc_greedy_decoder",
  "bits of other dtypes": "bitcast compat.v1.quantize_v2 fingerprint quantization.quantize_and_dequantize_v2",
  "not written yet":
    "approx_top_k broadcast_dynamic_shape compat.v1.batch_gather compat.v1.nn.sufficient_statistics " +
    "compat.v1.nn.weighted_moments dynamic_stitch extract_volume_patches image.draw_bounding_boxes image.extract_glimpse " +
    "image.ssim_multiscale linalg.expm linalg.lu linalg.lu_matrix_inverse linalg.lu_reconstruct linalg.lu_solve " +
    "linalg.tridiagonal_matmul linalg.tridiagonal_solve math.cumulative_logsumexp nn.atrous_conv2d_transpose nn.dilation2d " +
    "nn.erosion2d nn.isotonic_regression nn.max_pool_with_argmax",
} as const;

/** By the function's name, without `tf.`. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);
