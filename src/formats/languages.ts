/**
 * The languages that the generations of Keras write configs in: one row each says whatever a writer needs to know of one.
 * Sources: keras/src/saving/serialization_lib.py, tf_keras/src/saving/legacy/serialization.py.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { Semantics } from "../core/semantics.ts";
import type { Dialect } from "./archive.ts";

export interface Language {
  /** As it is told to users. */
  readonly title: string;
  /** Whose arithmetic a config means that is translated into this language. */
  readonly semantics: Semantics;
  /** A serialised object: a layer, an initialiser, a model. `registered`: the name it is registered under. */
  object(module: string | null, className: string, config: JsonNode, registered?: string | null): JsonObject;
  /** A layer's `dtype`, from its policy's name. */
  policy(name: string): JsonNode;
  /** The option with the shape of an InputLayer, and of another layer that begins a model: null, it has none. */
  readonly shapeOption: { readonly input: string; readonly layer: string | null };
  /** The names in `LayerDef.dialects` that options go by. */
  readonly optionNames: "keras2" | null;
  /** Whether functional models may have operations as nodes. */
  readonly hasOperations: boolean;
  /** Whether a layer that appears twice is known again by a number. */
  readonly hasSharedIds: boolean;
  /** Whether a single input or output of a functional model is no list. */
  readonly hasSingleEnds: boolean;
  /** Whether a Sequential whose shape is known starts with an InputLayer. */
  readonly startsWithInput: boolean;
  /** Which of both arithmetics `hard_sigmoid` names. */
  readonly hardSigmoid: "hard_sigmoid" | "hard_sigmoid_keras2";
  /** What ends a variable's name in flat files. */
  readonly variableSuffix: string;
  /** The first variables of an optimizer, by name. */
  readonly optimizerHead: readonly string[];
}

/** `{class_name, config}`. */
function bareObject(_module: string | null, className: string, config: JsonNode): JsonObject {
  return new Map<string, JsonNode>([
    ["class_name", className],
    ["config", config],
  ]);
}

/** With the module it comes from, as Keras 3 writes every object. */
export function wholeObject(
  module: string | null,
  className: string,
  config: JsonNode,
  registered: string | null = null,
): JsonObject {
  return new Map<string, JsonNode>([
    ["module", module],
    ["class_name", className],
    ["config", config],
    ["registered_name", registered],
  ]);
}

const nameOnly = (name: string): JsonObject => new Map<string, JsonNode>([["name", name]]);

const BEFORE_KERAS_3 = {
  object: bareObject,
  policy: (name: string): JsonNode => (name.startsWith("mixed_") ? bareObject("", "Policy", nameOnly(name)) : name),
  shapeOption: { input: "batch_input_shape", layer: "batch_input_shape" },
  optionNames: "keras2",
  hasOperations: false,
  hasSharedIds: false,
  hasSingleEnds: false,
  startsWithInput: false,
  hardSigmoid: "hard_sigmoid_keras2",
  variableSuffix: ":0",
  optimizerHead: ["iteration"],
} as const;

export const LANGUAGES: Readonly<Record<Dialect, Language>> = {
  keras1: { ...BEFORE_KERAS_3, title: "Keras 1", semantics: "keras1" },
  keras2: { ...BEFORE_KERAS_3, title: "Keras 2", semantics: "tf-keras" },
  keras3: {
    title: "Keras 3",
    semantics: "keras3",
    object: wholeObject,
    policy: (name) => wholeObject("keras", "DTypePolicy", nameOnly(name)),
    shapeOption: { input: "batch_shape", layer: null },
    optionNames: null,
    hasOperations: true,
    hasSharedIds: true,
    hasSingleEnds: true,
    startsWithInput: true,
    hardSigmoid: "hard_sigmoid",
    variableSuffix: "",
    optimizerHead: ["iteration", "learning_rate"],
  },
};
