/** Tables of what Keras does, one config a case (fixtures/dtypes, fixtures/sizes, fixtures/policies): how their models are made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fromPlain, type JsonNode, type JsonObject } from "../../src/codecs/json.ts";
import { type DType, isFloat } from "../../src/core/dtype.ts";
import { toBfloat16, toFloat16 } from "../../src/core/half.ts";
import { sizeOf, type Tensor } from "../../src/core/tensor.ts";
import "../../src/layers/all.ts";
import { readModel } from "../../src/model/bind.ts";
import { withDType } from "../../src/core/cast.ts";
import { Model, tensor } from "../../src/node.ts";
import { FIXTURES } from "./fixtures.ts";

/** A table as it is stored. */
export const tableHead = (path: string): unknown =>
  JSON.parse(gunzipSync(readFileSync(join(FIXTURES, path))).toString());

/** The cases of a table. */
export const tableOf = <T>(path: string): Readonly<Record<string, T>> =>
  (tableHead(path) as { cases: Record<string, T> }).cases;

/** The weights of the tables: the same formula for all. */
function weight(_: JsonNode, shape: readonly number[], dtype: DType): Tensor {
  const lift = shape.length === 1 ? 1 : 0;
  const values = Array.from({ length: sizeOf(shape) }, (_v, i) => Math.sin(i + 1) * 0.5 + lift);
  return tensor(values, [...shape], dtype);
}

/** Those of whole numbers, where the dtype holds no others. */
export function wholeWeight(init: JsonNode, shape: readonly number[], dtype: DType): Tensor {
  if (isFloat(dtype)) return weight(init, shape, dtype);
  const values = Array.from({ length: sizeOf(shape) }, (_v, i) => Math.round(Math.sin(i + 1) * 3));
  const held = dtype.startsWith("uint") ? values.map(Math.abs) : values;
  return withDType(tensor(held, [...shape], "float64"), dtype);
}

/** The model of a case, the options of its layers edited first. */
export function tableModel(
  config: unknown,
  semantics: "keras3" | "tf-keras",
  edit: (options: JsonObject, className: JsonNode) => void,
  initialise: typeof weight = weight,
): Model {
  const root = fromPlain(config) as JsonObject;
  for (const layer of (root.get("config") as JsonObject).get("layers") as readonly JsonObject[])
    edit(layer.get("config") as JsonObject, layer.get("class_name")!);
  const made = readModel(root, { semantics, backend: "tensorflow", initialise });
  return new Model({ root: made, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] });
}

/** The inputs of the tables of dtypes: small whole numbers, as a dtype holds them; of sequences the last steps are 0 in some rows. */
export function smallInputs(model: Model): Tensor[] {
  return model.inputs.map(({ shape, dtype }) => {
    const full = [3, ...shape!.slice(1)] as number[];
    const values = Array.from({ length: sizeOf(full) }, (_, i) => ((i * 7) % 6) - 2);
    if (full.join() === "3,4,2") values.fill(0, 12, 16).fill(0, 22, 24);
    if (dtype === "float16") return { dtype, shape: full, data: Uint16Array.from(values, toFloat16) };
    if (dtype === "bfloat16") return { dtype, shape: full, data: Uint16Array.from(values, toBfloat16) };
    const held = values.map((v) => (dtype === "bool" ? Number(v !== 0) : dtype.startsWith("uint") ? Math.abs(v) : v));
    return withDType(tensor(held, full, "float64"), dtype);
  });
}
