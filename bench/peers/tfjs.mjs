/** TensorFlow.js layers with the workload's weights. Argument: `wasm` or `cpu`. One thread: in Node it has no other. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { serve, weights } from "./serve.mjs";
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

serve(async (workload) => {
  const { name, x, shape, dtype } = workload;
  const model = build(tf, workload, weights(name));
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
