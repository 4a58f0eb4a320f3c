/** One layer of a model, as callers reach it: config, weights, connections, layers inside. */
import { toPlain } from "../codecs/json.ts";
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { guardMethods, kindOf, nearestOf } from "../core/guard.ts";
import { checkTensor, type Tensor as Plain } from "../core/tensor.ts";
import type { LayerNode, Weight } from "../layers/define.ts";
import { setTrainable } from "../model/trainable.ts";
import { allNodes, childrenOf } from "../model/walk.ts";
import { applyLayer, sameLayer } from "./builder/layer.ts";
import type { ModelCall, ModelValues } from "./builder/loaded.ts";
import type { ApplyArg, ApplyKwargs, Symbolic } from "./builder/symbolic.ts";
import { countParameters } from "./summary.ts";
import { present, type Tensor } from "./tensor.ts";

/** A value of a config: plain JSON. */
export type ConfigValue =
  null | boolean | number | string | readonly ConfigValue[] | { readonly [option: string]: ConfigValue };

/** A weight of a layer. Nothing is read before `read`. */
export class LayerWeight {
  readonly #weight: Weight;
  readonly #wasSet: () => void;

  constructor(weight: Weight, wasSet: () => void) {
    this.#weight = weight;
    this.#wasSet = wasSet;
  }

  /** Within its layer: `kernel`. */
  get name(): string {
    return this.#weight.name;
  }
  /** Names of the layers down to it, joined by `/`. */
  get path(): string {
    return this.#weight.path;
  }
  /** null: not known before the model's first inputs. */
  get shape(): readonly number[] | null {
    return this.#weight.shape;
  }
  /** Of its elements. */
  get dtype(): DType {
    return this.#weight.dtype;
  }
  /** Whether `fit` changes it. */
  get trainable(): boolean {
    return this.#weight.trainable;
  }

  /** The values. Throws `mismatch/missing-weights`, and what reading the file throws. */
  async read(): Promise<Tensor> {
    return present(await this.#weight.read());
  }

  /** Replaces the values, in every model that has the layer. Throws `mismatch/shape`, `mismatch/dtype`. */
  set(value: Plain): void {
    checkTensor(value, this.path);
    this.#weight.set(value);
    this.#wasSet();
  }
}

guardMethods(LayerWeight);

/** What a layer needs of its model. */
export interface OfModel {
  readonly root: LayerNode;
  /** Throws what keeps the model from being told as symbolic values. */
  values(): ModelValues;
  /** A weight has been set. */
  wasSet(): void;
  /** Other layers are trained than before. */
  wasFrozen(): void;
}

/** One layer of a model. */
export class ModelLayer {
  readonly #node: LayerNode;
  readonly #model: OfModel;

  constructor(node: LayerNode, model: OfModel) {
    this.#node = node;
    this.#model = model;
  }

