/**
 * Operations at the corners of every dtype (overflow, division by 0, largest and smallest values, numbers beside tensors), on
 * both backends, against Keras 3 (fixtures/dtypes/keras3_operations.json.gz, made by fixtures/make/operation_dtypes.py).
 */
import { expect, it } from "vitest";
import { allocate, type DType, fromBfloat16, fromFloat16 } from "../src/core/dtype.ts";
import { FormatError } from "../src/core/error.ts";
import { toBfloat16, toFloat16 } from "../src/core/half.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { tableHead, tableModel, tableOf } from "./support/tables.ts";

type NumericDType = Exclude<DType, "string">;
type Stored = number | "nan" | "inf" | "-inf";
type Outcome = readonly (readonly [dtype: DType, shape: readonly number[], numbers: number])[] | null;
interface Case {
  readonly config: unknown;
  readonly results: Readonly<Record<string, Outcome>>;
  readonly numbers: readonly (readonly Stored[])[];
}

const TABLE = "dtypes/keras3_operations.json.gz";
const INPUTS = (tableHead(TABLE) as { inputs: Readonly<Record<string, readonly (readonly number[])[]>> }).inputs;
const SPECIAL: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };
/** Of the largest number of an output: half precision rounds on the way. */
const PRECISION: Readonly<Record<string, number>> = {
  float16: 2 ** -9,
  bfloat16: 2 ** -6,
  float32: 1e-5,
};

/**
 * What TensorFlow has no kernel for, and Keras computes on other backends; of integers division by 0 and negative exponents,
 * which TensorFlow refuses when it meets them.
 */
const ANSWERED =
  /^(floor_divide|mod|fmod|power)(\/\S+)? \w*(int|bool)|^(negative|sign|reciprocal|round|rsqrt|erf|add|subtract|multiply|less|greater_equal|maximum|minimum|where|hypot|ptp\S*|einsum\/sum) (bool|u?int\d+)$|^(real|conj|fmax|fmin|heaviside|lcm|searchsorted|cross|kron|cdist|less_equal|round|scatter_update|segment_prod|unfold)\(.* bool$|^i0\(x\) bfloat16$|^cholesky\(.* float16$/;
/**
 * Of integers Keras takes products in floats, which do not wrap, and powers in float32; of fractions below 0 the casts are the
 * processor's; an overflow in half precision, and what it rounds on the way of a sum, is its kernel's. Fractions that it rounds
 * to a whole number are cut off below it when computed exactly.
 */
const UNDEFINED =
  /^((matmul|dot|inner|vdot|tensordot\S*|einsum\S*)(\(.*)? u|tensordot\(x,y,axes=0\) int8$|vander\(.* u?int(32|64)$|cast\/uint8 bfloat16$|cumsum\(x,axis=1,dtype="uint8"\) bfloat16$|prod\/all float16$|nanprod\(x,axis=\(0,1\),keepdims=True\) float16$|qr\(V\) float16$|(nan)?cumsum\(x\) bfloat16$|rms_normalization\(x\) int(32|64)$)/;
/** What Keras computes and keraport refuses by name; of 64-bit integers the least of nothing. */
const REFUSED =
  /^((nanpercentile|nanmedian|psnr|adaptive_max_pool)\(.* (bool|u?int\d+)$|bincount\(cast|(lin|log)space\(.*dtype="int32"|view\(.* int64$|segment_min\(.* int64$)/;
/** Sums whose terms are much larger than they are: of the largest number of all outputs. */
const CANCELLED =
  /^(sinc|log_softmax|squareplus|r?fft2?|i?r?fft2?|stft|solve|qr|(binary|categorical)_crossentropy|ctc_loss|image\.(gaussian_blur|perspective_transform|resize))\(/;

function given(values: readonly number[], dtype: NumericDType): Tensor {
  const data = allocate(dtype, values.length);
  values.forEach((v, i) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[i] = BigInt(v);
    else data[i] = dtype === "float16" ? toFloat16(v) : dtype === "bfloat16" ? toBfloat16(v) : v;
  });
  return { dtype, shape: [3, 4], data };
}

const numbersOf = ({ dtype, data }: Tensor): number[] =>
  Array.from(data as ArrayLike<number>, (v) =>
    dtype === "float16" ? fromFloat16(v) : dtype === "bfloat16" ? fromBfloat16(v) : Number(v),
  );

function against(
  found: readonly Tensor[],
  wanted: NonNullable<Outcome>,
  numbers: Case["numbers"],
  cancelled: boolean,
): string | null {
  const all = wanted.flatMap(([, , place]) => numbers[place]!.filter((v) => typeof v === "number"));
  const least = cancelled ? Math.max(1, ...all.map(Math.abs)) : 1e-6;
  for (const [i, [dtype, shape, place]] of wanted.entries()) {
    const y = found[i]!;
    if (y.dtype !== dtype || y.shape.join() !== shape.join()) return `${y.dtype}[${y.shape}] for ${dtype}[${shape}]`;
    const expected = numbers[place]!.map((v) => (typeof v === "string" ? SPECIAL[v]! : v));
    const values = numbersOf(y);
    const at = expected.findIndex((v, k) => {
      const limit = (PRECISION[dtype] ?? 1e-8) * Math.max(least, Math.abs(v));
      return !(Object.is(v, values[k]) || v === values[k] || Math.abs(v - values[k]!) <= limit);
    });
    if (at >= 0) return `${values[at]} for ${expected[at]} at ${at}`;
  }
  return null;
}

it.each(Object.entries(tableOf<Case>(TABLE)))("%s", async (name, { config, results, numbers }) => {
  const wrong: string[] = [];
  for (const [key, wanted] of Object.entries(results)) {
    const dtype = key as NumericDType;
    for (const backend of ["reference", "wasm"] as const) {
      try {
        const model = tableModel(config, "keras3", (options, className) => {
          if (className === "InputLayer") options.set("dtype", dtype);
        });
        const x = INPUTS[dtype]!.map((values) => given(values, dtype));
        const found = await model.predict(x.slice(0, model.inputs.length), { backend });
        const what = wanted === null ? "answers" : against(found, wanted, numbers, CANCELLED.test(name));
        const isKnown = (wanted === null ? ANSWERED : UNDEFINED).test(`${name} ${dtype}`);
        if (what !== null && !isKnown) wrong.push(`${backend} ${dtype}: ${what}`);
      } catch (error) {
        if (!(error instanceof FormatError) || error.code.startsWith("internal/")) throw error;
        const isRefused = /unsupported\/|mismatch\/range/.test(error.message) && REFUSED.test(`${name} ${dtype}`);
        if (wanted !== null && !isRefused) wrong.push(`${backend} ${dtype}: ${error.message}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});
