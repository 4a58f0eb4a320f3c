/**
 * The `dtype` option of every layer. Integers and bools: on both backends what Keras 3 and tf-keras do
 * (fixtures/dtypes/*_layers.json.gz, made by fixtures/make/layer_dtypes.py), or refused by the layer's name; the inner layers of
 * wrappers, too. Float policies: test/layer-policies.test.ts.
 */
import { describe, expect, it } from "vitest";
import { type DType, isFloat } from "../src/core/dtype.ts";
import { FormatError } from "../src/core/error.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { type Model, tensor } from "../src/node.ts";
import { withDType } from "../src/core/cast.ts";
import { smallInputs, tableModel, tableOf, wholeWeight } from "./support/tables.ts";

type Outcome = readonly (readonly [dtype: DType, numbers: number])[] | null;
interface Case {
  readonly config: unknown;
  readonly results: Readonly<Record<string, Outcome>>;
  readonly numbers: readonly (readonly number[])[];
}
type Semantics = "keras3" | "tf-keras";
type Found = readonly Tensor[] | FormatError;

const RTOL = 1e-5;
const ATOL = 1e-6;

/** What tf-keras refuses for want of a kernel, and keraport computes. */
const ANSWERED = /^tf-keras UpSampling2D\/plain bool$/;

/**
 * What Keras computes and keraport refuses by name: a SimpleRNN of integers whose activation makes floats of its states, which
 * Keras's own `predict` refuses; and in tf-keras weights of whole numbers.
 */
const REFUSED = new RegExp(
  [
    /^keras3 (SimpleRNN\/(?!relu)\w+|RNN\/simple) (int32|uint8)$/,
    /^tf-keras (PReLU\/plain int(8|32)|ThresholdedReLU\/plain bool|GroupNormalization\/bare \w+|SimpleRNN\/relu int32|Conv[12]D(Transpose)?\/\w+ int32)$/,
  ]
    .map(({ source }) => source)
    .join("|"),
);

/** The config with another dtype for the layer at a path. */
function changed(config: unknown, path: string, dtype: unknown): unknown {
  const copy = structuredClone(config) as Record<string, unknown>;
  let node = copy;
  for (const key of path.split("/").slice(1)) node = node[key] as Record<string, unknown>;
  (node["config"] as Record<string, unknown>)["dtype"] = dtype;
  return copy;
}

/** No variance is below 0. */
const absolute = (value: Tensor): Tensor => ({
  ...value,
  data: (value.data as Int32Array).map((v) => (v < 0 ? -v : v)),
});

/** The inputs of the tables: floats have fractions, and none is negative where the dtype is unsigned. */
function inputsFor(model: Model, dtype: string): Tensor[] {
  return smallInputs(model).map((x) => {
    const isUnsigned = dtype === "uint8" || dtype === "bool";
    const values = Array.from(x.data as ArrayLike<number>, (v) => (isUnsigned ? Math.abs(v) : v));
    const data = x.dtype === "float32" ? values.map((v) => v * Math.fround(1.3)) : values;
    return tensor(data, x.shape, x.dtype);
  });
}

async function run(
  config: unknown,
  dtype: string,
  given: string,
  semantics: Semantics,
  backend: "reference" | "wasm",
): Promise<Found> {
  try {
    const model = tableModel(
      config,
      semantics,
      (options, className) => {
        if (className === "InputLayer") options.set("dtype", given);
      },
      wholeWeight,
    );
    const values = model.problems.length > 0 ? [] : await model.getWeights();
    if (values.length > 0)
      await model.setWeights(
        values.map((value, i) =>
          /variance/.test(model.weights[i]!.name) && !isFloat(value.dtype) ? absolute(value) : value,
        ),
      );
    return await model.predict(inputsFor(model, dtype), { backend });
  } catch (error) {
    if (error instanceof FormatError && !error.code.startsWith("internal/")) return error;
    throw error;
  }
}

function against(found: Found, wanted: Outcome, numbers: Case["numbers"], at: string): string | null {
  if (found instanceof FormatError) {
    if (wanted !== null && !REFUSED.test(at)) return found.message;
    const isNamed = found.path !== undefined && /(unsupported\/dtype|mismatch\/dtype)/.test(found.message);
    return isNamed || (wanted === null && found.path !== undefined) ? null : found.message;
  }
  if (wanted === null) return "answers";
  for (const [i, [dtype, place]] of wanted.entries()) {
    const y = found[i]!;
    if (y.dtype !== dtype) return `${y.dtype} for ${dtype}`;
    const values = withDType(y, "float64").data as Float64Array;
    const limit = ATOL + RTOL * Math.max(...numbers[place]!.map(Math.abs));
    const at = numbers[place]!.findIndex((v, k) => !(Math.abs(v - values[k]!) <= limit));
    if (at >= 0) return `${values[at]} for ${numbers[place]![at]}`;
  }
  return null;
}

for (const [file, semantics] of [
  ["keras3", "keras3"],
  ["tf_keras", "tf-keras"],
] as const) {
  describe(file, () => {
    it.each(Object.entries(tableOf<Case>(`dtypes/${file}_layers.json.gz`)))(
      "%s",
      async (name, { config, results, numbers }) => {
        const wrong: string[] = [];
        for (const [key, wanted] of Object.entries(results)) {
          const [path, dtype, given] = key.split(" ") as [string, string, string];
          for (const backend of ["reference", "wasm"] as const) {
            const found = await run(changed(config, path, dtype), dtype, given, semantics, backend);
            const at = `${semantics} ${name} ${dtype}`;
            if (ANSWERED.test(at)) continue;
            const what = against(found, wanted, numbers, at);
            if (what !== null) wrong.push(`${backend} ${key}: ${what}`);
          }
        }
        expect(wrong).toEqual([]);
      },
    );
  });
}
