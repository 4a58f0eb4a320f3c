/** The public `verify`: a model beside a fixture's arrays or beside another model. */
import { readNpz } from "../codecs/npz.ts";
import { isHalf } from "../core/dtype.ts";
import { checkSignal, fail, failAll, located } from "../core/error.ts";
import { type OptionKinds, readOptions } from "../core/guard.ts";
import { type Limits, withLimits } from "../core/limits.ts";
import { checkOnProgress } from "../core/progress.ts";
import type { VerifyReport } from "../verify/report.ts";
import { policyNotes } from "../model/policy.ts";
import { verifyAgainst, verifyFixture, type VerifySettings as Settings } from "../verify/verify.ts";
import { FETCH_OPTIONS, type FetchOptions } from "./fetch-options.ts";
import { isOneFile, type LoadInput, openInput, type OpenPath } from "./load.ts";
import { checkModel } from "./check-model.ts";
import { Model } from "./model.ts";
import { runOf, RUNTIME_OPTIONS } from "./run-options.ts";

/** Options of `verify`. */
export interface VerifyOptions extends Omit<Settings, "limits" | "run">, FetchOptions {
  /** Sizes beyond which files and runs are refused. */
  readonly limits?: Partial<Limits>;
}

const HALVES =
  "layers compute in half precision, where Keras itself is off by more than this tolerance: judge against the truth (againstTruth, --against-truth)";

const VERIFY_OPTIONS: OptionKinds<VerifyOptions> = {
  ...RUNTIME_OPTIONS,
  ...FETCH_OPTIONS,
  rtol: "number",
  atol: "number",
  seed: "number",
  small: "boolean",
  layers: "boolean",
  againstTruth: "boolean",
  limits: "object",
};

/**
 * Compares a model with an `.npz` of inputs and Keras's outputs, or with another model on seeded inputs. Throws
 * `mismatch/*` for a fixture that is not this model's, `unsupported/*` naming each layer that cannot run.
 */
export async function verifyModel(
  model: Model,
  fixture: LoadInput | Model,
  given: VerifyOptions,
  openPath: OpenPath | null,
): Promise<VerifyReport> {
  const options = readOptions("verify", given, VERIFY_OPTIONS);
  const limits = withLimits(options.limits);
  checkModel(model);
  failAll(model.problems);
  const { signal, onProgress } = options;
  checkOnProgress(onProgress);
  checkSignal(signal);
  const settings = { ...options, limits, run: runOf({ ...(signal && { signal }), ...(onProgress && { onProgress }) }) };
  const name = model.data.archive?.file ?? model.name;
  const told = (report: VerifyReport, ...models: readonly Model[]): VerifyReport => ({
    ...report,
    notes: [
      ...models.flatMap(({ data }) => policyNotes(data.warnings)),
      ...report.notes,
      ...(needsTruth(report) ? [HALVES] : []),
    ],
  });
  const needsTruth = ({ ok, againstTruth }: VerifyReport): boolean =>
    !ok && !againstTruth && [...model.graph.values.values()].some(({ dtype }) => isHalf(dtype));
  if (fixture instanceof Model) {
    failAll(fixture.problems);
    const against = fixture.data.archive?.file ?? fixture.name;
    const report = await verifyAgainst(model.data, fixture.data, { model: name, against }, settings);
    return told(report, model, fixture);
  }
  const source = await openInput(fixture, limits, openPath, options);
  if (!isOneFile(source)) return fail("unsupported/fixture", { expected: "an .npz file", found: "a folder" });
  try {
    const arrays = await readNpz(source, limits);
    const about = { model: name, against: source.name };
    return told(await located({ file: source.name }, () => verifyFixture(model.data, arrays, about, settings)), model);
  } finally {
    await source.close?.();
  }
}
