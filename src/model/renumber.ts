/**
 * Numbers of calls, from one generation's way of counting to another's. A model inside a model has a call of its own before
 * all others, if it knew its input when it was made: Keras 2 counts it everywhere, Keras 3 only among a model's outputs.
 * Source: tf_keras/engine/functional.py (`_should_skip_first_node`), keras/src/models/functional.py (`get_config`).
 */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import type { Dialect } from "../formats/archive.ts";
import { CALL_RULES } from "../core/semantics.ts";
import type { LayerNode } from "../layers/define.ts";
import { CallNumbers, type CallPlace } from "../layers/models/shared/call-order.ts";
import { childrenOf } from "./walk.ts";

/** The same structure with another place for each [layer, call, tensor]. */
function mapPlaces(node: JsonNode, to: (place: CallPlace) => CallPlace): JsonNode {
  if (node instanceof Map) return new Map([...node].map(([key, item]) => [key, mapPlaces(item, to)]));
  if (!Array.isArray(node)) return node;
  const [layer, call, ...rest] = node;
  if (typeof layer !== "string" || !(call instanceof JsonNumber)) return node.map((item) => mapPlaces(item, to));
  const place = to({ layer, node: call.value });
  return [place.layer, JsonNumber.of(place.node, "int"), ...rest];
}

/** The same structure with other names of layers. */
export function renamePlaces(node: JsonNode, names: ReadonlyMap<string, string>): JsonNode {
  return mapPlaces(node, (place) => ({ ...place, layer: names.get(place.layer) ?? place.layer }));
}

/** The numbers of one model's calls in another generation. */
export class Renumbering {
  readonly #model: LayerNode;
  readonly #layers: ReadonlyMap<string, LayerNode>;
  readonly #numbers: CallNumbers;
  readonly #to: Dialect;

  constructor(model: LayerNode, to: Dialect) {
    this.#model = model;
    this.#to = to;
    this.#layers = new Map(childrenOf(model).map((layer) => [layer.name, layer]));
    const outputs: CallPlace[] = [];
    mapPlaces(model.options.get("output_layers") ?? null, (place) => {
      outputs.push(place);
      return place;
    });
    this.#numbers = new CallNumbers(model, this.#layers, outputs);
  }

  #first(layer: string, inOutputs: boolean): number {
    const inner = this.#layers.get(layer);
    if (inner === undefined || !inner.children.has("layers")) return 0;
    const functional = inner.options.has("input_layers");
    if (!CALL_RULES[this.#to].countsOwnCall) return inOutputs && functional ? 1 : 0;
    return functional || (childrenOf(inner)[0]?.batchShape ?? null) !== null ? 1 : 0;
  }

  #called(layer: string): boolean {
    return (this.#model.innerCalls.get(layer)?.length ?? 0) > 0;
  }

  /** The number of a call as other calls name it. */
  argument(place: CallPlace): number {
    // A layer that the translation has put in.
    if (!this.#layers.has(place.layer)) return place.node;
    return this.#called(place.layer) ? this.#numbers.ofArgument(place) + this.#first(place.layer, false) : 0;
  }

  /** `output_layers` with the numbers of calls as a model's outputs name them. */
  outputs(node: JsonNode): JsonNode {
    return mapPlaces(node, (place) => ({
      ...place,
      node: this.#called(place.layer) ? this.#numbers.ofOutput(place) + this.#first(place.layer, true) : 0,
    }));
  }
}
