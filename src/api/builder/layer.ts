/** A layer made in TypeScript: its serialised form, its weights, and `apply`, which calls it on symbolic values. */
import { JsonNumber, type JsonNode, type JsonObject } from "../../codecs/json.ts";
import { type DType, isDType } from "../../core/dtype.ts";
import { type ErrorCode, fail } from "../../core/error.ts";
import { attempt, door, guardMethods, kindOf, nearestOf, unknownOption } from "../../core/guard.ts";
import { checkShape } from "../../core/tensor.ts";
import { LANGUAGES, wholeObject } from "../../formats/languages.ts";
import { traceCall, type TracedArg } from "../../graph/trace-call.ts";
import { ACTIVATION_NAMES, activationNamed } from "../../layers/common/activation-spec.ts";
import type { AnyDef, LayerNode } from "../../layers/define.ts";
import type { BuilderOptions, Field, Fields } from "../../layers/fields.ts";
import { INITIALIZERS } from "../../layers/initializers.ts";
import { register } from "../../layers/registry.ts";
import { readModel } from "../../model/bind.ts";
import type { Initialise } from "../../model/weight.ts";
import { instanceName } from "../../model/node.ts";
import { type FloatPolicy, isPolicy } from "../../model/policy.ts";
import type { Shape } from "../../ops/types.ts";
import { type ApplyArg, type ApplyKwargs, type Member, symbolic, Symbolic } from "./symbolic.ts";

/** Options that every layer takes beside its own. */
export interface LayerOptions {
  /** By which `model.layer` finds it. Default: its class and a number. */
  name?: string;
  /** Whether `fit` changes its weights. Default true. */
  trainable?: boolean;
  /** Shape of one input without the batch axis; for the first layer of a model. */
  inputShape?: Shape;
  /** The same with the batch axis, which a stateful model needs fixed. */
  batchInputShape?: Shape;
  /** With `inputShape`: the batch axis. */
  batchSize?: number;
  /** Keras 1's way to give a shape: `inputDim` features, in `inputLength` steps for layers over sequences. */
  inputDim?: number;
  /** With `inputDim`: number of steps, null where free. */
  inputLength?: number | null;
  /** The dtype policy, or dtype of an input of integers: `mixed_float16`, `int32`. Default: float32. */
  dtype?: DType | FloatPolicy;
}

const COMMON: ReadonlySet<string> = new Set([
  "name",
  "trainable",
  "inputShape",
  "batchInputShape",
  "batchSize",
  "inputDim",
  "inputLength",
  "dtype",
]);

const counts = new Map<string, number>();

/** `lstm`, `lstm_1` …: a name that no layer made before has, as Keras gives them. */
export function uniqueName(className: string): string {
  const base = instanceName(className);
  const n = counts.get(base) ?? 0;
  counts.set(base, n + 1);
  return n === 0 ? base : `${base}_${n}`;
}

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase());
const record = (entries: readonly (readonly [string, JsonNode])[]): JsonObject => new Map(entries);

const MODULES: ReadonlyMap<Field["kind"], string> = new Map([
  ["initializer", "keras.initializers"],
  ["regularizer", "keras.regularizers"],
  ["constraint", "keras.constraints"],
]);

/** An option as Keras 3 writes it: initialisers and the like by name become objects. */
function optionJson(field: Field<unknown, never>, value: JsonNode): JsonNode {
  const module = MODULES.get(field.kind);
  if (module === undefined || typeof value !== "string") return value;
  return wholeObject(module, value, record([]));
}

/** A caller's value as the field writes it; the field's own check comes when the layer is read. */
function jsonOf(field: Field<unknown, never>, value: unknown, path: string): JsonNode {
  const json = attempt(() => (field.toJson as (v: unknown) => JsonNode | undefined)(value));
  return json === undefined ? fail("malformed/config", { path, found: kindOf(value) }) : json;
}

