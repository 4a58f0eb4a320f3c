/**
 * The languages that the generations of Keras write configs in: one row each says whatever a writer needs to know of one.
 * Sources: keras/src/saving/serialization_lib.py, tf_keras/src/saving/legacy/serialization.py.
 */
import type { JsonNode, JsonObject } from "../codecs/json.ts";
import type { Semantics } from "../core/semantics.ts";
import type { Dialect } from "./archive.ts";

/** One generation's language of configs. */
export interface Language {
  /** As it is told to users. */
  readonly title: string;
  /** Whose arithmetic a config means that is translated into this language; null where nothing is. */
  readonly semantics: Semantics | null;
  /** Generations whose last layers it has no more. */
  readonly without: readonly Dialect[];

  // Objects.
  /** A serialised object: a layer, an initialiser, a model. `registered`: the name it is registered under. */
  object(module: string | null, className: string, config: JsonNode, registered?: string | null): JsonObject;
  /** A layer's `dtype`, from its policy's name. */
  policy(name: string): JsonNode;
  /** Whether a policy may be one of integers with scales. */
  readonly hasQuantization: boolean;
  /** Whether a class that is not of `keras.layers` goes by the name that it is registered under. */
  readonly hasRegisteredClasses: boolean;
  /** The class of a model of layers that call one another. */
  readonly graphClass: "Functional" | "Model";

  // Options of layers.
  /** The names in `LayerDef.dialects` that options go by, and whose options there are (`Field.only`). */
  readonly options: "keras2" | "keras3";
  /** Whether what a layer derives from its other options is written all the same. */
  readonly writesDerived: boolean;
  /** Whether layers that nothing trains say `trainable`, and models of layers that call one another. */
  readonly trainable: { readonly untrained: boolean; readonly graph: boolean };
  /** The option with the shape of an InputLayer, and of another layer that begins a model: null, it has none. */
  readonly shapeOption: { readonly input: string; readonly layer: string | null };
  /** Whether initialisers say which axes count as inputs and outputs. */
  readonly hasInitializerAxes: boolean;
  /** Whether ZeroPadding1D has a `data_format`. */
  readonly padsSequencesFirst: boolean;
  /** Which of both arithmetics `hard_sigmoid` names. */
  readonly hardSigmoid: "hard_sigmoid" | "hard_sigmoid_keras2";

  // Models.
  /** Whether functional models may have operations as nodes. */
  readonly hasOperations: boolean;
  /** How calls are written: every tensor with its shape and dtype, or as places. */
  readonly calls: "tensors" | "places";
  /** Whether a single input or output of a functional model is no list. */
  readonly hasSingleEnds: boolean;
  /** Whether a Sequential whose shape is known starts with an InputLayer. */
  readonly startsWithInput: boolean;
  /** A layer's name as this generation takes it. */
  layerName(name: string): string;

  // Files.
  /** Whether a model's config holds how it was compiled. */
  readonly holdsTraining: boolean;
  /** Whether the tree of weights tells the names of owners, and files of weights alone have one with the optimizer's. */
  readonly hasOwnerNames: boolean;
  /** Whether the tree of weights marks arrays of bfloat16, which HDF5 does not have. */
  readonly marksBfloat16: boolean;
  /** Whether files name the backend. */
  readonly hasBackend: boolean;
  /** Whether there are `.keras` files, and what is in `exporters/names/`: a Keras that is asked which names it knows. */
  readonly names: "keras2" | "keras3" | null;
  /** What ends a variable's name in flat files. */
  readonly variableSuffix: string;
  /** The first variables of an optimizer, by name. */
  readonly optimizerHead: readonly string[];
}

/** What tells generations apart that speak one language: how they count, and what their files say of their writer. */
export interface Edition {
  /** As it is told to users. */
  readonly title: string;
  /** Whether `load_model` can be told to leave training aside. */
  readonly loadsUncompiled: boolean;
  /** Whether which of its versions opens a file depends on the one that wrote it. */
  readonly hasOwnReaders: boolean;
  /** The version that a file claims when its model comes from another generation or from code. */
  readonly version: string;
  /** How texts beside the weights are written in HDF5: Python's `str`, or `bytes`. */
  readonly charset: "utf-8" | "ascii";
  /** Whether flat files have a group for the model's own variables. */
  readonly hasTopWeights: boolean;
  /** The names in `LayerDef.dialects` that options go by. */
  readonly options: Dialect;
  /**
   * Whether paths in the tree of weights follow today's class and attribute names, a layer met again using up a number; else
   * its own names and, of a class, the order of the numbers alone.
   */
  readonly hasTodaysPaths: boolean;
  /** Whether layers may be stored in an older layout (Theano's, CuDNN's). */
  readonly hasOlderLayouts: boolean;
  /** `get_weights`: each layer's own before its children's, or all that training moves before the rest, of the model or of each of its layers. */
  readonly weightOrder: "own-first" | "trainable-first" | "trainable-first-by-layer";
  /** Whether `trainable` marks a layer, which operations are not. */
  readonly trainableMarksLayers: boolean;
  /** Whether an integer may stand as `dtype`: that of an Embedding's input, not a mode of quantising. */
  readonly hasIntegerDTypes: boolean;
  /** Whether a layer whose dtype is one of whole numbers has weights of it; else what has weights is refused. */
  readonly hasWholeWeights: boolean;
}

