/** `Sequential`: layers added one after the other. */
import { wholeObject } from "../../formats/languages.ts";
import type { JsonNode, JsonObject } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import { door, guardMethods, kindOf, readOptions } from "../../core/guard.ts";
import { traceCall } from "../../graph/trace-call.ts";
import { type ModelData, readModel } from "../../model/bind.ts";
import type { DType } from "../../core/dtype.ts";
import type { Shape } from "../../ops/types.ts";
import { Model } from "../model.ts";
import { inputForm } from "./input.ts";
import { Layer, MADE_HERE, uniqueName } from "./layer.ts";
import { Symbolic } from "./symbolic.ts";

/** Options of `Sequential`. */
export interface SequentialOptions {
  /** The model's name. Default: `sequential` and a number. */
  readonly name?: string;
  /** In their order; more may be added later. */
  readonly layers?: readonly (Layer | Model | Symbolic)[];
}

type SequentialMember = { readonly raw: JsonObject; readonly node: Layer["node"] };

function sequentialData(name: string, forms: readonly JsonObject[]): ModelData {
  const config = new Map<string, JsonNode>([
    ["name", name],
    ["trainable", true],
    ["layers", [...forms]],
  ]);
  const raw = wholeObject("keras", "Sequential", config);
  const root = readModel(raw, MADE_HERE);
  return { root, archive: null, hasWeights: true, unknownWeights: new Map(), warnings: [] };
}

/** A model of layers in a row. The first layer, or an Input before it, gives the shape; else the first `predict` does. */
export class Sequential extends Model {
  readonly #forms: JsonObject[] = [];
  readonly #name: string;
  /** Of the last layer's output, while it is known. */
  #output: { readonly shape: Shape; readonly dtype: DType } | null = null;

  /** `options`: name and layers, or the layers alone. */
  constructor(options: SequentialOptions | readonly (Layer | Model | Symbolic)[] = {}) {
    const given = (Array.isArray(options) ? { layers: options } : options) as SequentialOptions;
    const read = door("Sequential", () => readOptions("Sequential", given, { name: "string", layers: "object" }));
    const name = read.name ?? uniqueName("Sequential");
    super(sequentialData(name, []));
    this.#name = name;
    door("Sequential", () => {
      const { layers = [] } = read;
      if (!Array.isArray(layers))
        fail("mismatch/option", { path: `${name}.layers`, expected: "an array of layers", found: kindOf(layers) });
      for (const layer of layers as readonly (Layer | Model | Symbolic)[]) this.add(layer);
    });
  }

  /** Appends a layer, a model, or first of all an `Input`. Throws `mismatch/*` if it does not take what comes before. */
  add(layer: Layer | Model | Symbolic): void {
    if (layer instanceof Symbolic) {
      this.#forms.push(layer.call.layer.raw);
      this.#output = { shape: layer.shape, dtype: layer.dtype };
    } else {
      if (!(layer instanceof Model) && !(layer instanceof Layer))
        fail("mismatch/argument", { path: this.#name, expected: "a layer, a model or an Input", found: kindOf(layer) });
      const member: SequentialMember = layer instanceof Model ? layer.member() : layer;
      if (this.#forms.length === 0) this.#open(layer, member.node.name);
      if (this.#output !== null) this.#output = traceCall(member.node, [this.#output], {})[0] ?? null;
      this.#forms.push(member.raw);
    }
    this.replace(() => sequentialData(this.#name, this.#forms));
  }

  /** The first layer: its shape becomes an InputLayer, as in Keras 3. */
  #open(layer: Layer | Model, name: string): void {
    const { shape, dtype } =
      layer instanceof Model
        ? (layer.inputs[0] ?? { shape: null, dtype: "float32" as const })
        : { shape: layer.batchInputShape, dtype: layer.inputDType };
    if (shape === null) return;
    if (!(layer instanceof Model)) this.#forms.push(inputForm(shape, dtype, `${name}_input`));
    this.#output = { shape, dtype };
  }

  override get outputShape(): Shape | readonly (Shape | null)[] | null {
    return this.#output?.shape ?? super.outputShape;
  }
}

guardMethods(Sequential);