  /** Its name in the model. */
  get name(): string {
    return this.#node.name;
  }
  /** Keras's class, as the file has it. */
  get class(): string {
    return this.#node.class;
  }
  /** Names of the layers down to it, joined by `/`. */
  get path(): string {
    return this.#node.path;
  }
  /** Whether `fit` trains it; set, for all layers inside too, in this model and those made of its layers from then on. */
  get trainable(): boolean {
    return this.#node.trainable;
  }
  /** Throws `mismatch/argument` for what is no boolean. */
  set trainable(value: boolean) {
    if (typeof value !== "boolean")
      fail("mismatch/argument", { path: `${this.path}.trainable`, expected: "true or false", found: kindOf(value) });
    setTrainable(this.#node, value);
    this.#model.wasFrozen();
  }
  /** Numbers in its weights, those of layers inside included. */
  get parameters(): number {
    const { trainable, other } = countParameters(this.#node);
    return trainable + other;
  }

  /** Every option under Keras's name, as `get_config` gives it: today's names, and defaults where the file is silent. */
  get config(): { readonly [option: string]: ConfigValue } {
    return plainConfig(this.#node);
  }

  /** Its own weights and those of layers inside, in Keras's order within the layer. */
  get weights(): readonly LayerWeight[] {
    const all = [
      ...new Set([...allNodes(this.#node)].flatMap(({ weights, kept = [] }) => [...weights.values(), ...kept])),
    ];
    return all.map((weight) => new LayerWeight(weight, () => this.#model.wasSet()));
  }

  /** Those inside: of a wrapper the wrapped one, of a model its layers, of an RNN its cells. */
  get layers(): readonly ModelLayer[] {
    return childrenOf(this.#node).map((child) => new ModelLayer(child, this.#model));
  }

  /** A layer inside, by name or place. Throws `mismatch/argument` with the nearest name. */
  layer(which: string | number): ModelLayer {
    return new ModelLayer(findChild(this.#node, which), this.#model);
  }

  /** Its calls that the model's outputs need; a shared layer has several. */
  get calls(): readonly ModelCall[] {
    if (!childrenOf(this.#model.root).includes(this.#node))
      return fail("mismatch/argument", {
        path: this.path,
        message: "values inside another layer are no values of this model; predict with `layers` gives them",
      });
    const values = this.#model.values();
    const entry = values.inputs.find(({ call }) => call.layer.name === this.name);
    return entry !== undefined ? [{ inputs: [], outputs: [entry] }] : (values.calls.get(this.name) ?? []);
  }

  #call(): ModelCall {
    const [call] = this.calls;
    return (
      call ?? fail("mismatch/argument", { path: this.path, message: "the model's outputs do not need this layer" })
    );
  }

  /** What its first call takes. */
  get inputs(): readonly Symbolic[] {
    return this.#call().inputs;
  }
  /** What its first call gives, for `new Model({ inputs: model.inputs, outputs: layer.outputs })`. */
  get outputs(): readonly Symbolic[] {
    return this.#call().outputs;
  }
  /** The first of `outputs`. Throws `unsupported/layer` where nobody knows what the layer gives. */
  get output(): Symbolic {
    return (
      this.outputs[0] ??
      fail("unsupported/layer", { path: this.path, message: "nobody knows what this layer gives", found: this.class })
    );
  }

  /** The layers whose outputs its calls take. */
  get inbound(): readonly ModelLayer[] {
    const nodes = this.calls.flatMap(({ inputs }) => inputs.map(({ call }) => call.layer.node));
    return [...new Set(nodes)].map((node) => new ModelLayer(node, this.#model));
  }

  /** Calls the layer on other symbolic values: the same weights. */
  apply(x: ApplyArg, kwargs: ApplyKwargs = {}): Symbolic & readonly Symbolic[] {
    const { name, raw } = this.#node;
    if (raw === null)
      return fail("mismatch/argument", { path: this.path, message: "this layer is part of the one around it" });
    sameLayer(raw, this.#node);
    return applyLayer({ node: this.#node, raw, name }, x, kwargs) as Symbolic & readonly Symbolic[];
  }
}

guardMethods(ModelLayer);

/** The options of a layer as plain JSON. */
export function plainConfig(node: LayerNode): { readonly [option: string]: ConfigValue } {
  const config = new Map(node.options);
  for (const [option, field] of Object.entries(node.def?.config ?? {}))
    if (!config.has(option) && !field.required) config.set(option, field.default);
  return toPlain(config) as { readonly [option: string]: ConfigValue };
}

/** A layer below `node` by name, by place, or by path (`encoder/lstm`). Throws `mismatch/argument`. */
export function findChild(node: LayerNode, which: string | number): LayerNode {
  const children = childrenOf(node);
  if (typeof which === "number") {
    const found = children.at(which);
    if (found !== undefined) return found;
  } else if (typeof which === "string") {
    const found =
      children.find(({ name }) => name === which) ??
      [...allNodes(node)].find(({ path }) => path === which || path === `${node.path}/${which}`);
    if (found !== undefined) return found;
  }
  const names = children.map(({ name }) => name);
  return fail("mismatch/argument", {
    path: node.name,
    message: "there is no such layer",
    expected: typeof which === "string" ? nearestOf(which, names) : `a place from 0 to ${children.length - 1}`,
    found: String(which),
  });
}
