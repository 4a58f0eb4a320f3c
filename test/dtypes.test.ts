/**
 * Every layer with inputs of every dtype, on both backends, against what Keras 3 and tf-keras do with them
 * (fixtures/dtypes, made by fixtures/make/dtype_cases.py): the same dtypes and numbers, or refused by the layer's name.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { fromPlain, type JsonNode, type JsonObject } from "../src/codecs/json.ts";
import type { DType } from "../src/core/dtype.ts";
import { FormatError } from "../src/core/error.ts";
import { toBfloat16, toFloat16 } from "../src/core/half.ts";
import { sizeOf, type Tensor } from "../src/core/tensor.ts";
import { readModel } from "../src/model/bind.ts";
import { castTensor } from "../src/model/weight.ts";
import { Model, tensor } from "../src/node.ts";
import { difference, FIXTURES } from "./support/fixtures.ts";

type Outcome = readonly (readonly [dtype: DType, numbers: number])[] | null;
interface Case {
  readonly config: unknown;
  readonly results: Readonly<Record<string, Outcome>>;
  readonly numbers: readonly (readonly number[])[];
}
interface Table {
  readonly cases: Readonly<Record<string, Case>>;
}

const RTOL = 1e-5;
const ATOL = 1e-6;

/** Integers and bools that Keras takes and keraport refuses: it cuts fractions to whole numbers, or wraps them. */
const REFUSED = {
  keras3:
    /^(LayerNormalization|GroupNormalization|RMSNormalization|TimeDistributed\/norm|Dot\/both|UpSampling2D\/bilinear)/,
  "tf-keras": /^(GlobalAveragePooling\dD|Multiply\/mixed)/,
};
const REFUSED_DOT = ["bool", "int8"];

/** What Keras refuses for want of a kernel and keraport computes: floats of other widths are cast, elements repeated. */
const ANSWERED =
  /^tf-keras (\w+\/(initial_state|both_integer|masked_state) (b?float16|float64)|UpSampling2D\/plain (bool|uint32))$/;

/** Keras normalises half precision and rounds the result to it, where keraport takes it for float32 at once. */
const HALF = /^keras3 (LayerNormalization|GroupNormalization)\/\w+ b?float16$/;

/** The weights of the fixtures: the same formula for all. */
function weight(_: JsonNode, shape: readonly number[], dtype: DType): Tensor {
  const lift = shape.length === 1 ? 1 : 0;
  const values = Array.from({ length: sizeOf(shape) }, (_v, i) => Math.sin(i + 1) * 0.5 + lift);
  return tensor(values, [...shape], dtype);
}

/** The model of a case for inputs of a dtype; those whose names begin with `f` stay float32. */
function modelFor(config: unknown, dtype: string, semantics: "keras3" | "tf-keras"): Model {
  const root = fromPlain(config) as JsonObject;
  for (const layer of (root.get("config") as JsonObject).get("layers") as readonly JsonObject[]) {
    const options = layer.get("config") as JsonObject;
    if (layer.get("class_name") === "InputLayer" && !String(options.get("name")).startsWith("f"))
      options.set("dtype", dtype);
  }
  const made = readModel(root, { semantics, backend: "tensorflow", initialise: weight });
  return new Model({ root: made, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] });
}

/** The inputs of the fixtures: small whole numbers, as a dtype holds them; of sequences the last steps are 0 in some rows. */
function inputsOf(model: Model): Tensor[] {
  return model.inputs.map(({ shape, dtype }) => {
    const full = [3, ...shape!.slice(1)] as number[];
    const values = Array.from({ length: sizeOf(full) }, (_, i) => ((i * 7) % 6) - 2);
    if (full.join() === "3,4,2") values.fill(0, 12, 16).fill(0, 22, 24);
    if (dtype === "float16") return { dtype, shape: full, data: Uint16Array.from(values, toFloat16) };
    if (dtype === "bfloat16") return { dtype, shape: full, data: Uint16Array.from(values, toBfloat16) };
    const held = values.map((v) => (dtype === "bool" ? Number(v !== 0) : dtype.startsWith("uint") ? Math.abs(v) : v));
    return castTensor(tensor(held, full, "float64"), dtype);
  });
}

for (const [file, semantics] of [
  ["keras3", "keras3"],
  ["tf_keras", "tf-keras"],
] as const) {
  const table = JSON.parse(gunzipSync(readFileSync(join(FIXTURES, "dtypes", `${file}.json.gz`))).toString()) as Table;
  describe.each(Object.entries(table.cases))(`${file} %s`, (name, { config, results, numbers }) => {
    it.each(Object.entries(results))("%s", async (dtype, outcome) => {
      const run = async (backend: "reference" | "wasm"): Promise<readonly Tensor[]> => {
        const model = modelFor(config, dtype, semantics);
        return model.predict(inputsOf(model), { backend });
      };
      const isFloat = dtype.includes("float");
      const isRefused =
        !isFloat && REFUSED[semantics].test(name) && (!name.startsWith("Dot") || REFUSED_DOT.includes(dtype));
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
          const y = castTensor(found[i]!, "float64").data as Float64Array;
          const magnitude = Math.max(...wanted.map(Math.abs));
          const limit = HALF.test(at) ? magnitude / (dtype === "float16" ? 1024 : 128) : ATOL + RTOL * magnitude;
          expect(y.length, backend).toBe(wanted.length);
          const far = Math.max(...wanted.map((v, k) => Math.abs(v - y[k]!)));
          expect(far, `${backend} ${i}`).toBeLessThanOrEqual(limit);
        });
      }
    });
  });
}
