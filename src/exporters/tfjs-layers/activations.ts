/** Activations as TensorFlow.js has them, by name or made of its layers. Source: tfjs-layers/src/activations.ts, layers/advanced_activations.ts. */
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { CallOf, TfjsWriter, TfjsValue } from "./writer.ts";

const NAMES: Readonly<Record<string, string>> = {
  elu: "elu", linear: "linear", log_softmax: "log_softmax", mish: "mish", relu: "relu", relu6: "relu6", selu: "selu",
  sigmoid: "sigmoid", silu: "swish", softmax: "softmax", softplus: "softplus", softsign: "softsign", tanh: "tanh",
  hard_sigmoid_keras2: "hard_sigmoid", celu: "elu", gelu: "gelu",
}; // prettier-ignore

const numberOf = (spec: ActivationSpec, option: string, initial: number): number => {
  const value = spec[option];
  return typeof value === "number" ? value : initial;
};

/** The name of an activation without options of its own; null where it is made of layers, or there is none. */
export function activationName(spec: ActivationSpec): string | null {
  if (spec.apply !== undefined) return null;
  const { fn, ...options } = spec;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const isPlain = given.every(
    ([name, value]) =>
      (name === "axis" && value === -1) ||
      (name === "approximate" && value === false) ||
      (name === "alpha" && value === 1) ||
      (name === "max_value" && value === null) ||
      ((name === "negative_slope" || name === "threshold") && value === 0),
  );
  return isPlain ? (NAMES[fn] ?? null) : null;
}

/** Small layers on one value, each with a role of its own. */
export class Chain {
  readonly #w: TfjsWriter;
  readonly #of: CallOf;
  readonly #role: string;
  #count = 0;

  constructor(w: TfjsWriter, of: CallOf, role: string) {
    this.#w = w;
    this.#of = of;
    this.#role = role;
  }

  layer(className: string, options: Parameters<TfjsWriter["one"]>[3], x: TfjsValue): TfjsValue {
    return this.#w.one(this.#of, `${this.#role}${this.#count++}`, className, options, x, x.shape);
  }
  named(activation: string, x: TfjsValue): TfjsValue {
    return this.layer("Activation", { activation }, x);
  }
  scale(x: TfjsValue, scale: number, offset = 0): TfjsValue {
    return this.layer("Rescaling", { scale, offset }, x);
  }
  join(className: "Add" | "Multiply" | "Minimum" | "Maximum", x: readonly TfjsValue[]): TfjsValue {
    return this.#w.call(this.#of, `${this.#role}${this.#count++}`, className, {}, x, [x[0]!.shape])[0]!;
  }
  minus(a: TfjsValue, b: TfjsValue): TfjsValue {
    return this.join("Add", [a, this.scale(b, -1)]);
  }
}

/** relu with its options. A threshold other than 0 is refused: at it TensorFlow.js gives another value. */
function relu(chain: Chain, spec: ActivationSpec, x: TfjsValue): TfjsValue | null {
  const slope = numberOf(spec, "negative_slope", 0);
  const most = spec["max_value"] ?? null;
  if (numberOf(spec, "threshold", 0) !== 0 || (most !== null && typeof most !== "number")) return null;
  if (most === null) return slope === 0 ? chain.named("relu", x) : chain.layer("LeakyReLU", { alpha: slope }, x);
  const upper = chain.layer("ReLU", { max_value: most }, x);
  if (slope === 0) return upper;
  return chain.join("Add", [upper, chain.scale(chain.minus(x, chain.named("relu", x)), slope)]);
}

/** clip(x/6 + 0.5, 0, 1). */
const hardSigmoid = (chain: Chain, x: TfjsValue): TfjsValue => chain.named("hard_sigmoid", chain.scale(x, 5 / 6));

const elu = (chain: Chain, x: TfjsValue, alpha: number): TfjsValue => {
  const [whole, above] = [chain.named("elu", x), chain.named("relu", x)];
  return chain.join("Add", [chain.scale(whole, alpha), chain.scale(above, 1 - alpha)]);
};

const MADE: Readonly<Record<string, (chain: Chain, spec: ActivationSpec, x: TfjsValue) => TfjsValue | null>> = {
  relu,
  leaky_relu: (chain, spec, x) => chain.layer("LeakyReLU", { alpha: numberOf(spec, "negative_slope", 0.2) }, x),
  elu: (chain, spec, x) => elu(chain, x, numberOf(spec, "alpha", 1)),
  hard_sigmoid: (chain, _spec, x) => hardSigmoid(chain, x),
  hard_silu: (chain, _spec, x) => chain.join("Multiply", [x, hardSigmoid(chain, x)]),
  hard_tanh: (chain, _spec, x) => chain.scale(chain.named("hard_sigmoid", chain.scale(x, 2.5)), 2, -1),
  log_sigmoid: (chain, _spec, x) => chain.scale(chain.named("softplus", chain.scale(x, -1)), -1),
  tanh_shrink: (chain, _spec, x) => chain.minus(x, chain.named("tanh", x)),
  soft_shrink: (chain, spec, x) => {
    if (spec["threshold"] !== undefined) return null;
    const [above, below] = [chain.scale(x, 1, -0.5), chain.scale(x, -1, -0.5)];
    return chain.minus(chain.named("relu", above), chain.named("relu", below));
  },
  hard_shrink: (chain, spec, x) => {
    if (spec["threshold"] !== undefined) return null;
    const cut = (value: TfjsValue): TfjsValue => chain.layer("ThresholdedReLU", { theta: 0.5 }, value);
    return chain.minus(cut(x), cut(chain.scale(x, -1)));
  },
};

/** Whether it is a layer or some here. */
export function isKnown(spec: ActivationSpec): boolean {
  if (spec.apply !== undefined) return false;
  const isPlain = spec["threshold"] === undefined || (spec.fn === "relu" && spec["threshold"] === 0);
  return activationName(spec) !== null || (Object.hasOwn(MADE, spec.fn) && isPlain);
}

/** An activation as layers after another one; the one of the role "" if it is a layer's whole work. */
export function activated(w: TfjsWriter, of: CallOf, role: string, spec: ActivationSpec, x: TfjsValue): TfjsValue {
  const name = activationName(spec);
  if (name === "linear" && role !== "") return x;
  if (name !== null) return w.one(of, role, "Activation", { activation: name }, x, x.shape);
  const made =
    spec.apply === undefined ? MADE[spec.fn]?.(new Chain(w, of, role === "" ? "part_" : `${role}_`), spec, x) : null;
  return (
    made ??
    w.refuse(
      of,
      "TensorFlow.js has no such activation",
      of.node.config["activation"] === undefined ? undefined : "activation",
    )
  );
}

const ALONG_LAST: ReadonlySet<string> = new Set(["softmax", "log_softmax"]);

/** A layer's own option and what comes after the layer. */
export function ownActivation(
  w: TfjsWriter,
  of: CallOf,
): { readonly activation: string; after(y: TfjsValue): TfjsValue } {
  const spec = of.c["activation"] as ActivationSpec;
  const name = activationName(spec);
  if (of.c["data_format"] === "channels_first" && ALONG_LAST.has(spec.fn))
    w.refuse(of, "along the last axis, which are not the channels", "activation");
  if (name !== null) return { activation: name, after: (y) => y };
  return { activation: "linear", after: (y) => activated(w, of, "activation", spec, y) };
}
