/**
 * Every layer with inputs of every dtype, on both backends, against what Keras 3 and tf-keras do with them
 * (fixtures/dtypes, made by fixtures/make/dtype_cases.py): the same dtypes and numbers, or refused by the layer's name.
 */
import { describe, expect, it } from "vitest";
import type { DType } from "../src/core/dtype.ts";
import { FormatError } from "../src/core/error.ts";
import type { Tensor } from "../src/core/tensor.ts";
import { withDType } from "../src/core/cast.ts";
import type { Model } from "../src/node.ts";
import { difference } from "./support/fixtures.ts";
import { smallInputs, tableModel, tableOf } from "./support/tables.ts";

type Outcome = readonly (readonly [dtype: DType, numbers: number])[] | null;
interface Case {
  readonly config: unknown;
  readonly results: Readonly<Record<string, Outcome>>;
  readonly numbers: readonly (readonly number[])[];
}

const RTOL = 1e-5;
const ATOL = 1e-6;

/** Integers and bools that Keras takes and keraport refuses: it wraps them. */
const REFUSED = { keras3: /^$/, "tf-keras": /^Multiply\/mixed/ };

/** What Keras refuses for want of a kernel, or of one dtype under a mask, and keraport computes. */
const ANSWERED = /^tf-keras (SimpleRNN\/masked_state bfloat16|UpSampling2D\/plain (bool|uint32))$/;

/** Keras normalises half precision and rounds the result to it, where keraport takes it for float32 at once. */
const HALF = /^keras3 (LayerNormalization|GroupNormalization)\/\w+ b?float16$/;

/** The model of a case for inputs of a dtype; those whose names begin with `f` stay float32. */
const modelFor = (config: unknown, dtype: string, semantics: "keras3" | "tf-keras"): Model =>
  tableModel(config, semantics, (options, className) => {
    if (className === "InputLayer" && !String(options.get("name")).startsWith("f")) options.set("dtype", dtype);
  });

for (const [file, semantics] of [
  ["keras3", "keras3"],
  ["tf_keras", "tf-keras"],
] as const) {
  describe.each(Object.entries(tableOf<Case>(`dtypes/${file}.json.gz`)))(
    `${file} %s`,
    (name, { config, results, numbers }) => {
      it.each(Object.entries(results))("%s", async (dtype, outcome) => {
        const run = async (backend: "reference" | "wasm"): Promise<readonly Tensor[]> => {
          const model = modelFor(config, dtype, semantics);
          return model.predict(smallInputs(model), { backend });
        };
        const isFloat = dtype.includes("float");
        const isRefused = !isFloat && REFUSED[semantics].test(name);
        const at = `${semantics} ${name} ${dtype}`;
        if (outcome === null && ANSWERED.test(at)) {
          const [reference, wasm] = [await run("reference"), await run("wasm")];
          wasm.forEach((y, i) => expect(difference(y, reference[i]!).error).toBeLessThanOrEqual(1e-6));
          return;
        }
        if (outcome === null || isRefused) {
          for (const backend of ["reference", "wasm"] as const)
            await expect(run(backend), backend).rejects.toSatisfy(
              (e) => e instanceof FormatError && /dtype|string/.test(e.message) && e.path !== undefined,
            );
          return;
        }
        for (const backend of ["reference", "wasm"] as const) {
          const found = await run(backend);
          expect(
            found.map((y) => y.dtype),
            backend,
          ).toEqual(outcome.map(([kind]) => kind));
          outcome.forEach(([, place], i) => {
            const wanted = numbers[place]!;
            const y = withDType(found[i]!, "float64").data as Float64Array;
            const magnitude = Math.max(...wanted.map(Math.abs));
            const limit = HALF.test(at) ? magnitude / (dtype === "float16" ? 1024 : 128) : ATOL + RTOL * magnitude;
            expect(y.length, backend).toBe(wanted.length);
            const far = Math.max(...wanted.map((v, k) => Math.abs(v - y[k]!)));
            expect(far, `${backend} ${i}`).toBeLessThanOrEqual(limit);
          });
        }
      });
    },
  );
}
