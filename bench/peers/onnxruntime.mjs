/** ONNX Runtime on the workload's ONNX file. Arguments: `node` or `web` (WebAssembly), number of threads. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { dataFile, serve } from "./serve.mjs";

const [kind, threads] = process.argv.slice(2);
const isWeb = kind === "web";
const require = createRequire(import.meta.url);
const entry = require.resolve(isWeb ? "onnxruntime-web/wasm" : "onnxruntime-node");
const ort = require(entry);
if (isWeb) {
  ort.env.wasm.numThreads = Number(threads);
  ort.env.wasm.wasmPaths = `${dirname(entry)}/`;
}
const OPTIONS = isWeb
  ? { executionProviders: ["wasm"] }
  : { executionProviders: ["cpu"], intraOpNumThreads: Number(threads), interOpNumThreads: 1 };

serve(async ({ name, batch, x, shape, dtype, stateful }) => {
  const session = await ort.InferenceSession.create(readFileSync(dataFile(`${name}.b${batch}.onnx`)), OPTIONS);
  const release = () => session.release();
  if (stateful !== true) {
    const [input] = session.inputNames;
    const [output] = session.outputNames;
    return {
      release,
      call: async () => (await session.run({ [input]: new ort.Tensor(dtype, x, shape) }))[output].data,
    };
  }
  const units = session.inputMetadata.find((input) => input.name === "h").shape.at(-1);
  let h = new ort.Tensor("float32", new Float32Array(units), [1, batch, units]);
  let c = h;
  return {
    release,
    async call() {
      const result = await session.run({ x: new ort.Tensor(dtype, x, shape), h, c });
      h = result.h_out;
      c = result.c_out;
      return result.y.data;
    },
  };
});
