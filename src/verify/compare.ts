/** Two tensors, number by number: what is right is `expected`. */
import { type DType, isFloat, isInteger } from "../core/dtype.ts";
import { indexOf, sameShape, type Tensor, valuesOf } from "../core/tensor.ts";
import { type Spread, spreadOf } from "./spread.ts";
import { type ErrorStats, truthExcess } from "./truth-rule.ts";

/** How far numbers may be apart. */
export interface Tolerance {
  /** Relative to the largest magnitude in the expected tensor. */
  readonly rtol: number;
  /** Whatever the magnitude. */
  readonly atol: number;
}

export const DEFAULT_TOLERANCE: Tolerance = { rtol: 1e-5, atol: 1e-6 };

/** One tensor beside the one expected. */
export interface TensorComparison extends ErrorStats {
  /** As the arrays of a fixture are called. */
  readonly name: string;
  /**
   * Same shape, same kind of dtype, and |a − b| ≤ atol + rtol · max|b| everywhere; NaN equals NaN at the same place. With
   * `againstTruth` `truth.excess` ≤ 1 in place of the second.
   */
  readonly ok: boolean;
  /** That of what was found. */
  readonly shape: readonly number[];
  /** That of what was expected. */
  readonly expectedShape: readonly number[];
  /** That of what was found. */
  readonly dtype: DType;
  /** That of what was expected. */
  readonly expectedDtype: DType;
  /** Whether the shapes are the same. */
  readonly shapeOk: boolean;
  /** Whether the dtypes are of one kind. */
  readonly dtypeOk: boolean;
  /** Largest finite magnitude in the expected tensor. */
  readonly magnitude: number;
  /** Where the largest difference is; null where there is none. */
  readonly worst: { readonly index: readonly number[]; readonly found: number; readonly expected: number } | null;
  /**
   * Against the float64 truth, where given: our error, the expected values' own, and the first as a part of what
   * `againstTruth` allows.
   */
  readonly truth?: { readonly found: ErrorStats; readonly expected: ErrorStats; readonly excess: number };
  /** Of a tensor that is off, in numbers. */
  readonly spread?: Spread;
}

const NOTHING_ALIKE: ErrorStats = { maxAbs: Infinity, maxRel: Infinity, maxUlp: Infinity, meanUlp: Infinity };

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The place of a number among all float32 numbers: neighbours are one apart, both zeros are 0. */
function ordinal(x: number): number {
  float[0] = x;
  const n = bits[0]!;
  return n >= 0 ? n : -(n & 0x7fffffff);
}

/** |a − b|; Infinity where only one of them is a number of its kind. */
function apart(a: number | bigint | string, b: number | bigint | string): number {
  if (a === b) return 0;
  if (typeof a === "string" || typeof b === "string") return Infinity;
  if (typeof a === "bigint" && typeof b === "bigint") return Math.abs(Number(a - b));
  const [x, y] = [Number(a), Number(b)];
  if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return 0;
  const difference = Math.abs(x - y);
  return Number.isNaN(difference) ? Infinity : difference;
}

interface Measured extends ErrorStats {
  readonly magnitude: number;
  readonly worst: number | null;
}

function measure(found: Tensor, expected: Tensor): Measured {
  const [a, b] = [valuesOf(found), valuesOf(expected)];
  let [maxAbs, maxUlp, sumUlp, magnitude] = [0, 0, 0, 0];
  let worst: number | null = null;
  for (let i = 0; i < b.length; i++) {
    const wanted = Number(b[i]);
    if (Number.isFinite(wanted)) magnitude = Math.max(magnitude, Math.abs(wanted));
    const difference = apart(a[i]!, b[i]!);
    if (difference === 0) continue;
    const ulp = difference === Infinity ? Infinity : Math.abs(ordinal(Number(a[i])) - ordinal(wanted));
    sumUlp += ulp;
    maxUlp = Math.max(maxUlp, ulp);
    if (difference <= maxAbs) continue;
    maxAbs = difference;
    worst = i;
  }
  const maxRel = maxAbs === 0 ? 0 : magnitude === 0 ? Infinity : maxAbs / magnitude;
  return { maxAbs, maxRel, maxUlp, meanUlp: b.length === 0 ? 0 : sumUlp / b.length, magnitude, worst };
}

const stats = ({ maxAbs, maxRel, maxUlp, meanUlp }: ErrorStats): ErrorStats => ({ maxAbs, maxRel, maxUlp, meanUlp });

/** float32 stored as float64, or int64 for int32, says the same; a float for an integer does not. */
function sameKind(a: DType, b: DType): boolean {
  return a === b || (isFloat(a) && isFloat(b)) || (isInteger(a) && isInteger(b));
}

/** `truth`: the exact values, beside which both sides are measured too. */
export function compareTensors(
  name: string,
  found: Tensor,
  expected: Tensor,
  { rtol, atol }: Tolerance,
  truth?: Tensor,
): TensorComparison {
  const shapeOk = sameShape(found.shape, expected.shape);
  const dtypeOk = sameKind(found.dtype, expected.dtype);
  const head = {
    name,
    shape: found.shape,
    expectedShape: expected.shape,
    dtype: found.dtype,
    expectedDtype: expected.dtype,
  };
  if (!shapeOk) return { ...head, ok: false, shapeOk, dtypeOk, ...NOTHING_ALIKE, magnitude: 0, worst: null };
  const measured = measure(found, expected);
  const { maxAbs, magnitude } = measured;
  const worst =
    measured.worst === null
      ? null
      : {
          index: indexOf(measured.worst, expected.shape),
          found: Number(valuesOf(found)[measured.worst]),
          expected: Number(valuesOf(expected)[measured.worst]),
        };
  const result = {
    ...head,
    ok: dtypeOk && maxAbs <= atol + rtol * magnitude,
    shapeOk,
    dtypeOk,
    ...stats(measured),
    magnitude,
    worst,
  };
  const allowed = atol + rtol * magnitude;
  const spread = (isOff: boolean): { readonly spread?: Spread } =>
    isOff && measured.worst !== null && expected.dtype !== "string"
      ? { spread: spreadOf(found, expected, measured.worst, allowed) }
      : {};
  if (truth === undefined || !sameShape(truth.shape, expected.shape)) return { ...result, ...spread(!result.ok) };
  const [ours, theirs] = [measure(found, truth), measure(expected, truth)];
  const excess = truthExcess(ours, theirs, ours.magnitude, expected.dtype);
  const exact = { found: stats(ours), expected: stats(theirs), excess };
  return { ...result, ...spread(!result.ok || excess > 1), truth: exact };
}

/** The largest error as a part of what the tolerance allows: at most 1 is right. */
export function shareOfAllowed({ maxAbs, magnitude, shapeOk }: TensorComparison, { rtol, atol }: Tolerance): number {
  if (!shapeOk) return Infinity;
  return maxAbs === 0 ? 0 : maxAbs / (atol + rtol * magnitude);
}

/** The rule of `truthExcess` for one tensor: at most 1 is right. Infinity for another shape or kind of dtype. */
export function excessOf(found: Tensor, keras: Tensor, truth: Tensor): number {
  const { dtypeOk, truth: measured } = compareTensors("", found, keras, DEFAULT_TOLERANCE, truth);
  return dtypeOk && measured !== undefined ? measured.excess : Infinity;
}
