/**
 * What Keras calls initializers, regularizers, constraints and activations, in every form of its configs: all open in every
 * option that takes one. The names are those that `get` of Keras 3.15.1 or of tf-keras 2.21 takes, and those of Keras 1.
 */
import { expect, it } from "vitest";
import { fromPlain, type JsonObject } from "../../src/codecs/json.ts";
import { fromFloat16 } from "../../src/core/dtype.ts";
import type { FormatError } from "../../src/core/error.ts";
import "../../src/layers/all.ts";
import { isUnknownActivation, parseActivation } from "../../src/layers/common/activation-spec.ts";
import { findLayer } from "../../src/layers/registry.ts";
import { initialise } from "../../src/model/initialise.ts";
import { readModel } from "../../src/model/bind.ts";
import { tableHead } from "../support/tables.ts";

const words = (text: string): readonly string[] => text.split(" ");
const NAMES = {
  initializer: words(
    "Constant ConstantV2 GlorotNormal GlorotNormalV2 GlorotUniform GlorotUniformV2 HeNormal HeNormalV2 HeUniform HeUniformV2 Identity " +
      "IdentityInitializer IdentityV2 LecunNormal LecunNormalV2 LecunUniform LecunUniformV2 Ones OnesV2 Orthogonal OrthogonalInitializer OrthogonalV2 " +
      "RandomNormal RandomNormalV2 RandomUniform RandomUniformV2 STFT TruncatedNormal TruncatedNormalV2 VarianceScaling VarianceScalingV2 Zeros ZerosV2 " +
      "constant glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform normal one ones orthogonal random_normal " +
      "random_uniform truncated_normal uniform variance_scaling zero zeros",
  ),
  regularizer: words("L1 L1L2 L2 OrthogonalRegularizer WeightRegularizer ActivityRegularizer l1 l1_l2 l1l2 l2 orthogonal_regularizer"), // prettier-ignore
  constraint: words("MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm max_norm maxnorm min_max_norm non_neg nonneg radial_constraint unit_norm unitnorm"), // prettier-ignore
};
const ACTIVATIONS = {
  keras3: words("celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold"), // prettier-ignore
  "tf-keras": words("elu exponential gelu hard_sigmoid leaky_relu linear mish relu relu6 selu sigmoid silu softmax softplus softsign swish tanh"), // prettier-ignore
};
type Kind = keyof typeof NAMES;

/** A name as the generations write it; the last is somebody's own class. */
const forms = (name: string, kind: Kind): readonly unknown[] => [
  name,
  { class_name: name, config: {} },
  { module: `keras.${kind}s`, class_name: name, config: {}, registered_name: null },
  { module: "builtins", class_name: "function", config: name, registered_name: "function" },
  { name, l1: 0.01, l2: 0 },
  { module: "mine", class_name: "Own", config: { scale: 2 }, registered_name: `Mine>${name}` },
  null,
];

const table = tableHead("dtypes/option_ranges.json.gz") as Readonly<
  Record<"keras3" | "tf-keras", Readonly<Record<string, { readonly config: object }>>>
>;
const cases = (["keras3", "tf-keras"] as const).flatMap((semantics) =>
  Object.entries(table[semantics]).map(([className, { config }]) => [semantics, className, config] as const),
);

it.each(cases)("%s %s", (semantics, className, config) => {
  const wrong: string[] = [];
  const tried = (option: string, value: unknown): void => {
    const raw = fromPlain({ module: "keras.layers", class_name: className, config: { ...config, [option]: value } } as never); // prettier-ignore
    try {
      const node = readModel(raw as JsonObject, { semantics, backend: "tensorflow", isLayer: true, initialise: null });
      if (node.problems.length > 0) wrong.push(`${option} ${JSON.stringify(value)}: ${node.problems[0]!.code}`);
    } catch (error) {
      wrong.push(`${option} ${JSON.stringify(value)}: ${(error as FormatError).message}`);
    }
  };
  for (const [option, { kind }] of Object.entries(
    findLayer({ className, module: "keras.layers", registeredName: null } as never)!.config,
  )) {
    if (kind === "activation") {
      for (const name of ACTIVATIONS[semantics]) tried(option, name);
    } else if (kind === "initializer" || kind === "regularizer" || kind === "constraint") {
      for (const name of NAMES[kind]) for (const form of forms(name, kind)) tried(option, form);
    }
  }
  expect(wrong).toEqual([]);
});

it.each(["keras3", "tf-keras"] as const)("activations of %s", (semantics) => {
  const unknown = ACTIVATIONS[semantics].filter(
    (name) =>
    [name, new Map([["class_name", "function"], ["config", name]])].some((node) => isUnknownActivation(parseActivation(node, { semantics, path: "activation" } as never))), // prettier-ignore
  );
  expect(unknown).toEqual([]);
});

it("initializers make weights under all of their names, of halves too", () => {
  const wrong = NAMES.initializer.filter((name) => {
    const own = /^(orth|ident)/i.test(name) ? [3, 3] : /stft/i.test(name) ? [4, 1, 3] : [3, 4];
    try {
      return initialise(name, own, "float16").data.length !== own.reduce((a, b) => a * b);
    } catch {
      return true;
    }
  });
  expect(wrong).toEqual([]);
  const halves = initialise("one", [2], "float16");
  expect(Array.from(halves.data as Uint16Array, fromFloat16)).toEqual([1, 1]);
});
