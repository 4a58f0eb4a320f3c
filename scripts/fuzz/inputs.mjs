/** Every fixture with inputs of every dtype and several sizes: both engines give the same, or refuse alike. */
import { readFileSync } from "node:fs";
import { compareEngines, LIMITS, untyped } from "./engines.mjs";
import { Rng } from "./random.mjs";

const DTYPES = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint32",
  "bool",
];
/** Batch and open lengths. */
const SIZES = [
  { batch: 1, length: 1 },
  { batch: 3, length: 2 },
  { batch: 2, length: 7 },
];
/** How the dtype comes in: the model declares it, or a caller passes it to the model as it is. */
const WAYS = ["declared", "passed"];
const HALF = { float16: [0, 0x3c00, 0xbc00, 0x4000], bfloat16: [0, 0x3f80, 0xbf80, 0x4000] };

/** Sets the dtype of every input; old chains get an InputLayer for it. */
function declare(tree, dtype) {
  const model = tree.config;
  const layers = Array.isArray(model) ? model : model?.layers;
  let found = 0;
  for (const layer of layers ?? []) {
    if (layer.class_name !== "InputLayer") continue;
    found++;
    layer.config[layer.config.input_dtype === undefined ? "dtype" : "input_dtype"] = dtype;
  }
  if (found > 0 || tree.class_name !== "Sequential" || layers?.[0]?.config?.batch_input_shape === undefined)
    return found > 0;
  const { batch_input_shape } = layers[0].config;
  delete layers[0].config.batch_input_shape;
  layers.unshift({
    class_name: "InputLayer",
    config: { batch_input_shape, dtype, sparse: false, name: "declared_input" },
  });
  return true;
}

export class Inputs {
  #models = new Map();

  constructor(lib, folders) {
    this.lib = lib;
    this.folders = folders.filter(({ io }) => io !== undefined);
    this.total = this.folders.length * DTYPES.length * SIZES.length * WAYS.length;
  }

  make(seed, index) {
    let rest = index;
    const take = (list) => {
      const one = list[rest % list.length];
      rest = Math.floor(rest / list.length);
      return one;
    };
    const [size, way, dtype] = [take(SIZES), take(WAYS), take(DTYPES)];
    return {
      base: this.folders[rest % this.folders.length],
      size,
      way,
      dtype,
      salt: new Rng("inputs", seed, index).bits(),
    };
  }

  describe({ base, size, way, dtype }) {
    return `${base.name}, ${dtype} ${way}, batch ${size.batch}, lengths ${size.length}`;
  }

  about({ base, way, dtype }) {
    return `${base.name.split("/").slice(0, -1).join("/")} ${dtype} ${way}`;
  }

  *smaller() {}

  bytes() {
    return new Uint8Array(0);
  }

  /** The fixture's config, weights and inputs; one fixture at a time is kept. */
  async #fixture({ name, model: path, weights, io }) {
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    this.#models.clear();
    const { lib } = this;
    const model = await lib.load(path, weights ? { weights } : {});
    try {
      const [text] = (await lib.saveToMap(model, { format: "keras-json" })).values();
      const values = await lib.readNpz(lib.bytesSource(new Uint8Array(readFileSync(io)), io), lib.withLimits({}));
      const made = {
        text: new TextDecoder().decode(text),
        weights: await model.getWeights(),
        isRunnable: model.problems.length === 0,
        inputs: model.inputs.map(({ name: own, shape }, i) => ({
          values: values.get(`inputs/${i}`) ?? values.get(`inputs/${own}`),
          shape,
        })),
      };
      this.#models.set(name, made);
      return made;
    } finally {
      model.dispose();
    }
  }

  /** The fixture's own numbers, cut or repeated to a shape and rounded to a dtype. */
  #values(tensor, shape, dtype) {
    const numbers = this.lib.valuesOf(tensor);
    const size = shape.reduce((n, k) => n * k, 1);
    const data = this.lib.allocate(dtype, size);
    const isId = !tensor.dtype.startsWith("float");
    for (let i = 0; i < size; i++) {
      const x = Number(numbers[i % numbers.length] ?? 0);
      const whole = isId ? x : Math.round(2 * x) || 0;
      if (dtype === "bool") data[i] = whole === 0 ? 0 : 1;
      else if (HALF[dtype]) data[i] = HALF[dtype][Math.abs(whole) % 4];
      else if (dtype.endsWith("int64")) data[i] = BigInt(whole);
      else if (dtype.startsWith("u")) data[i] = Math.abs(whole);
      else data[i] = dtype.startsWith("float") ? x : whole;
    }
    return { dtype, shape, data };
  }

  async run({ base, size, way, dtype, salt }) {
    const { lib } = this;
    let model;
    try {
      const fixture = await this.#fixture(base);
      if (!fixture.isRunnable) return { find: null, ran: "not runnable" };
      // Configs that hold NaN or an infinity are left to the readers.
      if (/(?<![\w"])-?(NaN|Infinity)(?![\w"])/.test(fixture.text)) return { find: null, ran: "no JSON" };
      const tree = JSON.parse(fixture.text);
      if (way === "declared" && !declare(tree, dtype)) return { find: null, ran: "no input layer" };
      model = await lib.load(new TextEncoder().encode(JSON.stringify(tree)), { limits: LIMITS });
      await model.setWeights(fixture.weights);
      const inputs = fixture.inputs.map(({ values, shape }) => {
        const wanted = (shape ?? values.shape).map((n, i) => n ?? (i === 0 ? size.batch : size.length));
        return this.#values(values, wanted, dtype);
      });
      return await compareEngines(lib, model, inputs, new Rng(salt));
    } catch (error) {
      return { find: untyped(lib, error, undefined), ran: "refused" };
    } finally {
      model?.dispose();
    }
  }
}