const BEFORE = {
  options: "keras2",
  hasTodaysPaths: false,
  hasOlderLayouts: true,
  weightOrder: "trainable-first",
  trainableMarksLayers: false,
  hasIntegerDTypes: true,
  hasWholeWeights: false,
  loadsUncompiled: true,
} as const;
const KERAS = { ...BEFORE, charset: "ascii", hasTopWeights: false, hasOwnReaders: false } as const;

export const EDITIONS: Readonly<Record<Semantics, Edition>> = {
  keras1: { ...KERAS, options: "keras1", title: "Keras 1", version: "1.2.2", loadsUncompiled: false },
  keras2: { ...KERAS, title: "Keras 2", version: "2.3.1" },
  "tf-keras": {
    ...BEFORE,
    charset: "utf-8",
    hasTopWeights: true,
    weightOrder: "trainable-first-by-layer",
    title: "tf-keras, TensorFlow 2",
    hasOwnReaders: true,
    version: "2.21.0",
  },
  keras3: {
    title: "Keras 3",
    version: "3.15.1",
    charset: "utf-8",
    hasTopWeights: true,
    options: "keras3",
    hasTodaysPaths: true,
    hasOlderLayouts: false,
    weightOrder: "own-first",
    trainableMarksLayers: true,
    hasIntegerDTypes: false,
    hasWholeWeights: true,
    loadsUncompiled: true,
    hasOwnReaders: false,
  },
};

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

/** A name that TensorFlow takes for a scope. Source: tensorflow/python/framework/ops.py (`_VALID_SCOPE_NAME_REGEX`). */
const scopeName = (name: string): string => name.replace(/[^\w.\\/>-]/g, "_").replace(/^(?=[^A-Za-z0-9.])/, "layer");

const BEFORE_KERAS_3 = {
  without: ["keras1"],
  object: bareObject,
  policy: (name: string): JsonNode => (name.startsWith("mixed_") ? bareObject("", "Policy", nameOnly(name)) : name),
  hasQuantization: false,
  hasRegisteredClasses: true,
  graphClass: "Model",
  options: "keras2",
  writesDerived: false,
  trainable: { untrained: true, graph: false },
  shapeOption: { input: "batch_input_shape", layer: "batch_input_shape" },
  hasInitializerAxes: false,
  padsSequencesFirst: false,
  hardSigmoid: "hard_sigmoid_keras2",
  hasOperations: false,
  calls: "places",
  hasSingleEnds: false,
  startsWithInput: false,
  layerName: scopeName,
  holdsTraining: false,
  hasOwnerNames: false,
  marksBfloat16: false,
  hasBackend: true,
  names: "keras2",
  variableSuffix: ":0",
  optimizerHead: ["iteration"],
} as const;

export const LANGUAGES: Readonly<Record<Dialect, Language>> = {
  keras1: { ...BEFORE_KERAS_3, title: "Keras 1", semantics: null, without: [], hasBackend: false, names: null },
  keras2: { ...BEFORE_KERAS_3, title: "Keras 2", semantics: "tf-keras" },
  keras3: {
    title: "Keras 3",
    semantics: "keras3",
    without: ["keras1", "keras2"],
    object: wholeObject,
    policy: (name) => wholeObject("keras", "DTypePolicy", nameOnly(name)),
    hasQuantization: true,
    hasRegisteredClasses: false,
    graphClass: "Functional",
    options: "keras3",
    writesDerived: true,
    trainable: { untrained: false, graph: true },
    shapeOption: { input: "batch_shape", layer: null },
    hasInitializerAxes: true,
    padsSequencesFirst: true,
    hardSigmoid: "hard_sigmoid",
    hasOperations: true,
    calls: "tensors",
    hasSingleEnds: true,
    startsWithInput: true,
    // Source: keras/src/ops/operation.py.
    layerName: (name) => name.replaceAll("/", "_"),
    holdsTraining: true,
    hasOwnerNames: true,
    marksBfloat16: true,
    hasBackend: true,
    names: "keras3",
    variableSuffix: "",
    optimizerHead: ["iteration", "learning_rate"],
  },
};
