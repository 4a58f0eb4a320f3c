/** Semi-valid configs: fixtures' configs with options changed to others; the reference engine says what wasm must give. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compareEngines, inputsFor, LIMITS, setWeights, untyped } from "./engines.mjs";
import { Rng } from "./random.mjs";

const encoder = new TextEncoder();
const DTYPES = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "int32",
  "int64",
  "int8",
  "uint8",
  "bool",
  "mixed_float16",
  "string",
];
const WORDS = [
  "same",
  "valid",
  "causal",
  "full",
  "channels_first",
  "channels_last",
  "sum",
  "mul",
  "ave",
  "concat",
  "relu",
  "softmax",
  "tanh",
  "linear",
  "hard_sigmoid",
  "nearest",
  "bilinear",
  "bicubic",
  "zeros",
  "max",
  "avg",
];

const isNode = (value) => value !== null && typeof value === "object" && typeof value.class_name === "string";

/** Every layer's config inside a config, and every other value's place. */
function survey(value, into = { configs: [], places: [], chains: [] }) {
  if (value === null || typeof value !== "object") return into;
  if (isNode(value) && value.config !== null && typeof value.config === "object" && !Array.isArray(value.config))
    into.configs.push(value);
  if (isNode(value) && value.class_name === "Sequential") {
    const chain = Array.isArray(value.config) ? value.config : value.config?.layers;
    if (Array.isArray(chain)) into.chains.push(chain);
  }
  for (const [key, one] of Object.entries(value)) {
    if (one === null || typeof one !== "object") into.places.push({ holder: value, key });
    survey(one, into);
  }
  return into;
}

/** What keys may hold and which layers there are, over all configs of one language. */
function dictionary(texts) {
  const options = new Map();
  const layers = new Map();
  for (const text of texts) {
    for (const node of survey(JSON.parse(text)).configs) {
      for (const [key, value] of Object.entries(node.config)) {
        const shown = JSON.stringify(value);
        if (key === "layers" || shown === undefined || shown.length > 300) continue;
        if (!options.has(key)) options.set(key, new Set());
        options.get(key).add(shown);
      }
      const shown = JSON.stringify(node);
      if (typeof node.config.name === "string" && shown.length < 2000 && !/"layers"|inbound_nodes": \[\[/.test(shown)) {
        if (!layers.has(node.class_name)) layers.set(node.class_name, new Set());
        layers.get(node.class_name).add(shown);
      }
    }
  }
  const lists = (map) => new Map([...map].map(([key, set]) => [key, [...set].sort()]));
  return { options: lists(options), layers: lists(layers) };
}

/** A value beside the one that is there: truthy numbers, sizes, other words, null. */
function beside(rng, old, huge) {
  if (typeof old === "boolean") return rng.pick([1, 0, !old, !old, null, 2, "true"]);
  if (typeof old === "number")
    return rng.pick([
      0,
      1,
      2,
      3,
      -1,
      -2,
      5,
      0.5,
      1.5,
      old + 1,
      old * 2,
      huge ? 1e4 : 4,
      huge ? 1e9 : 9,
      huge ? 2 ** 31 : 17,
      true,
      false,
      null,
      [old],
      [old, old],
    ]);
  if (typeof old === "string") return rng.pick([...WORDS, ...DTYPES, null, 1, true]);
  if (Array.isArray(old)) {
    const next = structuredClone(old);
    const how = rng.int(5);
    if (how === 0) return next.slice(1);
    if (how === 1) return [...next, ...next.slice(-1)];
    if (how === 2) return next.reverse();
    if (how === 3) return next.map(() => structuredClone(next[0] ?? null));
    if (next.length > 0) {
      const at = rng.int(next.length);
      next[at] = beside(rng, next[at], huge);
    }
    return next;
  }
  return rng.pick([null, 1, 0, -1, 2, true, "relu", [1, 2]]);
}

export class Configs {
  static total = Infinity;

  /** `corpus`: `[{ name, text }]`, the configs of fixtures as JSON. `huge`: whether sizes of thousands and more are drawn. */
  constructor(lib, corpus, { huge = true } = {}) {
    this.lib = lib;
    this.huge = huge;
    this.corpus = corpus;
    this.words = dictionary(corpus.map(({ text }) => text));
    this.classes = [...this.words.layers.keys()]
      .filter((name) => !["Sequential", "Functional", "Model"].includes(name))
      .sort();
  }

  make(seed, index) {
    const rng = new Rng("configs", seed, index);
    const base = rng.pick(this.corpus);
    const edits = Array.from(
      {
        length: rng.weighed([
          [5, 1],
          [4, 2],
          [2, 3],
        ]),
      },
      () => rng.bits(),
    );
    return { base, edits, salt: rng.bits() };
  }

  describe(input) {
    return `${input.base.name}: ${this.#changes(input)
      .map((words) => words.join(" "))
      .join("; ")}`;
  }

  /** The options that the edits changed. */
  about(input) {
    return this.#changes(input)
      .map(([what]) => what)
      .sort()
      .join(", ");
  }

  #changes({ base, edits }) {
    const tree = JSON.parse(base.text);
    return edits.map((seed) => this.#edit(tree, new Rng(seed)) ?? ["nothing"]);
  }

  *smaller(input) {
    for (let i = 0; input.text === undefined && i < input.edits.length && input.edits.length > 1; i++)
      yield { ...input, edits: input.edits.filter((_, k) => k !== i) };
    yield* this.#shorter(input);
  }

