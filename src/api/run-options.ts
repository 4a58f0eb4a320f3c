/** How a call runs a model. */
import { fail } from "../core/error.ts";
import { kindOf, type OptionKinds, unknownOption } from "../core/guard.ts";
import { backendNamed, backendsWith, DEFAULT_BACKEND, type RuntimeOptions } from "../engines/index.ts";
import type { InputShapes } from "./inputs.ts";
import type { SignalLike } from "../core/platform.ts";
import { checkOnProgress, type OnProgress, Watch } from "../core/progress.ts";
import type { RunOptions } from "../engines/types.ts";

/** Options of `predict`. */
export interface PredictOptions extends Omit<RuntimeOptions, "precision"> {
  /**
   * `default`, `fast`: see `RuntimeOptions`. `float64`: outputs unrounded, as float64; from the reference backend, which is
   * then the default.
   */
  readonly precision?: NonNullable<RuntimeOptions["precision"]> | "float64";
  /** Layers whose outputs are given too: names, paths into models and wrappers (`encoder/lstm`), or all. */
  readonly layers?: readonly string[] | "all";
  /** Stops a run with the signal's reason: looked at every 50 ms, or when the operation that takes longer is done. */
  readonly signal?: SignalLike;
  /** Called as a run goes on, at most ten times a second: one that is done sooner tells nothing. */
  readonly onProgress?: OnProgress;
}

/** Options of `prepare`. */
export interface PrepareOptions extends RuntimeOptions {
  /** Default: the model's own shapes with one sample; needed where those leave other lengths open. */
  readonly shapes?: InputShapes;
  /** Runs on zeros before the first real one, for the engine to replace its first, slower code. Default 0. */
  readonly warmUp?: number;
}

export const RUNTIME_OPTIONS: OptionKinds<RuntimeOptions> = {
  backend: "string",
  strict: "boolean",
  threads: "number",
  weightDtype: "string",
  precision: "string",
  providers: "object",
};
export const PREDICT_OPTIONS: OptionKinds<PredictOptions> = {
  ...RUNTIME_OPTIONS,
  layers: "any",
  signal: "object",
  onProgress: "any",
};

/** How a session runs for a call's options. Throws `mismatch/option`. */
export function runOf({ signal, precision, onProgress }: PredictOptions): RunOptions {
  return {
    ...(signal && { signal }),
    ...(precision === "float64" && { precision }),
    ...(onProgress && { onStep: tellingSteps(onProgress) }),
  };
}

/** Tells of a run's operations, at most ten times a second. */
function tellingSteps(onProgress: OnProgress): (done: number, total: number) => void {
  checkOnProgress(onProgress);
  const watch = new Watch({ onProgress });
  let before = 0;
  return (done, total) => {
    if (before === 0) watch.begin("run", total);
    watch.moved(done - before);
    before = done;
  };
}
export const PREPARE_OPTIONS: OptionKinds<PrepareOptions> = { ...RUNTIME_OPTIONS, shapes: "any", warmUp: "number" };

/** The options of `predictSync`, without allocating. Throws `mismatch/option`. */
export function readOut(options: object): void {
  if (typeof options !== "object" || options === null)
    fail("mismatch/option", { source: "predictSync", expected: "an object of options", found: kindOf(options) });
  for (const name in options) if (name !== "out") unknownOption("predictSync", name, ["out"]);
  if (!("out" in options))
    fail("mismatch/option", { source: "predictSync", path: "out", expected: "where outputs go" });
}

/**
 * What the call says, else what the model was loaded with, as far as the engine can. Throws `unsupported/precision`,
 * `unsupported/backend`.
 */
export function chooseRuntime(options: PredictOptions, defaults: RuntimeOptions): RuntimeOptions {
  const { strict, threads, providers } = options;
  const precise = backendsWith("precision");
  const isExact = options.precision === "float64";
  if (isExact && options.backend !== undefined && !backendNamed(options.backend).precision)
    fail("unsupported/precision", {
      message: `only the ${precise.join(" or ")} backend computes in float64`,
      found: options.backend,
    });
  const backend = options.backend ?? (isExact ? precise[0] : defaults.backend) ?? DEFAULT_BACKEND;
  const can = backendNamed(backend);
  const asked = options.precision === "float64" ? undefined : options.precision;
  const precision = asked ?? (can.fast ? defaults.precision : undefined);
  const weightDtype = options.weightDtype ?? (can.weightDtype ? defaults.weightDtype : undefined);
  return {
    backend,
    strict: strict ?? (can.strict && defaults.strict === true),
    threads: threads ?? (can.threads ? (defaults.threads ?? 1) : 1),
    ...(weightDtype !== undefined && { weightDtype }),
    ...(precision !== undefined && { precision }),
    ...((providers ?? (can.providers && defaults.providers)) && { providers: providers ?? defaults.providers! }),
  };
}
