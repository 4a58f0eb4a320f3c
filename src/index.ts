/**
 * keraport: opens Keras models, runs them, verifies them, writes them back. The whole public API, every name listed;
 * nothing here needs Node.
 */
import { checkModel } from "./api/check-model.ts";
import type { Inspection } from "./api/inspect.ts";
import type { LoadInput, LoadOptions } from "./api/load.ts";
import type { Model } from "./api/model.ts";
import type { SaveOptions } from "./api/save.ts";
import type { Tensor } from "./api/tensor.ts";
import type { History } from "./api/training-options.ts";
import type { VerifyOptions } from "./api/verify.ts";
import type { Conversion, ConvertOptions } from "./convert.ts";
import type { EditOptions } from "./edit.ts";
import { formatProblem as oneLine, type Problem } from "./core/error.ts";
import { checkText, door, type OptionKinds, readOptions } from "./core/guard.ts";
import type { Tensor as Plain } from "./core/tensor.ts";
import type { ModelDiff } from "./verify/diff.ts";
import type { VerifyReport } from "./verify/report.ts";

export { Model } from "./api/model.ts";
export { Input, type InputOptions } from "./api/builder/input.ts";
export { Sequential, type SequentialOptions } from "./api/builder/sequential.ts";
export type { FunctionalSpec } from "./api/builder/functional.ts";
export type { Layer, LayerOptions } from "./api/builder/layer.ts";
export type { ApplyArg, ApplyKwargs, Symbolic, SymbolicLike } from "./api/builder/symbolic.ts";
/** The builder functions, one for each layer: `layers.lstm({ units: 32, inputShape: [10, 64] })`. */
export * as layers from "./api/layers.ts";
export { defineCell, defineLayer } from "./layers/custom.ts";
/** What options of layers are declared with, for `defineLayer`. */
export * as fields from "./layers/fields.ts";
export type { CustomFunction } from "./layers/field-context.ts";
export type { AnyDef, CellDef, Context, KwArgs, LayerDef } from "./layers/define.ts";
export type { BlobLike, HandleLike, ResponseLike, StreamLike, UrlLike } from "./core/platform.ts";
export type { ModelArtifacts } from "./api/model-artifacts.ts";
export type { FormatId } from "./formats/archive.ts";
export type { SummaryOptions } from "./api/summary.ts";
export type { TensorComparison } from "./verify/compare.ts";
export type { Divergence, LayerComparison } from "./verify/report.ts";
export type { LayerKernels } from "./verify/layer-kernels.ts";
export type { LayerLike } from "./layers/layer-fields.ts";
export type { Arg, EndName, InputSpec } from "./layers/define.ts";
export type { ActivationName } from "./layers/common/activation-spec.ts";
export type { InitializerName } from "./layers/initializers.ts";
export type { KernelInfo, Precision, WeightDType } from "./engines/types.ts";
export type { Origin } from "./model/edges.ts";
export type { Size } from "./ops/size.ts";
export type {
  ActivationSpec,
  CellAttrs,
  ConvAttrs,
  ConvLstmAttrs,
  ConvTransposeAttrs,
  Layout,
  Padding,
  PoolAttrs,
  ResizeAttrs,
  SliceRange,
} from "./ops/attributes.ts";
export type { Ops } from "./ops/builder.ts";
export type { Callback, Loss, Metric, Optimizer, Schedule, Training } from "./train/types.ts";
export type { Logits, Shape, Sym } from "./ops/types.ts";
/** Callbacks of `fit`. */
export * as callbacks from "./train/callbacks/index.ts";
/** Losses, by Keras's names in camelCase. */
export * as losses from "./train/losses/index.ts";
/** Metrics, by Keras's names in camelCase. */
export * as metrics from "./train/metrics/index.ts";
/** Optimizers, by Keras's names in camelCase. */
export * as optimizers from "./train/optimizers/index.ts";
/** Learning rates that depend on the step. */
export * as schedules from "./train/schedules/index.ts";
export { setRandomSeed } from "./model/seed.ts";
export type { TensorInfo, WeightInfo } from "./api/info.ts";
export type { PredictOptions, PrepareOptions } from "./api/run-options.ts";
export type { BackendName, RuntimeOptions } from "./engines/index.ts";
export { type OnnxRuntime, useOnnxRuntime } from "./engines/onnxruntime/library.ts";
export type { Values, Views } from "./engines/types.ts";
export type { InputShapes, InputValue, PredictInput } from "./api/inputs.ts";
export type { KernelReport } from "./api/kernels.ts";
export type { LayerInfo } from "./api/summary.ts";
export type { InspectedLayer, Inspection } from "./api/inspect.ts";
export type { LambdaInfo } from "./api/lambdas.ts";
export type { ConfigValue, LayerWeight, ModelLayer } from "./api/model-layer.ts";
export type { ModelCall as LayerCall } from "./api/builder/loaded.ts";
export type { LayerOutputs } from "./api/layer-outputs.ts";
export type { FileRecord } from "./api/folders.ts";
export type { LoadInput, LoadOptions } from "./api/load.ts";
export type { DialectChoice, SaveOptions } from "./api/save.ts";
export type {
  ByOutput,
  CompileOptions,
  EvaluateOptions,
  BatchSource,
  FitBatch,
  FitOptions,
  FitStreamOptions,
  StreamOptions,
  Gradients,
  History,
  Metrics,
  ScalarOf,
} from "./api/training-options.ts";
export type { Logs } from "./train/types.ts";
export type { VerifyOptions } from "./api/verify.ts";
export type { Conversion, ConvertOptions } from "./convert.ts";
export type { EditOptions } from "./edit.ts";
export { FormatError, type ErrorCode, type ErrorFamily, type Problem } from "./core/error.ts";
export type { DataOf, DType, NumericArray, TensorData } from "./core/dtype.ts";
export { DEFAULT_LIMITS, type Limits } from "./core/limits.ts";
export type { OnProgress, Progress } from "./core/progress.ts";
export type { NestedNumbers, Tensor as TensorLike } from "./core/tensor.ts";
export { tensor, topK, type DTypeOf, type ElementOf, type Nested, type Tensor } from "./api/tensor.ts";
export { oneHot, type OneHotOptions, padSequences, type PadOptions, toCategorical } from "./api/preprocess.ts";
export type { Outputs, OutputTypes } from "./api/outputs.ts";
export type { Difference, ModelDiff } from "./verify/diff.ts";
export type { VerifyReport } from "./verify/report.ts";