  /** With a layer of a chain left out, or an option. */
  *#shorter(input) {
    const text = this.text(input);
    const sizes = survey(JSON.parse(text));
    const without = (edit) => {
      const tree = JSON.parse(text);
      edit(survey(tree));
      return { ...input, text: JSON.stringify(tree) };
    };
    for (const [c, chain] of sizes.chains.entries())
      for (let i = chain.length - 1; i > 0; i--) yield without(({ chains }) => chains[c].splice(i, 1));
    for (const [c, node] of sizes.configs.entries()) {
      for (const key of Object.keys(node.config)) {
        if (key === "layers" || key === "name") continue;
        yield without(({ configs }) => delete configs[c].config[key]);
      }
    }
  }

  text({ base, edits, text }) {
    if (text !== undefined) return text;
    const tree = JSON.parse(base.text);
    for (const seed of edits) this.#edit(tree, new Rng(seed));
    return JSON.stringify(tree);
  }

  bytes(input) {
    return encoder.encode(this.text(input));
  }

  /** Changes a config. Gives what was changed and into what; null where nothing was. */
  #edit(tree, rng) {
    const found = survey(tree);
    if (found.chains.length > 0 && rng.chance(0.35)) return this.#splice(rng.pick(found.chains), rng);
    // The arguments of calls, too.
    if (rng.chance(found.chains.length > 0 ? 0.1 : 0.4) && found.places.length > 0) {
      const { holder, key } = rng.pick(found.places);
      holder[key] = beside(rng, holder[key], this.huge);
      return [`.${Array.isArray(holder) ? "[]" : key}`, JSON.stringify(holder[key])];
    }
    const wrapped = found.configs.flatMap(({ config }) =>
      Object.keys(config)
        .filter((key) => isNode(config[key]) && /layer|cell/.test(key))
        .map((key) => ({ config, key })),
    );
    if (wrapped.length > 0 && rng.chance(0.25)) {
      const { config, key } = rng.pick(wrapped);
      config[key] = this.#layer(rng);
      return [`${key} ${config[key].class_name}`, JSON.stringify(config[key].config)];
    }
    const node = rng.pick(found.configs);
    if (rng.chance(0.04)) {
      node.shared_object_id = rng.int(4);
      return [`${node.class_name} shared`, node.shared_object_id];
    }
    const keys = Object.keys(node.config).filter((key) => key !== "layers" && key !== "name");
    if (keys.length === 0) return null;
    const key = rng.pick(keys);
    const known = this.words.options.get(key);
    if (rng.chance(0.04)) delete node.config[key];
    else if (known !== undefined && rng.chance(0.55)) node.config[key] = JSON.parse(rng.pick(known));
    else node.config[key] = beside(rng, node.config[key], this.huge);
    return [`${node.class_name}.${key}`, JSON.stringify(node.config[key])];
  }

  /** A layer of any model, under a name of its own. */
  #layer(rng) {
    const layer = JSON.parse(rng.pick(this.words.layers.get(rng.pick(this.classes))));
    layer.config.name = `spliced_${rng.int(1000)}`;
    delete layer.config.batch_input_shape;
    delete layer.build_config;
    return layer;
  }

  /** Puts a layer of any model into a chain, in the place of one or between two. */
  #splice(chain, rng) {
    const layer = this.#layer(rng);
    const at = rng.between(1, chain.length);
    chain.splice(at, rng.int(2), layer);
    return [`+${layer.class_name}`, JSON.stringify(layer.config)];
  }

  async run(input) {
    const { lib } = this;
    const rng = new Rng(input.salt);
    let model;
    try {
      model = await lib.load(this.bytes(input), { limits: LIMITS });
    } catch (error) {
      return { find: untyped(lib, error, undefined), ran: "refused at load" };
    }
    try {
      model.summary();
      if (!(await setWeights(lib, model, rng))) return { find: null, ran: "shown" };
      const inputs = inputsFor(lib, model, rng);
      if (inputs === null) return { find: null, ran: "shown" };
      return await compareEngines(lib, model, inputs, rng);
    } catch (error) {
      return { find: untyped(lib, error, undefined), ran: "refused" };
    } finally {
      model.dispose();
    }
  }
}

/** The models of the tests' tables of calls, whose functions and operations hardly any fixture has. */
export function calledModels(tests) {
  const table = (name) => JSON.parse(readFileSync(join(tests, "layers", name), "utf8"));
  const { inputs, calls } = table("tensorflow-calls.json");
  const functions = calls.map(([name, names, layers, output_layers]) => {
    const entry = ([name, fn, inbound_nodes]) => ({
      class_name: fn === "__operators__.getitem" ? "SlicingOpLambda" : "TFOpLambda",
      config: { name, trainable: true, dtype: "float32", function: fn },
      name,
      inbound_nodes,
    });
    const input = (name) => {
      const [, dtype, batch_input_shape] = inputs[name];
      return { class_name: "InputLayer", config: { batch_input_shape, dtype, name }, name, inbound_nodes: [] };
    };
    const input_layers = names.map((name) => [name, 0, 0]);
    const config = { name: "m", layers: [...names.map(input), ...layers.map(entry)], input_layers, output_layers };
    return { name, text: JSON.stringify({ class_name: "Functional", config, keras_version: "2.21.0" }) };
  });
  const operations = table("rare-calls.json").rows.map(({ call, model }) => ({
    name: call,
    text: JSON.stringify(model),
  }));
  return [...functions, ...operations];
}

/** The configs of all fixtures, in their own languages. */
export async function configsOf(lib, folders) {
  const corpus = [];
  for (const { name, model, weights } of folders) {
    const loaded = await lib.load(model, weights ? { weights } : {});
    try {
      const [bytes] = (await lib.saveToMap(loaded, { format: "keras-json" })).values();
      const text = new TextDecoder().decode(bytes);
      JSON.parse(text); // configs that hold NaN are left to the readers
      corpus.push({ name, text });
    } catch {
      continue;
    } finally {
      loaded.dispose();
    }
  }
  return corpus;
}