/** What Keras has by name, for options that hold more than their names. */
const NAMES: { readonly [kind in Field["kind"]]?: readonly [ErrorCode, readonly string[]] } = {
  activation: ["unsupported/activation", ACTIVATION_NAMES.filter((name) => name !== "hard_sigmoid_keras2")],
  initializer: ["unsupported/initializer", INITIALIZERS],
  regularizer: ["malformed/config", ["L1", "L2", "L1L2", "OrthogonalRegularizer"]],
  constraint: ["malformed/config", ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"]],
};

/** Refuses a name that Keras does not know where it is written: `activation: "rellu"`. */
function checkNamed(kind: Field["kind"], json: JsonNode, given: string, path: string): void {
  const [code, names] = NAMES[kind] ?? [];
  if (code === undefined || names === undefined || typeof json !== "string") return;
  const name = kind === "activation" ? activationNamed(json, "keras3").fn : json;
  if (!names.includes(name)) fail(code, { path, expected: nearestOf(given, names), found: given });
}

/** Refuses what cannot be a layer's own. */
function checkCommon(o: LayerOptions, where: string): void {
  if (typeof o !== "object" || o === null || Array.isArray(o))
    fail("mismatch/option", { path: where, expected: "an object of options", found: kindOf(o) });
  if (o.name !== undefined) checkName(o.name, `${where}.name`);
  for (const key of ["inputShape", "batchInputShape"] as const)
    if (o[key] !== undefined) checkOpenShape(o[key], `${where}.${key}`);
  for (const key of ["batchSize", "inputDim", "inputLength"] as const)
    if (o[key] !== undefined) checkOpenShape([o[key]], `${where}.${key}`);
}

/** A name that a caller gives. Throws `mismatch/option`. */
export function checkName(name: unknown, path: string): asserts name is string {
  if (typeof name !== "string" || name === "")
    fail("mismatch/option", { path, expected: "a name", found: kindOf(name) });
}

/** A caller's shape that may leave lengths open. Throws `mismatch/shape`. */
export function checkOpenShape(shape: unknown, path: string): asserts shape is Shape {
  checkShape(Array.isArray(shape) ? Array.from(shape, (n: unknown) => n ?? (n === null ? 0 : n)) : shape, path);
}

function configOf(def: AnyDef, options: Readonly<Record<string, unknown>>, name: string): JsonObject {
  const config = record([["name", name]]);
  if (def.writing?.neverTrainable !== true) config.set("trainable", options["trainable"] !== false);
  const { dtype } = options;
  const policy = isPolicy(dtype) ? dtype : "float32";
  config.set("dtype", LANGUAGES.keras3.policy(policy));
  const written = Object.entries(def.config).filter(([, field]) => field.only !== "keras2");
  const known = new Map(written.map(([key, field]) => [camel(key), [key, field] as const]));
  for (const [key, field] of known.values()) if (!field.required) config.set(key, optionJson(field, field.default));
  for (const [option, value] of Object.entries(options)) {
    const own = known.get(option);
    if (own === undefined) {
      if (!COMMON.has(option)) unknownOption(name, option, [...known.keys(), ...COMMON]);
      continue;
    }
    const [key, field] = own;
    if (value === undefined) continue;
    const json = jsonOf(field, value, `${name}.${option}`);
    if (typeof value === "string") checkNamed(field.kind, json, value, `${name}.${option}`);
    config.set(key, optionJson(field, json));
  }
  return config;
}

/** The shape that a layer's options give its input, with the batch axis; null where they say nothing. */
function inputShapeOf(def: AnyDef, o: LayerOptions): Shape | null {
  const batch = o.batchSize ?? null;
  if (o.batchInputShape !== undefined) return o.batchInputShape;
  if (o.inputShape !== undefined) return [batch, ...o.inputShape];
  const ownDim = Object.hasOwn(def.config, "input_dim");
  if (ownDim) return o.inputLength === undefined ? null : [batch, o.inputLength];
  if (o.inputDim === undefined) return null;
  const sequence = o.inputLength !== undefined || Object.hasOwn(def.config, "return_sequences");
  return sequence ? [batch, o.inputLength ?? null, o.inputDim] : [batch, o.inputDim];
}

/** Layers by their serialised form, so that one stays the same layer wherever its form is used. */
const layersByForm = new WeakMap<JsonObject, LayerNode>();

/** Says which layer a serialised form is of. */
export function sameLayer(form: JsonObject, node: LayerNode): void {
  layersByForm.set(form, node);
}

/** Refuses what is neither a dtype nor a policy. */
function checkDType(dtype: unknown, path: string): void {
  if (dtype === undefined || isPolicy(dtype)) return;
  if (typeof dtype !== "string") fail("mismatch/option", { path: `${path}.dtype`, expected: "a dtype" });
  if (!isDType(dtype)) fail("unsupported/dtype-policy", { path, expected: "a dtype or policy", found: dtype });
}

export const MADE_HERE = {
  semantics: "keras3",
  backend: "tensorflow",
  initialise: async (...of: Parameters<Initialise>) => (await import("../../model/initialise.ts")).initialise(...of),
  taken: (form: JsonObject) => layersByForm.get(form),
} as const;

/** A layer that stands in no model yet, or in several. */
export class Layer {
  /** The serialised form, as Keras 3 writes it. @internal */
  readonly raw: JsonObject;
  /** By which `model.layer` finds it. */
  readonly name: string;
  /** @internal */
  readonly node: LayerNode;
  /** @internal */
  readonly isNamed: boolean;
  /** What the options say of the input, with the batch axis. @internal */
  readonly batchInputShape: Shape | null;
  /** @internal */
  readonly inputDType: DType;

  /** Throws `malformed/config` for options that are not of their type, `mismatch/option` for options that are none. @internal */
  constructor(def: AnyDef, options: LayerOptions & Readonly<Record<string, unknown>>) {
    checkCommon(options, def.class);
    this.name = options.name ?? uniqueName(def.ownName ?? def.class);
    this.isNamed = options.name !== undefined;
    checkDType(options.dtype, this.name);
    this.batchInputShape = inputShapeOf(def, options);
    this.inputDType = options.dtype === undefined || isPolicy(options.dtype) ? "float32" : options.dtype;
    this.raw = wholeObject(def.module ?? "keras.layers", def.class, configOf(def, options, this.name));
    this.node = readModel(this.raw, { ...MADE_HERE, isLayer: true });
    sameLayer(this.raw, this.node);
  }

  /**
   * Calls the layer on symbolic values and gives its output, or its outputs. `kwargs` in camelCase: `initialState`,
   * `mask`. Throws `mismatch/*` for inputs that the layer does not take.
   */
  apply(x: ApplyArg, kwargs: ApplyKwargs = {}): Symbolic & readonly Symbolic[] {
    return applyLayer(this, x, kwargs) as Symbolic & readonly Symbolic[];
  }
}

guardMethods(Layer);

function traced(arg: ApplyArg, path: string): TracedArg {
  const value = symbolic(arg);
  if (value !== undefined) return { shape: value.shape, dtype: value.dtype };
  if (Array.isArray(arg)) return { list: Array.from(arg as readonly ApplyArg[], (item) => traced(item, path)) };
  if (arg !== null && !["boolean", "number", "string"].includes(typeof arg))
    fail("mismatch/inputs", { path, expected: "symbolic values or plain arguments", found: kindOf(arg) });
  return { json: arg as null | boolean | number | string };
}

/** One value for one output, an array for several. */
export function applyLayer(layer: Member, x: ApplyArg, kwargs: ApplyKwargs): Symbolic | readonly Symbolic[] {
  if (typeof kwargs !== "object" || kwargs === null)
    fail("mismatch/option", { path: layer.name, expected: "an object of arguments", found: kindOf(kwargs) });
  const kw = Object.fromEntries(
    Object.entries(kwargs)
      .filter((entry): entry is [string, ApplyArg] => entry[1] !== undefined)
      .map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`), value] as const),
  );
  const outputs = traceCall(
    layer.node,
    [traced(x, layer.name)],
    Object.fromEntries(Object.entries(kw).map(([key, value]) => [key, traced(value, `${layer.name}.${key}`)])),
  );
  const call = { layer, x, kwargs: kw };
  const values = outputs.map(({ shape, dtype }, tensor) => new Symbolic(call, tensor, shape, dtype));
  return values.length === 1 ? values[0]! : values;
}

/** The function that makes layers of a class. */
export type LayerBuilder<F extends Fields> =
  Record<never, never> extends BuilderOptions<F>
    ? (options?: BuilderOptions<F> & LayerOptions) => Layer
    : (options: BuilderOptions<F> & LayerOptions) => Layer;

type DeclaredClass<F extends Fields> = { readonly config: F } & { readonly class: string };

/**
 * The function of the public API that makes layers of a class, its options typed by the declaration. `inside`: the class of
 * the layers that it makes inside.
 */
export function builderOf<F extends Fields>(def: DeclaredClass<F>, inside?: DeclaredClass<Fields>): LayerBuilder<F> {
  const defs = [def, ...(inside === undefined ? [] : [inside])] as unknown as readonly AnyDef[];
  return ((options: LayerOptions & Readonly<Record<string, unknown>> = {}) => {
    register(defs);
    return door(`layers: ${def.class}`, () => new Layer(defs[0]!, options));
  }) as LayerBuilder<F>;
}

export const jsonInt = (n: number): JsonNode => JsonNumber.of(n, "int");
export const shapeJson = (shape: Shape): JsonNode => shape.map((n) => (n === null ? null : jsonInt(n)));
