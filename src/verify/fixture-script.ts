/** The Python script that makes a model's `io.npz`, for whoever has Keras: seeded inputs, outputs, layers, the float64 truth. */
import { EDITIONS } from "../formats/languages.ts";
import { type DType, isFloat } from "../core/dtype.ts";
import { attempt } from "../core/guard.ts";
import type { Semantics } from "../core/semantics.ts";
import { trace, type Traced } from "../graph/trace.ts";
import type { EndName, LayerNode } from "../layers/define.ts";
import type { Shape } from "../ops/types.ts";
import { fittingShapes, tableLengths } from "./inputs.ts";

/** What the script is of: the model's files as they are to be found from where it runs. */
export interface ScriptModel {
  readonly file: string;
  /** Where the architecture is apart. */
  readonly weights?: string;
  readonly root: LayerNode;
  readonly inputs: readonly (EndName & { readonly shape: Shape | null; readonly dtype: DType })[];
}

const GUESSED = 8;

/** Which Python package is the Keras of a generation. */
const PACKAGES: Readonly<Record<Semantics, string>> = {
  keras1: "import keras  # pip install keras==1.2.2, with the Theano or TensorFlow of its time",
  keras2: "import tf_keras as keras  # pip install tf-keras; for old files keras==2.2.4 with its backend",
  "tf-keras": "import tf_keras as keras  # pip install tf-keras",
  keras3: "import keras  # pip install keras, with tensorflow, torch or jax",
};

/** A Python literal: JSON's strings are Python's, its controls and all beyond ASCII escaped. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const tuple = (shape: readonly number[]): string => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

function drawn(dtype: DType, shape: readonly number[], table: number | undefined): string {
  if (dtype === "string") return `np.full(${tuple(shape)}, "text")`;
  if (isFloat(dtype) && table === undefined)
    return `rng.uniform(-1, 1, ${tuple(shape)}).astype(${quoted(dtype === "bfloat16" ? "float32" : dtype)})`;
  const below = dtype === "bool" ? 2 : (table ?? GUESSED);
  return `rng.randint(0, ${below}, ${tuple(shape)}).astype(${quoted(dtype)})`;
}

/** Of a model that cannot run here, the lengths are guessed. */
function inputLines({ inputs, root }: ScriptModel): readonly string[] {
  const traced: Traced | null = attempt(() => trace(root)) ?? null;
  const shapes =
    (traced && attempt(() => fittingShapes(traced, []))) ??
    inputs.map(({ shape }) => (shape ?? [null, null]).map((n, axis) => n ?? (axis === 0 ? 2 : GUESSED)));
  const tables = traced === null ? [] : tableLengths(traced.graph);
  return inputs.map(({ name, dtype }, i) => `    ${drawn(dtype, shapes[i]!, tables[i])},  # ${quoted(name)}`);
}

/** The body of a Python function that opens it. An architecture is text; its weights are loaded into it. */
function openLines({ file, weights, root }: ScriptModel): readonly string[] {
  const text = /\.json$/i.test(file);
  const options = EDITIONS[root.semantics].loadsUncompiled ? ", compile=False" : "";
  if (!text) return [`return keras.models.load_model(${quoted(file)}${options})`];
  const open = `model = keras.models.model_from_json(open(${quoted(file)}).read())`;
  return [open, ...(weights === undefined ? [] : [`model.load_weights(${quoted(weights)})`]), "return model"];
}

/**
 * Python text for the Keras of the model's own generation. Layers and the truth are left out, and it says so, where Keras
 * cannot give them.
 */
export function fixtureScript(model: ScriptModel): string {
  const keyed = model.inputs.some(({ layer }) => layer !== undefined);
  const names = model.inputs.map(({ name }) => quoted(name)).join(", ");
  const given = keyed ? `dict(zip([${names}], inputs))` : "inputs if len(inputs) > 1 else inputs[0]";
  return `# Makes io.npz: what Keras computes with ${quoted(model.file)}. Then: keraport verify MODEL --fixture io.npz
# Edit the inputs to be like yours: values that the model was made for show more than random ones.
import json

import numpy as np

${PACKAGES[model.root.semantics]}


def flat(outputs):
    if isinstance(outputs, dict):
        outputs = [outputs[key] for key in sorted(outputs)]
    if isinstance(outputs, (list, tuple)):
        return [array for part in outputs for array in flat(part)]
    return [np.asarray(outputs)]


def opened():
    ${openLines(model).join("\n    ")}


model = opened()
rng = np.random.RandomState(0)
inputs = [
${inputLines(model).join("\n")}
]
given = ${given}
arrays = {"inputs/%d" % i: x for i, x in enumerate(inputs)}
arrays.update({"outputs/%d" % i: y for i, y in enumerate(flat(model.predict(given)))})

try:
    again = opened()  # its states are as they were
    outputs = {}
    for layer in again.layers:
        if len(layer._inbound_nodes) == 1 and layer.__class__.__name__ != "InputLayer":
            made = layer._inbound_nodes[0].output_tensors
            made = made[0] if isinstance(made, (list, tuple)) and len(made) == 1 else made
            if not isinstance(made, (list, tuple, dict)):
                outputs[layer.name] = made
    values = keras.models.Model(again.inputs, list(outputs.values())).predict(given)
    for name, value in zip(outputs, values if len(outputs) > 1 else [values]):
        arrays["layers/%s" % name] = value
except Exception as error:
    print("without the layers' outputs:", error)

try:
    keras.backend.set_floatx("float64")
    config = json.loads(json.dumps(model.get_config()).replace('"float32"', '"float64"'))
    exact = model.__class__.from_config(config)
    exact.set_weights(model.get_weights())
    arrays.update({"truth/%d" % i: y for i, y in enumerate(flat(exact.predict(given)))})
except Exception as error:
    print("without the float64 truth:", error)

np.savez("io.npz", **arrays)
print("wrote io.npz:", ", ".join(sorted(arrays)))
`;
}
