/**
 * Models to and from TensorFlow.js, which is installed beside (`@tensorflow/tfjs`, or `@tensorflow/tfjs-layers` with
 * `@tensorflow/tfjs-core` and a backend):
 *
 *     import * as tf from "@tensorflow/tfjs";
 *     import { fromLayersModel, toLayersModel } from "keraport/tfjs";
 *     const layersModel = await toLayersModel(await load("model.keras"), tf);
 */
import { checkModel } from "./api/check-model.ts";
import { loadModel } from "./api/load.ts";
import type { Model } from "./api/model.ts";
import { saveToMap } from "./api/save.ts";
import { fail } from "./core/error.ts";
import { concatBytes } from "./core/bytes.ts";
import { door, kindOf } from "./core/guard.ts";
import { MANIFEST } from "./formats/tfjs-layers.ts";

/** What is needed of TensorFlow.js. */
export interface TensorFlowJs {
  /** `tf.loadLayersModel`. */
  loadLayersModel(handler: LoadHandler): Promise<unknown>;
}

/** A handler of `tf.loadLayersModel`. */
export interface LoadHandler {
  /** Gives what the model is made of. */
  load(): Promise<never>;
}

/** What is needed of a `tf.LayersModel`. */
export interface LayersModel {
  /** Hands what the model is made of to a handler. */
  save(handler: { save(artifacts: never): Promise<never> }): Promise<unknown>;
}

/** The same, where nobody says what TensorFlow.js is. */
export interface LoadedLayersModel extends LayersModel {
  /** Takes tensors and gives tensors of TensorFlow.js. */
  predict(inputs: unknown): unknown;
  /** Frees its weights. */
  dispose(): unknown;
}

/** Not named where a bundler would look for it. */
const PACKAGES = ["@tensorflow/tfjs-layers", "@tensorflow/tfjs"];

/** Throws `unsupported/backend` where it is not installed. */
async function installed(): Promise<TensorFlowJs> {
  for (const name of PACKAGES) {
    const found = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(() => undefined)) as
      (Partial<TensorFlowJs> & { readonly default?: Partial<TensorFlowJs> }) | undefined;
    const library = found?.loadLayersModel === undefined ? found?.default : found;
    if (library?.loadLayersModel !== undefined) return library as TensorFlowJs;
  }
  return fail("unsupported/backend", {
    message:
      "TensorFlow.js is a package of its own: npm install @tensorflow/tfjs, or @tensorflow/tfjs-layers @tensorflow/tfjs-core and a backend; in a browser give the module as the second argument",
    found: "@tensorflow/tfjs-layers",
  });
}

/**
 * A model as a `tf.LayersModel` that predicts the same. `tf`: TensorFlow.js itself, in browsers; default: what is installed. Its
 * backend is the caller's to set. Throws `unsupported/translation` with the layer that TensorFlow.js has no form for,
 * `unsupported/backend` where TensorFlow.js is missing.
 */
export function toLayersModel<T extends TensorFlowJs>(
  model: Model,
  tf: T,
): Promise<Awaited<ReturnType<T["loadLayersModel"]>>>;
export function toLayersModel(model: Model): Promise<LoadedLayersModel>;
export function toLayersModel(model: Model, tf?: TensorFlowJs): Promise<unknown> {
  return door("toLayersModel", async () => {
    checkModel(model);
    const library = tf ?? (await installed());
    if (typeof library.loadLayersModel !== "function")
      fail("mismatch/argument", {
        expected: "the module @tensorflow/tfjs or @tensorflow/tfjs-layers",
        found: kindOf(tf),
      });
    const files = [...(await saveToMap(model, { format: "tfjs-layers", shardSize: Number.MAX_SAFE_INTEGER }))];
    const [, json] = files.find(([name]) => name.endsWith(".json"))!;
    const { [MANIFEST]: groups, ...rest } = JSON.parse(new TextDecoder().decode(json)) as {
      readonly weightsManifest: readonly { readonly weights: readonly object[] }[];
    };
    const bytes = concatBytes(files.filter(([name]) => !name.endsWith(".json")).map(([, part]) => part));
    const weightSpecs = groups.flatMap(({ weights }) => weights);
    const artifacts = { ...rest, weightSpecs, weightData: bytes.slice().buffer };
    return library.loadLayersModel({ load: async () => artifacts as never });
  });
}

/** A `tf.LayersModel`, made or trained there, as a model here. Throws what `load` throws. */
export function fromLayersModel(layersModel: LayersModel): Promise<Model> {
  return door("fromLayersModel", async () => {
    if (typeof layersModel?.save !== "function")
      fail("mismatch/argument", { expected: "a tf.LayersModel", found: kindOf(layersModel) });
    let artifacts: object = {};
    const save = async (given: object): Promise<never> => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } } as never;
    };
    await layersModel.save({ save });
    return loadModel(artifacts as never, {}, null);
  });
}
