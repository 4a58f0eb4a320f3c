/**
 * By the objects that hold them, as in a TensorFlow checkpoint: objects and layers are walked along the same attributes, the
 * i-th layer of a model is its `layer-<i>`. Keys in the file are not compared: two writers give one variable two keys.
 * Sources: tf_keras/engine/functional.py (`_layer_checkpoint_dependencies`), tf_keras/engine/base_layer.py.
 */
import type { Problem } from "../../core/error.ts";
import type { Archive, ObjectNode, StoredWeight } from "../../formats/archive.ts";
import { NO_WEIGHTS } from "../../formats/saved-model.ts";
import type { LayerNode } from "../../layers/define.ts";
import { layersInOrder } from "../layer-order.ts";
import { isList } from "../walk.ts";
import type { BoundWeight } from "../weight.ts";
import { extra, isOpaque, keep, missing, olderForm, olderNames } from "./arrays.ts";
import type { Assigned, WeightNaming } from "./types.ts";
import { giveTable } from "./vocabulary.ts";

class Walk {
  readonly problems: Problem[] = [];
  readonly unknown = new Map<LayerNode, readonly StoredWeight[]>();
  readonly claimed = new Set<StoredWeight>();
  readonly #objects: readonly ObjectNode[];
  readonly #archive: Archive;
  readonly #seen = new Set<LayerNode>();

  constructor(archive: Archive) {
    this.#archive = archive;
    this.#objects = archive.objects ?? [];
  }

  /** The object that an attribute leads to; older tf.keras keeps some behind a name with an underscore. */
  #child(object: ObjectNode | undefined, name: string): ObjectNode | undefined {
    const id = object?.children.get(name) ?? object?.children.get(`_${name}`);
    return id === undefined ? undefined : this.#objects[id];
  }

  #follow(object: ObjectNode | undefined, path: string): ObjectNode | undefined {
    return path.split("/").reduce((at, part) => (part === "" ? at : this.#child(at, part)), object);
  }

  /** The value of a layer's weight: by attribute, else by the name that the variable was given. */
  #variable(object: ObjectNode | undefined, name: string, olderNames: readonly string[] = []): StoredWeight | null {
    for (const own of [name, ...olderNames]) {
      const found = this.#child(object, own)?.weight ?? this.#follow(object, own)?.weight;
      if (found) return found;
    }
    for (const id of object?.children.values() ?? []) {
      const { weight, fullName } = this.#objects[id]!;
      if (weight !== null && fullName.replace(/:0$/, "").split("/").at(-1) === name) return weight;
    }
    return null;
  }

  /** Everything below an object, each once. */
  below(start: ObjectNode | undefined): readonly StoredWeight[] {
    const found: StoredWeight[] = [];
    const seen = new Set<ObjectNode>();
    const open = start === undefined ? [] : [start];
    for (let object = open.pop(); object !== undefined; object = open.pop()) {
      if (seen.has(object)) continue;
      seen.add(object);
      if (object.weight !== null) found.push(object.weight);
      for (const [name, id] of [...object.children].reverse()) if (!NO_WEIGHTS.has(name)) open.push(this.#objects[id]!);
    }
    return found;
  }

  visit(node: LayerNode, object: ObjectNode | undefined): void {
    if (this.#seen.has(node)) return;
    this.#seen.add(node);
    giveTable(node, (this.#follow(object, "lookup_table") ?? this.#follow(object, "lookup_layer/lookup_table"))?.table);
    if (isOpaque(node)) {
      const own = this.below(object).filter((weight) => !this.claimed.has(weight));
      for (const weight of own) this.claimed.add(weight);
      keep(node, own, this.unknown);
      return;
    }
    this.#bind(node, object);
    for (const [attribute, children] of node.children) {
      const child = node.def?.children?.[attribute];
      if (attribute === "layers") this.#layers(node, object);
      else if (isList(node, attribute))
        children.forEach((one, i) => this.visit(one, this.#follow(object, `${attribute}/${i}`)));
      else {
        const names = [attribute, ...((child !== "option" && child?.otherPaths) || [])];
        const found = names.map((name) => this.#follow(object, name)).find((at) => at !== undefined);
        this.visit(children[0]!, found);
      }
    }
  }

  /** A Sequential does not count its InputLayer. */
  #layers(model: LayerNode, object: ObjectNode | undefined): void {
    const all = model.options.has("input_layers") ? layersInOrder(model) : (model.children.get("layers") ?? []);
    const count = [...(object?.children.keys() ?? [])].filter((name) => /^layer-[0-9]+$/.test(name)).length;
    const counted = count < all.length && all[0]?.class === "InputLayer" ? all.slice(1) : all;
    counted.forEach((layer, i) => this.visit(layer, this.#child(object, `layer-${i}`)));
  }

  #bind(node: LayerNode, object: ObjectNode | undefined): void {
    const names = [...node.weights.keys()];
    const stored = names.map((name) => this.#variable(object, name, olderNames(node, name)));
    const all = stored.filter((weight) => weight !== null);
    for (const weight of all) this.claimed.add(weight);
    const form = all.length === names.length ? olderForm(node, this.#archive, all) : undefined;
    names.forEach((name, i) => {
      const weight = node.weights.get(name) as BoundWeight;
      const recipe = form?.recipes[name] ?? null;
      const from = recipe === null ? [stored[i]!] : recipe.from.map((at) => all[at]!);
      if (stored[i] !== null) return weight.bindTo(from, recipe);
      this.problems.push(missing(this.#archive, weight.path));
    });
  }
}

function read(root: LayerNode, archive: Archive): Assigned {
  const walk = new Walk(archive);
  const model = archive.objects?.[0];
  walk.visit(root, model);
  for (const weight of walk.below(model))
    if (!walk.claimed.has(weight))
      walk.problems.push(extra(archive, weight.key, { message: "no layer owns this weight" }));
  return { problems: walk.problems, unknown: walk.unknown };
}

export const objectsNaming: WeightNaming = { read };
