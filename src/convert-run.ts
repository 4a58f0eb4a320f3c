/** Runs a file of operations that was written beside the model, on seeded inputs. */
import { fail, FormatError } from "./core/error.ts";
import type { Limits } from "./core/limits.ts";
import type { Model } from "./api/model.ts";
import type { Checked } from "./convert-check.ts";
import { openSession } from "./engines/index.ts";
import type { Runner, Runs, WrittenFiles } from "./exporters/types.ts";
import type { Shape } from "./ops/types.ts";
import { compareTensors, DEFAULT_TOLERANCE } from "./verify/compare.ts";
import { seededInputs } from "./verify/inputs.ts";

/** Where engines round differently; of the largest magnitude in an output. */
const NEAR = { rtol: DEFAULT_TOLERANCE.rtol, atol: 1e-12 };
const SAME = { rtol: 0, atol: 0 };

/** What was written against the model's own session, one run after another; gives the largest relative difference. */
async function compare(model: Model, runs: Runs, runner: Runner, shapes: readonly Shape[], limits: Limits) {
  const { inputs, outputs } = model;
  const session = await openSession(runs.graph, { strict: runs.exactly, limits });
  let far = 0;
  try {
    for (let seed = 1; seed <= (runs.graph.states.length > 0 ? 2 : 1); seed++) {
      const given = seededInputs({ inputs, graph: runs.graph }, seed, shapes);
      const [found, expected] = [await runner(given), await session.run(given)];
      expected.forEach((value, i) => {
        const { name } = outputs[i]!;
        const compared = compareTensors(name, found[i]!, value, runs.exactly ? SAME : NEAR);
        if (!compared.ok)
          fail("mismatch/verification", {
            path: name,
            message: "what was written computes something else",
            expected: runs.exactly ? "the same values" : `a relative difference of at most ${NEAR.rtol}`,
            found: `${compared.maxRel}`,
          });
        far = Math.max(far, compared.maxRel);
      });
    }
  } finally {
    session.dispose();
  }
  return far;
}

/** `outputs` where it was run, else `structure`, with the reason among the checks. Throws `mismatch/verification`. */
export async function checkRuns(
  model: Model,
  checks: readonly string[],
  runs: Runs | undefined,
  written: WrittenFiles,
  limits: Limits,
): Promise<Checked> {
  if (runs === undefined) return { checks, verified: "structure" };
  try {
    let far = 0;
    for (const shapes of runs.shapes ?? [model.inputs.map(({ shape }) => shape ?? [])]) {
      const runner = await runs.open(written);
      if (typeof runner !== "function")
        return { checks: [...checks, `not run: ${runner.unknown}`], verified: "structure" };
      far = Math.max(far, await compare(model, runs, runner, shapes, limits));
    }
    const line = runs.exactly ? "bit by bit" : `largest relative difference ${far.toExponential(1)}`;
    return { checks: [...checks, `outputs on seeded inputs (${line})`], verified: "outputs" };
  } catch (error) {
    if (!(error instanceof FormatError) || error.problems.some(({ code }) => !code.startsWith("unsupported/")))
      throw error;
    return { checks: [...checks, `not run: ${error.message}`], verified: "structure" };
  }
}
