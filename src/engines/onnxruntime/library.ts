/** ONNX Runtime itself: an optional package, given by the caller or found among those that are installed. */
import { fail } from "../../core/error.ts";
import type { NumericArray } from "../../core/dtype.ts";

/** What is used of `onnxruntime-node`, `onnxruntime-web` or `onnxruntime-react-native`. */
export interface OnnxRuntime {
  /** What runs a model. */
  readonly InferenceSession: {
    create(model: Uint8Array, options?: object): Promise<OrtSession>;
  };
  /** What a run takes and gives. */
  readonly Tensor: new (type: string, data: NumericArray, dims: readonly number[]) => OrtTensor;
}

/** A tensor of ONNX Runtime. */
export interface OrtTensor {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}

/** A loaded model of ONNX Runtime. */
export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

/** In the order in which they are looked for. Not named where a bundler would look for them. */
const PACKAGES = ["onnxruntime-node", "onnxruntime-web"];

let given: OnnxRuntime | undefined;

/**
 * Gives the backend `onnxruntime` its library: in browsers, where no package is found by its name.
 *   import * as ort from "onnxruntime-web";
 *   useOnnxRuntime(ort);
 */
export function useOnnxRuntime(library: OnnxRuntime): void {
  if (typeof library?.InferenceSession?.create !== "function" || typeof library.Tensor !== "function")
    fail("mismatch/argument", { source: "useOnnxRuntime", expected: "the module onnxruntime-web or onnxruntime-node" });
  given = library;
}

/** Throws `unsupported/backend` where there is none. */
export async function onnxRuntime(): Promise<OnnxRuntime> {
  for (const name of PACKAGES) {
    if (given !== undefined) return given;
    const found = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name).catch(() => undefined)) as
      (Partial<OnnxRuntime> & { readonly default?: Partial<OnnxRuntime> }) | undefined;
    const library = found?.InferenceSession === undefined ? found?.default : found;
    if (library?.InferenceSession !== undefined) given = library as OnnxRuntime;
  }
  if (given !== undefined) return given;
  return fail("unsupported/backend", {
    message:
      "onnxruntime needs a package of its own: npm install onnxruntime-web (or onnxruntime-node); in a browser also useOnnxRuntime(module)",
    found: "onnxruntime",
  });
}
