/** What is timed in a page, on the page's own thread: each makes a model of a workload and gives a function that runs it. */
import { build } from "/peers/tfjs-models.mjs";
import { load, tensor } from "/dist/index.js";

const MODULES = "/peers/node_modules";

/** Runs a classic script of a peer. */
function script(path) {
  return new Promise((done, failed) => {
    const element = Object.assign(document.createElement("script"), { src: `${MODULES}/${path}` });
    element.onload = done;
    element.onerror = () => failed(new Error(`no ${path}`));
    document.head.append(element);
  });
}

export const bytes = async (name) => {
  const response = await fetch(`/data/${name}`);
  if (!response.ok) throw new Error(`no ${name}: run bench/setup.mjs`);
  return response.arrayBuffer();
};

async function weights(name, shapes) {
  const all = new Float32Array(await bytes(`${name}.weights`));
  let at = 0;
  return shapes.map((shape) => {
    const size = shape.reduce((a, b) => a * b, 1);
    return { shape, data: all.subarray(at, (at += size)) };
  });
}

async function keraport({ name, x, shape, dtype }, options = {}) {
  const model = await load(new Uint8Array(await bytes(`${name}.keras`)));
  const input = tensor(x, shape, dtype);
  await model.prepare({ shapes: [shape], ...options });
  model.resetStates();
  const out = model.predictSync(input);
  model.resetStates();
  return { call: () => model.predictSync(input, { out })[0].data, release: () => model.dispose() };
}

async function ortWeb({ name, batch, x, shape, dtype, stateful }) {
  if (globalThis.ort === undefined) {
    await script("onnxruntime-web/dist/ort.wasm.min.js");
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = `${MODULES}/onnxruntime-web/dist/`;
  }
  const file = new Uint8Array(await bytes(`${name}.b${batch}.onnx`));
  const session = await ort.InferenceSession.create(file, { executionProviders: ["wasm"] });
  const release = () => session.release();
  if (!stateful)
    return { release, call: async () => (await session.run({ x: new ort.Tensor(dtype, x, shape) })).y.data };
  const units = session.inputMetadata.find((input) => input.name === "h").shape.at(-1);
  let h = new ort.Tensor("float32", new Float32Array(units), [1, batch, units]);
  let c = h;
  const call = async () => {
    const result = await session.run({ x: new ort.Tensor(dtype, x, shape), h, c });
    [h, c] = [result.h_out, result.c_out];
    return result.y.data;
  };
  return { release, call };
}

async function tfjsWasm(workload) {
  if (globalThis.tf === undefined) {
    await script("@tensorflow/tfjs/dist/tf.min.js");
    await script("@tensorflow/tfjs-backend-wasm/dist/tf-backend-wasm.min.js");
    tf.wasm.setWasmPaths(`${MODULES}/@tensorflow/tfjs-backend-wasm/dist/`);
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    await tf.setBackend("wasm");
  }
  const { name, batch, x, shape, dtype } = workload;
  const model = build(tf, workload, await weights(name, workload.weights));
  const call = async () => {
    const input = tf.tensor(x, shape, dtype);
    const output = model.predict(input, { batchSize: batch });
    const data = await output.data();
    input.dispose();
    output.dispose();
    return data;
  };
  return { call, release: () => model.dispose() };
}

export const CANDIDATES = {
  keraport,
  "keraport strict": (workload) => keraport(workload, { strict: true }),
  "ort-web": ortWeb,
  "tfjs-wasm": tfjsWasm,
};
