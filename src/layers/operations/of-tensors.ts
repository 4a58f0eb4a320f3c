/**
 * Operations whose operands Keras 3 does not take as numbers and lists when it reads them back.
 * Source: keras/src/ops/numpy.py, nn.py, math.py, linalg.py, image.py (`compute_output_spec` of each).
 */

/** How many of its first operands Keras 3 asks for their dtype or shape, which numbers and lists have not. Tried with each. */
export const OF_TENSORS: ReadonlyMap<string, number> = new Map(
  (
    "2 Append Average BinaryCrossentropy BitwiseAnd BitwiseLeftShift BitwiseOr BitwiseRightShift BitwiseXor CDist CTCLoss " +
    "CategoricalCrossentropy Conv ConvTranspose Cross DepthwiseConv Digitize DotProductAttention Heaviside Hypot LeftShift " +
    "Lstsq Matmul RightShift SSIM SearchSorted SeparableConv Solve SolveTriangular TakeAlongAxis\n" +
    "1 CTCDecode FullLike IsIn Nanpercentile Nanquantile Percentile Polar Quantile RMSNorm ScatterUpdate SegmentMax " +
    "SegmentMin SegmentProd SegmentReduction SegmentSum SliceUpdate Take"
  )
    .split("\n")
    .flatMap((line) => {
      const [count, ...names] = line.split(" ");
      return names.map((name) => [name, Number(count)] as const);
    }),
);
