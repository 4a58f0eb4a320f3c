/** TensorFlow.js as a judge of what is written for it. It has no types here: users install it beside the library. */
import { createRequire } from "node:module";
import { isFloat } from "../../src/core/dtype.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { withDType } from "../../src/core/cast.ts";

interface TfTensor {
  readonly shape: number[];
  readonly dtype: string;
  dataSync(): Float32Array | Int32Array | Uint8Array;
  dispose(): void;
}
export interface TfModel {
  readonly inputs: readonly { readonly name: string }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly layers: readonly { readonly name: string }[];
  predict(x: TfTensor | TfTensor[]): TfTensor | TfTensor[];
  resetStates(): void;
  compile(options: { optimizer: object; loss: string }): void;
  fit(x: TfTensor, y: TfTensor, options: { batchSize: number; epochs: number; shuffle: boolean }): Promise<unknown>;
  getWeights(): readonly TfTensor[];
  save(handler: { save(artifacts: never): Promise<never> }, options?: { includeOptimizer: boolean }): Promise<unknown>;
}

const require = createRequire(import.meta.url);
/** The core library. */
export const tf = require("@tensorflow/tfjs-core") as {
  readonly train: Readonly<Record<string, (...options: (number | boolean)[]) => object>>;
  setBackend(name: string): Promise<boolean>;
  tensor(data: unknown, shape: readonly number[], dtype: string): TfTensor;
};
require("@tensorflow/tfjs-backend-cpu");
/** The layers library itself. */
export const tfLayers = require("@tensorflow/tfjs-layers") as {
  loadLayersModel(handler: { load(): Promise<object> }): Promise<TfModel>;
  sequential(config: object): TfModel;
  readonly layers: Readonly<
    Record<"batchNormalization" | "bidirectional" | "dense" | "gru" | "lstm", (config: object) => object>
  >;
};
await tf.setBackend("cpu");

/** `tf.loadLayersModel` on files, by their names. */
export async function loadInTfjs(files: ReadonlyMap<string, Uint8Array>): Promise<TfModel> {
  const [, json] = [...files].find(([name]) => name.endsWith(".json"))!;
  const model = JSON.parse(new TextDecoder().decode(json)) as {
    weightsManifest: readonly { paths: readonly string[]; weights: readonly object[] }[];
  };
  const bytes = Buffer.concat(model.weightsManifest.flatMap(({ paths }) => paths).map((path) => files.get(path)!));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const weightSpecs = model.weightsManifest.flatMap(({ weights }) => weights);
  return tfLayers.loadLayersModel({ load: async () => ({ ...model, weightSpecs, weightData }) });
}

/** Its outputs. */
export function runInTfjs(model: TfModel, inputs: readonly Tensor[]): readonly Tensor[] {
  const x = inputs.map(({ data, shape, dtype }) =>
    isFloat(dtype)
      ? tf.tensor(withDType({ data, shape, dtype }, "float32").data, shape, "float32")
      : tf.tensor(Int32Array.from(data as ArrayLike<number>, Number), shape, "int32"),
  );
  const y = model.predict(x.length === 1 ? x[0]! : x);
  return (Array.isArray(y) ? y : [y]).map(
    (one) => ({ dtype: one.dtype, shape: one.shape, data: one.dataSync() }) as Tensor,
  );
}