/** A problem as one line: `error[mismatch/shape] path: expected shape [4, 8], found [8, 4]`, escaped for a terminal. */
export function formatProblem(problem: Problem, label = "error"): string {
  return door("formatProblem", () => {
    const { code } = readOptions("formatProblem", problem, PROBLEM);
    checkText("code", code);
    checkText("label", label);
    return oneLine(problem, label);
  });
}

const PROBLEM: OptionKinds<Problem> = {
  code: "string",
  source: "string",
  file: "string",
  path: "string",
  message: "string",
  expected: "string",
  found: "string",
  offset: "number",
};

/** Opens a model: a URL, a File or Blob, bytes, or a folder's files by path. See `LoadOptions` for weights kept apart. */
export function load(input: LoadInput, options: LoadOptions = {}): Promise<Model> {
  return door("load", async () => (await import("./api/load.ts")).loadModel(input, options, null));
}

/** The files of a model in a format, by path. Throws `unsupported/format`, `unsupported/translation`. */
export function save(model: Model, options: SaveOptions): Promise<Map<string, Uint8Array>> {
  return door("save", async () => (checkModel(model), (await import("./api/save.ts")).saveToMap(model, options)));
}

/**
 * Keeps a model in the page's own IndexedDB under a key, over what was there. Throws what `save` throws of `keras-v3`,
 * `unsupported/storage` where there is no IndexedDB, `limit/disk-space`.
 */
export function saveToIndexedDb(model: Model, key: string): Promise<void> {
  return door("saveToIndexedDb", async () => {
    checkModel(model);
    return (await import("./api/storage.ts")).saveModelToIndexedDb(model, key);
  });
}

/** Opens a model that `saveToIndexedDb` kept. Throws `malformed/missing-file` where there is none, `unsupported/storage`. */
export function loadFromIndexedDb(key: string, options: LoadOptions = {}): Promise<Model> {
  return door("loadFromIndexedDb", async () => (await import("./api/storage.ts")).loadModelFromIndexedDb(key, options));
}

