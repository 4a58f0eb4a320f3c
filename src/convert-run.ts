/** Runs a file of operations that was written beside the model, on seeded inputs. */
import { type DType, isFloat, isHalf } from "./core/dtype.ts";
import { fail, failAll, FormatError } from "./core/error.ts";
import type { Limits } from "./core/limits.ts";
import { Model } from "./api/model.ts";
import type { Checked } from "./convert-check.ts";
import { openSession } from "./engines/index.ts";
import type { ExportedGraph, Runner, Runnable, WrittenFiles } from "./exporters/types.ts";
import type { FormatId } from "./formats/archive.ts";
import type { Tensor } from "./core/tensor.ts";
import { importArchive } from "./importers/index.ts";
import { bind } from "./model/bind.ts";
import { withDType } from "./core/cast.ts";
import type { Graph, Shape } from "./ops/types.ts";
import { compareTensors, DEFAULT_TOLERANCE, type Tolerance } from "./verify/compare.ts";
import { onTakenInputs, seededInputs } from "./verify/inputs.ts";

/** Where engines round differently; of the largest magnitude in an output. */
const NEAR = { rtol: DEFAULT_TOLERANCE.rtol, atol: 1e-12 };
/** Steps between numbers of half precision: engines that round at other places are some of them apart. */
const HALF_STEPS: readonly (readonly [DType, number])[] = [
  ["bfloat16", 2 ** -7],
  ["float16", 2 ** -10],
];

function near({ values }: Graph): Tolerance {
  const dtypes = new Set([...values.values()].map(({ dtype }) => dtype));
  const step = HALF_STEPS.find(([dtype]) => dtypes.has(dtype))?.[1];
  return step === undefined ? NEAR : { ...NEAR, rtol: 4 * step };
}

const SAME = { rtol: 0, atol: 0 };

/** Beyond it a file is not run to be checked: that takes several times as much. */
const MOST_BYTES = 64 * 2 ** 20;

/** Engines of ours that run a format. */
const RUNS: Partial<Readonly<Record<FormatId, (graph: Graph) => Runnable>>> = {
  onnx: (graph) => ({
    exactly: false,
    shapes: null,
    graph,
    async open(written) {
      const [source, ...beside] = [...written.values()];
      if (beside.length > 0 || source!.size > MOST_BYTES)
        return { unknown: `files of more than ${MOST_BYTES} bytes are not run` };
      const { openWritten } = await import("./engines/onnxruntime/session.ts");
      return openWritten(graph, await source!.read(0, source!.size));
    },
  }),
  // Nothing here runs it as TensorFlow.js does; that what is read again says the same is seen.
  "tfjs-layers": (graph) => ({
    exactly: false,
    shapes: null,
    graph,
    async open(written) {
      const size = [...written.values()].reduce((sum, source) => sum + source.size, 0);
      if (size > MOST_BYTES) return { unknown: `files of more than ${MOST_BYTES} bytes are not run` };
      const archive = await importArchive(written);
      const model = new Model(await bind(archive));
      failAll(model.problems);
      const dtypes = graph.outputs.map((id) => graph.values.get(id)!.dtype);
      return {
        // TensorFlow.js has int32 and float32 alone.
        async run(inputs) {
          const outputs = await model.predict(inputs.map((x, i) => withDType(x, model.inputs[i]!.dtype)));
          return outputs.map((y, i) => withDType(y, dtypes[i]!));
        },
        dispose() {
          model.dispose();
          void archive.close();
        },
      };
    },
  }),
};

const aboveZero = (x: Tensor): Tensor => {
  const data = isFloat(x.dtype) && !isHalf(x.dtype) ? (x.data as Float32Array).map(Math.abs) : x.data;
  return { ...x, data } as Tensor;
};

/** What was written against the model's own session, one run after another; gives the largest relative difference, which `allowed` null does not bound. */
async function compare(
  model: Model,
  runs: Runnable,
  runner: Runner,
  shapes: readonly Shape[],
  limits: Limits,
  ofPositives: boolean,
  allowed: Tolerance | null,
) {
  const { inputs, outputs } = model;
  const { graph } = runs;
  let far = 0;
  try {
    const calls = await onTakenInputs(async (small) => {
      const session = await openSession(graph, { strict: runs.exactly, limits });
      try {
        const made: { given: readonly Tensor[]; expected: readonly Tensor[] }[] = [];
        for (let seed = 1; seed <= (graph.states.length > 0 ? 2 : 1); seed++) {
          const seeded = seededInputs({ inputs, graph }, seed, shapes, undefined, small);
          const given = ofPositives ? seeded.map(aboveZero) : seeded;
          made.push({ given, expected: await session.run(given) });
        }
        return made;
      } finally {
        session.dispose();
      }
    });
    for (const { given, expected } of calls) {
      const found = await runner.run(given);
      expected.forEach((value, i) => {
        const { name } = outputs[i]!;
        const compared = compareTensors(name, found[i]!, value, allowed ?? NEAR);
        if (allowed !== null && !compared.ok)
          fail("mismatch/verification", {
            path: name,
            message: "what was written computes something else",
            expected: runs.exactly ? "the same values" : `a relative difference of at most ${allowed.rtol}`,
            found: `${compared.maxRel}`,
          });
        far = Math.max(far, compared.maxRel);
      });
    }
  } finally {
    runner.dispose?.();
  }
  return far;
}

/** Reads back what was written, and runs it. `outputs` where it was run, else `structure`, with the reason among the checks. Throws `mismatch/verification`. */
export async function checkGraph(
  model: Model,
  format: FormatId,
  exported: ExportedGraph,
  written: WrittenFiles,
  limits: Limits,
): Promise<Checked> {
  const checks = [...(await exported.check(written))];
  const runs = exported.runs ?? RUNS[format]?.(model.graph);
  if (runs === undefined) return { checks, verified: "structure" };
  const whole = await exported.whole?.();
  try {
    let far = 0;
    // Only where others differ: most models give such values to what takes no others.
    let ofPositives = false;
    for (const shapes of runs.shapes ?? [model.inputs.map(({ shape }) => shape ?? [])]) {
      const run = async (files: WrittenFiles, allowed: Tolerance | null) => {
        const runner = await runs.open(files);
        return "unknown" in runner ? runner : compare(model, runs, runner, shapes, limits, ofPositives, allowed);
      };
      const strictly = () => run(whole ?? written, runs.exactly ? SAME : near(runs.graph));
      const found = await strictly().catch((error: unknown) => {
        const isOther = error instanceof FormatError && error.code === "mismatch/verification";
        if (ofPositives || exported.isOfPositives !== true || !isOther) throw error;
        ofPositives = true;
        return strictly();
      });
      if (typeof found !== "number") return { checks: [...checks, `not run: ${found.unknown}`], verified: "structure" };
      far = Math.max(far, found);
      const rounded = whole === undefined ? null : await run(written, null);
      if (typeof rounded === "number")
        checks.push(`with rounded weights outputs are up to ${rounded.toExponential(1)} of the largest off`);
    }
    const line = runs.exactly ? "bit by bit" : `largest relative difference ${far.toExponential(1)}`;
    const where = `${ofPositives ? " above 0" : ""}${whole === undefined ? "" : ", of the same with whole weights"}`;
    return { checks: [...checks, `outputs on seeded inputs${where} (${line})`], verified: "outputs" };
  } catch (error) {
    if (!(error instanceof FormatError) || error.problems.some(({ code }) => !code.startsWith("unsupported/")))
      throw error;
    return { checks: [...checks, `not run: ${error.message}`], verified: "structure" };
  }
}
