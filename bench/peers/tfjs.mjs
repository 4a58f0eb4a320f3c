/** TensorFlow.js layers with the workload's weights. Argument: `wasm` or `cpu`. One thread: in Node it has no other. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { dataFile, serve, weights } from "./serve.mjs";
import { build } from "./tfjs-models.mjs";

const require = createRequire(import.meta.url);
console.log = console.warn = () => {};
const tf = require("@tensorflow/tfjs");
const backend = process.argv[2];
if (backend === "wasm") {
  const entry = require.resolve("@tensorflow/tfjs-backend-wasm");
  require(entry).setWasmPaths(`${dirname(entry)}/`);
}
await tf.setBackend(backend);
await tf.ready();
if (tf.getBackend() !== backend) throw new Error(`no backend ${backend}`);

/** The model that exported.mjs wrote into a folder. */
function opened(folder) {
  if (!existsSync(folder)) throw new Error("no layers of TensorFlow.js for all of it");
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const parts = weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(join(folder, path))));
  const { buffer, byteOffset, length } = Buffer.concat(parts);
  const weightData = buffer.slice(byteOffset, byteOffset + length);
  const weightSpecs = weightsManifest.flatMap((group) => group.weights);
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
}

serve(async (workload) => {
  const { name, x, shape, dtype, application } = workload;
  const model = application === undefined ? build(tf, workload, weights(name)) : await opened(dataFile(`${name}.tfjs`));
  return {
    release: () => model.dispose(),
    async call() {
      const input = tf.tensor(x, shape, dtype);
      const output = model.predict(input, { batchSize: workload.batch });
      const data = await output.data();
      input.dispose();
      output.dispose();
      return data;
    },
  };
});
