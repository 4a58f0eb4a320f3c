/** TensorFlow.js as a judge: what is written for it computes there what Keras computed, or is refused by name. */
import { createRequire } from "node:module";
import { isTrueOutput } from "./judging.mjs";

const require = createRequire(import.meta.url);
let tf = null;

async function library() {
  if (tf !== null) return tf;
  console.warn = () => {};
  const core = require("@tensorflow/tfjs-core");
  require("@tensorflow/tfjs-backend-cpu");
  await core.setBackend("cpu");
  return (tf = { core, layers: require("@tensorflow/tfjs-layers") });
}

async function opened({ layers }, files) {
  const [, json] = [...files].find(([name]) => name.endsWith(".json"));
  const { weightsManifest, ...model } = JSON.parse(new TextDecoder().decode(json));
  const bytes = Buffer.concat(weightsManifest.flatMap(({ paths }) => paths).map((path) => files.get(path)));
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return layers.loadLayersModel({ load: async () => ({ ...model, weightSpecs, weightData }) });
}

/**
 * `calls`: inputs of every call, `expected` and `exact`: outputs of all calls, by Keras and in float64; `half`: with policies of 16 bits. A lookup that ends
 * TensorFlow.js as it runs is told as `stopped`.
 */
export async function judgeTfjs(lib, model, calls, expected, exact, half) {
  const { core, layers } = await library();
  let files;
  try {
    files = await lib.saveToMap(model, { format: "tfjs-layers" });
  } catch (error) {
    const isRefusal = error.problems?.every(({ code }) => code.startsWith("unsupported/"));
    return { verdict: isRefusal === true ? "unwritten" : "refused", message: error.message };
  }
  try {
    const other = await opened({ core, layers }, files);
    const found = calls.flatMap((inputs) => {
      const x = inputs.map(({ dtype, data, shape }) => {
        const { data: numbers } = lib.withDType({ dtype, data, shape }, /float/.test(dtype) ? "float32" : "int32");
        return core.tensor(numbers, shape, /float/.test(dtype) ? "float32" : "int32");
      });
      const y = other.predict(x.length === 1 ? x[0] : x);
      return (Array.isArray(y) ? y : [y]).map((one) => ({ dtype: "float32", shape: one.shape, data: one.dataSync() }));
    });
    for (const [i, tensor] of found.entries()) {
      const wanted = expected[i];
      const same = lib.withDType(tensor, wanted.dtype);
      const one = lib.compareTensors(`output ${i}`, same, wanted, lib.DEFAULT_TOLERANCE);
      if (!one.ok && !isTrueOutput(lib, same, wanted, exact[i], half))
        return {
          verdict: "differs",
          error: one.maxRel,
          message: `output ${i} of ${one.shape} is off by ${one.maxAbs} of ${one.magnitude}`,
        };
    }
    return { verdict: "equal", error: 0 };
  } catch (error) {
    return { verdict: /GatherV2: the index/.test(error.message) ? "stopped" : "refused", message: error.message };
  } finally {
    core.disposeVariables();
  }
}
