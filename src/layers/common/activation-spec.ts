/**
 * Reads the `activation` options of every dialect: names, Keras 3 function objects, layers used as activations.
 * Source: keras/src/activations/__init__.py (3.15), tf_keras/activations.py, keras 1.2.2 keras/activations.py.
 */
import { JsonNumber, type JsonNode } from "../../codecs/json.ts";
import { fail } from "../../core/error.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Ops } from "../../ops/builder.ts";
import type { Sym } from "../../ops/types.ts";
import type { FieldContext } from "../field-context.ts";
import { callingFunction } from "../calling.ts";

/** Keras's activation functions, and `hard_sigmoid_keras2`: clip(0.2x + 0.5, 0, 1), what the name meant before Keras 3. */
export const ACTIVATION_NAMES = [
  "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
  "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax",
  "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh", "tanh_shrink", "threshold",
  "hard_sigmoid_keras2",
] as const; // prettier-ignore

const ALIASES = {
  swish: "silu",
  // The own names of tf.nn.log_softmax and tf.nn.softmax, which configs of tf-keras hold.
  log_softmax_v2: "log_softmax",
  softmax_v2: "softmax",
  hard_swish: "hard_silu",
  hardsigmoid: "hard_sigmoid",
  identity: "linear",
} as const;

/** A name that Keras gives an activation. */
export type ActivationName = Exclude<(typeof ACTIVATION_NAMES)[number], "hard_sigmoid_keras2"> | keyof typeof ALIASES;

/** Layers that files use as activations, with their options' names in `ActivationSpec`. */
const LAYERS: ReadonlyMap<string, readonly [fn: string, defaults: Readonly<Record<string, number | null>>]> = new Map([
  ["ReLU", ["relu", { negative_slope: 0, max_value: null, threshold: 0 }]],
  ["LeakyReLU", ["leaky_relu", { negative_slope: 0.3 }]],
  ["ELU", ["elu", { alpha: 1 }]],
  ["Softmax", ["softmax", { axis: -1 }]],
]);

/** The function of that name under a generation's meaning. */
export function activationNamed(name: string, semantics: FieldContext["semantics"]): ActivationSpec {
  const fn = Object.hasOwn(ALIASES, name) ? ALIASES[name as keyof typeof ALIASES] : name;
  if (fn === "hard_sigmoid" && semantics !== "keras3") return { fn: "hard_sigmoid_keras2" };
  if (fn === "gelu" && semantics === "keras3") return { fn };
  return { fn };
}

/** A number, or none where none is the default; true and false are numbers, as in Python. */
function optionOf(stored: JsonNode | undefined, initial: number | null, path: string): number | null {
  if (stored === undefined || (stored === null && initial === null)) return initial;
  if (typeof stored === "boolean") return Number(stored);
  return stored instanceof JsonNumber ? stored.value : fail("malformed/config", { path, expected: "a number" });
}

/** What Python calls a function without a name. */
const LAMBDA = "<lambda>";

/** What the caller gives under the name of a function or class in a file, registered (`package>Name`) or not. */
function suppliedFor(node: JsonNode, at: FieldContext): ActivationSpec | null {
  const { functions } = at;
  if (functions === undefined || functions.size === 0) return null;
  for (const name of functionNames(node)) {
    const apply = functions.get(name);
    if (apply !== undefined)
      return { fn: name, apply: (ops: Ops, x: Sym & readonly Sym[]) => callingFunction(at.path, () => apply(ops, x)) };
  }
  return null;
}

/** Python's code of a function without a name: `{value: [code, defaults, closure]}`, in an object of its own or not. */
const isLambda = (node: JsonNode | undefined): boolean =>
  node instanceof Map &&
  (node.get("class_name") === "__lambda__" || (!node.has("class_name") && Array.isArray(node.get("value"))));

/** The names by which a serialised function, or object used as one, may be called. */
export function functionNames(node: JsonNode | undefined): readonly string[] {
  if (isLambda(node)) return [LAMBDA];
  const parts = node instanceof Map ? ["registered_name", "config", "class_name"].map((key) => node.get(key)) : [node];
  const names = parts.filter((part) => typeof part === "string");
  return [...names, ...names.map((name) => name.slice(name.lastIndexOf(">") + 1))];
}

/** What an `activation` option means; an unknown one keeps its name. Throws `malformed/config` for what is none. */
export function parseActivation(node: JsonNode, at: FieldContext): ActivationSpec {
  if (node === null) return { fn: "linear" };
  const supplied = suppliedFor(node, at);
  if (supplied !== null) return supplied;
  if (typeof node === "string") return activationNamed(node, at.semantics);
  if (!(node instanceof Map)) return fail("malformed/config", { path: at.path, expected: "an activation" });
  if (isLambda(node)) return { fn: `unknown:${LAMBDA}` };
  const name = node.get("class_name");
  const config = node.get("config");
  if (name === "function" && typeof config === "string") return activationNamed(config, at.semantics);
  if (name === "Activation" && config instanceof Map) return parseActivation(config.get("activation") ?? null, at);
  if (typeof name !== "string")
    return fail("malformed/config", { path: at.path, expected: "an activation with a class_name" });
  const known = LAYERS.get(name);
  if (known === undefined) return { fn: `unknown:${name}` };
  const spec: Record<string, number | string | null> = { fn: known[0] };
  for (const [option, initial] of Object.entries(known[1])) {
    // Before Keras 3 the slope was called alpha.
    const written = config instanceof Map && !config.has(option) && option === "negative_slope" ? "alpha" : option;
    const stored = config instanceof Map ? config.get(written) : undefined;
    if (Array.isArray(stored)) return { fn: `unknown:${name} with a list as ${option}` };
    spec[option] = optionOf(stored, initial, `${at.path}.${option}`);
  }
  return spec as unknown as ActivationSpec;
}

/** Whether it is none of Keras's functions, nor the caller's: somebody's own, or a layer with weights. */
export const isUnknownActivation = ({ fn, apply }: ActivationSpec): boolean =>
  apply === undefined && !(ACTIVATION_NAMES as readonly string[]).includes(fn);

/** Refuses an activation that nobody here knows; called when a layer is about to run. */
export function checkActivation(spec: ActivationSpec): ActivationSpec {
  if (isUnknownActivation(spec))
    fail("unsupported/activation", {
      message: "this activation is not known: load with customActivations",
      found: spec.fn.replace(/^unknown:/, ""),
    });
  return spec;
}