/** Hands a model to the user of a page as a download, in the format that `name` ends in. Throws what `save` throws. */
export function download(model: Model, name: string): Promise<void> {
  return door("download", async () => {
    checkModel(model);
    return (await import("./api/storage.ts")).downloadModel(model, name);
  });
}

/**
 * Converts a model into the format that `name` ends in, or `options.format`; the files come back by path. What was written
 * is read back and compared first. Throws what `load` throws, `unsupported/translation`, `mismatch/verification`.
 */
export function convert(
  input: LoadInput,
  name: string,
  options: ConvertOptions = {},
): Promise<Conversion & { readonly files: ReadonlyMap<string, Uint8Array> }> {
  return door("convert", async () => {
    const { convertInput, intoMap } = await import("./convert.ts");
    const files = new Map<string, Uint8Array>();
    const result = await convertInput(input, name, options, null, intoMap(name, files));
    return { ...result, files };
  });
}

/**
 * A new model with other names, another batch size, up to a layer, without the optimizer or with weights in float16; the
 * given one stays as it is. What must be equal is proved on seeded inputs. Throws `mismatch/option`,
 * `mismatch/verification`, and what `save` throws of a model that `cut` takes apart.
 */
export function edit(model: Model, options: EditOptions): Promise<Model> {
  return door("edit", async () => (await import("./edit.ts")).editModel(model, options).then((edited) => edited.model));
}

/** Compares a model with Keras's outputs in an `.npz`, or with another model on seeded inputs. */
export function verify(model: Model, fixture: LoadInput | Model, options: VerifyOptions = {}): Promise<VerifyReport> {
  return door("verify", async () => (await import("./api/verify.ts")).verifyModel(model, fixture, options, null));
}

/** Everything that a model's file says, as plain data: layers with configs and connections, writer, sizes, problems. */
export function inspect(model: Model, options: { readonly weights?: boolean } = {}): Promise<Inspection> {
  return door("inspect", async () => {
    checkModel(model);
    const read = readOptions("inspect", options, { weights: "boolean" });
    return (await import("./api/inspect.ts")).inspectModel(model, read);
  });
}

/**
 * What layers compute, by path, each in a few lines: `y = relu(x·kernel + bias)`; of a recurrent one its step. They come from
 * the model's own graph, of each layer's first call; what takes more lines than a person reads is left out. Throws what keeps
 * the model from being traced.
 */
export function equations(model: Model): Promise<ReadonlyMap<string, readonly string[]>> {
  return door("equations", async () => {
    checkModel(model);
    return (await import("./graph/equations.ts")).equationsOf(model.graph);
  });
}

/** Where two models differ, whatever their formats and generations: layers, options, calls, weights. */
export function diff(a: Model, b: Model): Promise<ModelDiff> {
  return door("diff", async () => {
    checkModel(a, "a");
    checkModel(b, "b");
    return (await import("./api/diff.ts")).diffLoaded(a, b);
  });
}

/** The Python script that makes a model's `io.npz` for `verify`; `file`: the model's, from where the script runs. */
export function fixtureScript(model: Model, file: string): Promise<string> {
  return door("fixtureScript", async () => {
    checkModel(model);
    checkText("file", file);
    const { fixtureScript: script } = await import("./verify/fixture-script.ts");
    return script({ file, root: model.data.root, inputs: model.inputs });
  });
}

/** A report of `verify`, or what `fit` gives, as a page of HTML, with plots, that needs nothing else. */
export function reportPage(report: VerifyReport | History): Promise<string> {
  return door("reportPage", async () =>
    "tensors" in report
      ? (await import("./verify/html.ts")).htmlReport([report])
      : (await import("./verify/training.ts")).trainingPage(report),
  );
}

/** The arrays of an `.npz` by name; the one of an `.npy` is called "". Throws `unsupported/file-type`, `malformed/*`. */
export function readArrays(file: LoadInput): Promise<ReadonlyMap<string, Tensor>> {
  return door("readArrays", async () => (await import("./api/arrays.ts")).arraysIn(file, null));
}

/** The bytes of an `.npz` of arrays by name, as `numpy.savez` writes it; of one array, those of an `.npy`. */
export function writeArrays(arrays: Plain | ReadonlyMap<string, Plain>): Promise<Uint8Array> {
  return door("writeArrays", async () => (await import("./api/arrays.ts")).arrayFile(arrays));
}
