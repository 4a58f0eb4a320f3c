/** Where two loaded models differ; a file of weights alone is read with the other's architecture. */
import { FormatError } from "../core/error.ts";
import type { Archive } from "../formats/archive.ts";
import { combine } from "../importers/combine.ts";
import { bind, type ModelData } from "../model/bind.ts";
import { type Difference, diffModels, type ModelDiff } from "../verify/diff.ts";
import type { Model } from "./model.ts";

const isWeightsAlone = ({ data }: Model): boolean => data.archive?.config === null;

/** The weights of one under the architecture of the other. Throws `mismatch/*` where they do not go together. */
function under(architecture: Archive, weights: Archive): Promise<ModelData> {
  return bind(combine(architecture, weights));
}

/** Weights that are not the architecture's. */
function strangers(error: unknown): readonly Difference[] {
  if (!(error instanceof FormatError) || !error.problems.every(({ code }) => code.startsWith("mismatch/"))) throw error;
  return error.problems.map(({ path = "", message, expected = null, found = null }) => ({
    kind: "weight",
    path,
    ...(message !== undefined && { detail: message }),
    a: expected,
    b: found,
  }));
}

/** Throws what binding the weights to the other's architecture throws. */
export async function diffLoaded(a: Model, b: Model): Promise<ModelDiff> {
  const [left, right] = [a.data.archive, b.data.archive];
  if (isWeightsAlone(a) === isWeightsAlone(b) || left === null || right === null) return diffModels(a.data, b.data);
  const isFirst = isWeightsAlone(a);
  const whole = isFirst ? b : a;
  const [has, lacks] = [whole.data.root.class, null];
  const missing: Difference = {
    kind: "architecture",
    path: whole.name,
    a: isFirst ? lacks : has,
    b: isFirst ? has : lacks,
  };
  const compare = async (): Promise<readonly Difference[]> => {
    const data = isFirst ? [await under(right, left), b.data] : [a.data, await under(left, right)];
    return (await diffModels(data[0]!, data[1]!)).differences;
  };
  return { equal: false, differences: [missing, ...(await compare().catch(strangers))] };
}
