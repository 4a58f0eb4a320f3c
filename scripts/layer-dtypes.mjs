// Which dtypes of inputs each layer refuses, for docs/layers.md: every case of fixtures/dtypes opened with every dtype.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const TABLES = { "Keras 3": "keras3", "tf-keras": "tf_keras" };
export const DTYPES = [
  "bool", "uint8", "uint16", "uint32", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64",
]; // prettier-ignore

const casesOf = (table) =>
  JSON.parse(gunzipSync(readFileSync(new URL(`../fixtures/dtypes/${table}.json.gz`, import.meta.url)))).cases;

/** The text of a case's model with another dtype for its inputs; those whose names begin with `f` stay float32. */
function modelText(config, dtype) {
  const copy = structuredClone(config);
  for (const { class_name, config: options } of copy.config.layers)
    if (class_name === "InputLayer" && !options.name.startsWith("f")) options.dtype = dtype;
  const writer = copy.module === undefined ? { keras_version: "2.21.0", backend: "tensorflow" } : {};
  return JSON.stringify({ ...copy, ...writer });
}

/** Weights are missing, too: not that. */
const isOfDTypes = ({ code, message }) => code.startsWith("unsupported/dtype") || message.includes("unsupported/dtype");

async function refuses(load, config, dtype) {
  try {
    const { problems } = await load(new TextEncoder().encode(modelText(config, dtype)));
    return problems.some(isOfDTypes);
  } catch (error) {
    if (isOfDTypes(error)) return true;
    throw error;
  }
}

/** Dtypes, those of a kind by its name. */
function shown(dtypes) {
  const kinds = { "unsigned integers": /^uint/, "signed integers": /^int/, floats: /float/ };
  let left = dtypes;
  const parts = [];
  for (const [name, kind] of Object.entries(kinds)) {
    const all = DTYPES.filter((dtype) => kind.test(dtype));
    if (!all.every((dtype) => left.includes(dtype))) continue;
    left = left.filter((dtype) => !all.includes(dtype));
    parts.push(name);
  }
  const text = [...left.map((dtype) => `\`${dtype}\``), ...parts].join(", ");
  return text.replace("unsigned integers, signed integers", "integers");
}

/** For each generation what classes refuse: text → class names. */
export async function refusedDTypes(load) {
  const found = {};
  for (const [generation, table] of Object.entries(TABLES)) {
    const classes = new Map();
    for (const [name, { config }] of Object.entries(casesOf(table))) {
      const className = name.split("/")[0].replace(/^Softmax2$/, "Softmax");
      if (className === "Model") continue;
      const refused = [];
      for (const dtype of DTYPES) if (await refuses(load, config, dtype)) refused.push(dtype);
      classes.set(className, [...(classes.get(className) ?? []), refused]);
    }
    const texts = new Map();
    for (const [className, lists] of classes) {
      const always = DTYPES.filter((dtype) => lists.every((list) => list.includes(dtype)));
      const sometimes = DTYPES.filter((dtype) => !always.includes(dtype) && lists.some((list) => list.includes(dtype)));
      if (always.length + sometimes.length === 0) continue;
      const text = [...(always.length ? [shown(always)] : []), ...(sometimes.length ? [`with some options ${shown(sometimes)}`] : [])].join("; "); // prettier-ignore
      texts.set(text, [...(texts.get(text) ?? []), className]);
    }
    found[generation] = texts;
  }
  return found;
}
