/**
 * Float policies: every layer under each of them, alone and all together, on both backends: Keras's dtype, and as near to
 * the float64 truth as `truthExcess` asks (fixtures/dtypes/*_policies.json.gz, made by fixtures/make/layer_policies.py).
 */
import { describe, expect, it } from "vitest";
import { FormatError } from "../src/core/error.ts";
import { type DType, isFloat } from "../src/core/dtype.ts";
import { type Tensor, tensor, valuesOf } from "../src/core/tensor.ts";
import { truthExcess } from "../src/verify/truth-rule.ts";
import { smallInputs, tableModel, tableOf } from "./support/tables.ts";

type Outcome = readonly (readonly [dtype: DType, error: number])[] | null;
interface Case {
  readonly config: unknown;
  readonly truth: readonly (readonly number[])[];
  readonly results: Readonly<Record<string, Outcome>>;
}

/** Every object that holds the dtype of a layer, by path. */
function holders(config: unknown): Map<string, Record<string, unknown>> {
  const found = new Map<string, Record<string, unknown>>();
  const visit = (node: unknown, path: string): void => {
    if (Array.isArray(node)) node.forEach((item, i) => visit(item, `${path}/${i}`));
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { class_name: name, config: inner } = node as { class_name?: unknown; config?: Record<string, unknown> };
    const isLayer = typeof inner === "object" && inner !== null && "dtype" in inner && "name" in inner;
    if (name !== undefined && name !== "InputLayer" && isLayer) found.set(path, inner);
    for (const [key, value] of Object.entries(node)) visit(value, `${path}/${key}`);
  };
  visit(config, "");
  return found;
}

/** The config with a policy for the layer at a path, or for all. */
function changed(config: unknown, path: string, policy: string): unknown {
  const copy = structuredClone(config);
  for (const [at, options] of holders(copy))
    if (path === "*" || at === path) options["dtype"] = { class_name: "Policy", config: { name: policy } };
  return copy;
}

async function run(
  config: unknown,
  semantics: "keras3" | "tf-keras",
  backend: "reference" | "wasm",
): Promise<readonly Tensor[] | FormatError> {
  try {
    const model = tableModel(config, semantics, () => undefined);
    const inputs = smallInputs(model).map((x) =>
      tensor(
        Float32Array.from(x.data as Float32Array, (v) => v * Math.fround(1.1)),
        x.shape,
        "float32",
      ),
    );
    return await model.predict(inputs, { backend });
  } catch (error) {
    if (error instanceof FormatError && !error.code.startsWith("internal/")) return error;
    throw error;
  }
}

/** What is wrong; null where nothing is. */
function against(found: readonly Tensor[] | FormatError, wanted: Outcome, truth: Case["truth"]): string | null {
  if (found instanceof FormatError) return wanted === null ? null : found.message;
  if (wanted === null) return null;
  for (const [i, [dtype, error]] of wanted.entries()) {
    const y = found[i]!;
    if (y.dtype !== dtype) return `${y.dtype} for ${dtype}`;
    const values = Array.from(valuesOf(y) as ArrayLike<number>, Number);
    const exact = truth[i]!;
    const maxAbs = Math.max(...exact.map((v, k) => Math.abs(v - values[k]!)));
    const excess = isFloat(dtype)
      ? truthExcess({ maxAbs }, { maxAbs: error }, Math.max(...exact.map(Math.abs)), dtype)
      : maxAbs;
    if (!(excess <= 1)) return `an error of ${maxAbs}, Keras's is ${error}`;
  }
  return null;
}

for (const [file, semantics] of [
  ["keras3", "keras3"],
  ["tf_keras", "tf-keras"],
] as const) {
  describe(file, () => {
    it.each(Object.entries(tableOf<Case>(`dtypes/${file}_policies.json.gz`)))(
      "%s",
      async (_name, { config, results, truth }) => {
        const wrong: string[] = [];
        for (const [key, wanted] of Object.entries(results)) {
          const [path, policy] = key.split(" ") as [string, string];
          for (const backend of ["reference", "wasm"] as const) {
            const what = against(await run(changed(config, path, policy), semantics, backend), wanted, truth);
            if (what !== null) wrong.push(`${backend} ${key}: ${what}`);
          }
        }
        expect(wrong).toEqual([]);
      },
    );
  });
}
