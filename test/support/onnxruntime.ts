/** A judge of ONNX files: ONNX Runtime, in WebAssembly. */
import { env, InferenceSession, Tensor as OrtTensor } from "onnxruntime-web";
import type { DType } from "../../src/core/dtype.ts";
import type { Tensor } from "../../src/core/tensor.ts";

env.wasm.numThreads = 1;
env.logLevel = "fatal";

/** Runs a file on inputs by name; gives outputs by name. */
export async function runOnnx(
  bytes: Uint8Array,
  inputs: ReadonlyMap<string, Tensor>,
  externalData: readonly { readonly path: string; readonly data: Uint8Array }[] = [],
): Promise<ReadonlyMap<string, Tensor>> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, externalData: [...externalData] });
  try {
    const feeds = [...inputs].map(
      ([name, { dtype, data, shape }]) =>
        [name, new OrtTensor(dtype as "float32", data as Float32Array, [...shape])] as const,
    );
    const outputs = await session.run(Object.fromEntries(feeds));
    return new Map(
      Object.entries(outputs).map(([name, { type, data, dims }]) => [
        name,
        { dtype: type as DType, shape: [...dims], data: data as Float32Array },
      ]),
    );
  } finally {
    await session.release();
  }
}
