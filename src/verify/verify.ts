/** Runs a model beside what is known to be right: Keras's outputs in a fixture, or another model. */
import { DEFAULT_LIMITS, type Limits } from "../core/limits.ts";
import { castTensor, type Tensor } from "../core/tensor.ts";
import { type Traced, trace } from "../graph/trace.ts";
import type { ModelData } from "../model/bind.ts";
import type { Graph } from "../ops/types.ts";
import { DEFAULT_BACKEND, openSession, REFERENCE, runtimeKey, type RuntimeOptions } from "../engines/index.ts";
import type { RunOptions } from "../engines/types.ts";
import { compareTensors, DEFAULT_TOLERANCE, type TensorComparison } from "./compare.ts";
import { fixtureLayers } from "./fixture-layers.ts";
import { type FixtureCall, readFixture } from "./fixture.ts";
import { onTakenInputs, seededInputs } from "./inputs.ts";
import { smallTraces } from "./small.ts";
import type { Divergence, LayerComparison, VerifyReport } from "./report.ts";
import { withKernels } from "./layer-kernels.ts";
import { compareLayers, type Side } from "./side-by-side.ts";
import { fail } from "../core/error.ts";
import { inputsOf } from "../model/walk.ts";

/** `backend`, `strict`, `threads`, `weightDtype` and `precision`: what computes; by default what `predict` uses where `load` says nothing. */
export interface VerifySettings extends RuntimeOptions {
  /** Default 1e-5, of the largest magnitude in each tensor. */
  readonly rtol?: number;
  /** Default 1e-6. */
  readonly atol?: number;
  /** Seed of the inputs that two models are compared with. */
  readonly seed?: number;
  /** Two models: on inputs cut short along their long axes, where both take that. */
  readonly small?: boolean;
  /** Compare the layers of two models even where the outputs agree. */
  readonly layers?: boolean;
  /**
   * A fixture: outputs are right that are as near to its float64 `truth/…` as twice Keras's own float32, or 5e-7 of the
   * largest magnitude; `rtol` and `atol` are then for its layers alone. Where it has no truth, the reference engine
   * computes it.
   */
  readonly againstTruth?: boolean;
  readonly limits?: Limits;
  /** Who may stop its runs, and is told how far they are. */
  readonly run?: Pick<RunOptions, "signal" | "onStep">;
}

type MayLack = "providers" | "weightDtype" | "precision" | "run";
type Settings = Required<Omit<VerifySettings, MayLack>> & Pick<VerifySettings, MayLack>;

const settings = (options: VerifySettings): Settings => ({
  ...DEFAULT_TOLERANCE,
  backend: DEFAULT_BACKEND,
  strict: false,
  threads: 1,
  seed: 1,
  small: false,
  layers: false,
  againstTruth: false,
  limits: DEFAULT_LIMITS,
  ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
});

/** By which rules was compared, for a report. */
const rulesOf = (s: Settings): Pick<VerifyReport, "backend" | "rtol" | "atol" | "againstTruth"> => ({
  backend: runtimeKey(s),
  rtol: s.rtol,
  atol: s.atol,
  againstTruth: s.againstTruth,
});

const sideOf = (graph: Graph, s: Settings): Side => ({
  graph,
  backend: s.backend,
  strict: s.strict,
  threads: s.threads,
  ...(s.weightDtype && { weightDtype: s.weightDtype }),
  ...(s.precision && { precision: s.precision }),
  ...(s.providers && { providers: s.providers }),
  ...(s.run && { run: s.run }),
  limits: s.limits,
});

/** The outputs for several calls in a row, from a session of their own: the caller's states stay as they are. */
async function runAll(
  graph: Graph,
  calls: readonly (readonly Tensor[])[],
  s: RuntimeOptions & { readonly limits: Limits; readonly run?: RunOptions },
  precision?: "float64",
): Promise<(readonly Tensor[])[]> {
  const session = await openSession(graph, s);
  try {
    const outputs: (readonly Tensor[])[] = [];
    for (const inputs of calls) outputs.push(await session.run(inputs, { ...s.run, ...(precision && { precision }) }));
    return outputs;
  } finally {
    session.dispose();
  }
}

/** What is said where a fixture has no truth for an output. */
const NO_TRUTH = "the fixture has no truth for all outputs: the reference engine's float64 stands in";

const judgedByTruth = (tensor: TensorComparison): TensorComparison => ({
  ...tensor,
  ok: tensor.dtypeOk && tensor.truth !== undefined && tensor.truth.excess <= 1,
});

const arrayName = (index: number, step: number): string => `outputs/${index}${step === 0 ? "" : `@${step}`}`;

function firstOff(layers: readonly LayerComparison[], against: Divergence["against"]): Divergence | null {
  const first = layers.find((layer) => !layer.ok);
  return first === undefined ? null : { ...first, against };
}

