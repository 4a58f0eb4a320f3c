/**
 * Functions of TensorFlow that tf-keras puts into models, as calls of all public ones on its tensors have shown (2.21.0), and
 * that are not computed, with the reason. Nodes of `tf.raw_ops` it cannot put there.
 */

const REASONS = {
  "ragged texts": "strings.split strings.unicode_split",
  "sparse tensors": "compat.v1.nn.ctc_loss nn.ctc_greedy_decoder",
  "a hash that is TensorFlow's own": "strings.to_hash_bucket",
  "holds Python code, which is never run": "compat.v1.foldl compat.v1.scan",
  "random numbers": "image.extract_glimpse nn.dropout",
  "tf-keras does not write its tensors": "einsum meshgrid",
  "the length of its output depends on the values": "dynamic_partition dynamic_stitch image.non_max_suppression unique",
  "an approximation that is the machine's choice": "approx_top_k",
  "special functions":
    "math.betainc math.igamma math.igammac math.polygamma math.special.bessel_j0 math.special.bessel_j1 " +
    "math.special.bessel_k0 math.special.bessel_k0e math.special.bessel_k1 math.special.bessel_y0 math.special.dawsn " +
    "math.special.expint math.special.fresnel_cos math.special.fresnel_sin math.special.spence math.zeta",
  "bits of other dtypes": "bitcast compat.v1.quantize_v2",
  "steps that depend on the values": "linalg.expm nn.isotonic_regression",
  "not written yet": "fingerprint image.draw_bounding_boxes",
} as const;

/** By the function's name, without `tf.`. */
export const REFUSED_FUNCTIONS: ReadonlyMap<string, string> = new Map(
  Object.entries(REASONS).flatMap(([reason, names]) => names.split(" ").map((name) => [name, reason] as const)),
);