/** A model without an input shape takes the fixture's. */
function traceFor(data: ModelData, arrays: ReadonlyMap<string, Tensor>): Traced {
  const { root } = data;
  const specs = inputsOf(root);
  return trace(
    root,
    specs.map(({ name, layer = name, shape }, i) => {
      const given = [i, name, layer].map((key) => arrays.get(`inputs/${key}`)).find((found) => found !== undefined);
      return shape ?? (given === undefined ? null : [null, ...given.shape.slice(1)]);
    }),
  );
}

/**
 * Compares a model with the arrays of a fixture. Throws what `readFixture` throws, and `unsupported/*` naming each layer
 * that cannot run.
 */
export async function verifyFixture(
  data: ModelData,
  arrays: ReadonlyMap<string, Tensor>,
  about: { readonly model: string; readonly against: string },
  options: VerifySettings = {},
): Promise<VerifyReport> {
  const s = settings(options);
  const traced = traceFor(data, arrays);
  const { graph } = traced;
  const calls: readonly FixtureCall[] = readFixture(arrays, traced.inputs, traced.outputs);
  const inputs = calls.map((call) => call.inputs);
  const found = await runAll(graph, inputs, s);
  const lacksTruth = s.againstTruth && calls.some(({ truth }) => truth.includes(undefined));
  const exactly = { backend: REFERENCE, limits: s.limits, ...(s.run && { run: s.run }) };
  const exact = lacksTruth ? await runAll(graph, inputs, exactly, "float64") : [];
  const outputs = calls.flatMap((call, step) =>
    call.outputs.map((expected, i) => {
      const truth = call.truth[i] ?? exact[step]?.[i];
      const compared = compareTensors(arrayName(i, step), found[step]![i]!, expected, s, truth);
      return s.againstTruth ? judgedByTruth(compared) : compared;
    }),
  );
  const side = sideOf(graph, s);
  const { layers: compared, tensors, notes } = await fixtureLayers(side, traced, calls, s);
  const layers = await withKernels(compared, side, inputs[0]!);
  const all = [...outputs, ...tensors];
  const ok = all.every((tensor) => tensor.ok);
  let firstDivergence = firstOff(layers, "fixture");
  if (!ok && firstDivergence === null && s.backend !== REFERENCE) {
    const beside = await compareLayers(side, { graph: side.graph, ...exactly }, inputs, s);
    firstDivergence = firstOff(await withKernels(beside, side, inputs[0]!), "reference");
  }
  return {
    ok,
    ...about,
    ...rulesOf(s),
    tensors: all,
    layers,
    firstDivergence,
    notes: lacksTruth ? [...notes, NO_TRUTH] : notes,
  };
}

/**
 * Compares two models on the same seeded inputs; `other` is taken to be right. `read` gives of both graphs what is run. Throws `mismatch/inputs`, `mismatch/outputs`, `mismatch/option`.
 */
export async function verifyAgainst(
  data: ModelData,
  other: ModelData,
  about: { readonly model: string; readonly against: string },
  options: VerifySettings = {},
  read: (graph: Graph) => Graph = (graph) => graph,
): Promise<VerifyReport> {
  const s = settings(options);
  if (s.againstTruth)
    fail("mismatch/option", {
      source: "verify",
      path: "againstTruth",
      expected: "a fixture to compare with",
      found: "another model",
    });
  const pair = s.small ? smallTraces(data.root, other.root) : null;
  const traces = pair ?? [trace(data.root), trace(other.root)];
  const [a, b] = traces.map((traced) => ({ ...traced, graph: read(traced.graph) })) as [Traced, Traced];
  for (const [code, left, right] of [
    ["mismatch/inputs", a.inputs.length, b.inputs.length],
    ["mismatch/outputs", a.graph.outputs.length, b.graph.outputs.length],
  ] as const) {
    if (left !== right) fail(code, { expected: `${right}, as in ${about.against}`, found: `${left}` });
  }
  const hints = b.inputs.map(({ shape }) => shape);
  const rows = a.graph.states.length > 0 ? 2 : 1;
  const { inputs, expected } = await onTakenInputs(async (small) => {
    const inputs = Array.from({ length: rows }, (_, step) => seededInputs(a, s.seed + step, hints, b.graph, small));
    const others = inputs.map((row) => row.map((value, i) => castTensor(value, b.inputs[i]!.dtype, b.inputs[i]!.name)));
    return { inputs, expected: await runAll(b.graph, others, s) };
  });
  const found = await runAll(a.graph, inputs, s);
  const tensors = found.flatMap((row, step): TensorComparison[] =>
    row.map((value, i) => compareTensors(arrayName(i, step), value, expected[step]![i]!, s)),
  );
  const ok = tensors.every((tensor) => tensor.ok);
  const [left, right] = [sideOf(a.graph, s), sideOf(b.graph, s)];
  const compared = ok && !s.layers ? [] : await compareLayers(left, right, inputs, s);
  const layers = await withKernels(compared, left, inputs[0]!);
  const firstDivergence = firstOff(layers, "model");
  return {
    ok,
    ...about,
    ...rulesOf(s),
    tensors,
    layers,
    firstDivergence,
    notes: [],
  };
}
