/** Whether a written file says what it was meant to: its weights byte by byte, its config, and what it computes. */
import { jsonEqual } from "./codecs/json.ts";
import { fail, FormatError, formatProblem } from "./core/error.ts";
import type { Limits } from "./core/limits.ts";
import { groupBy } from "./core/groups.ts";
import { attempt } from "./core/guard.ts";
import { showShape } from "./core/tensor.ts";
import { Model } from "./api/model.ts";
import { sameFormat } from "./exporters/origin.ts";
import type { Archive, Artifact, StoredWeight } from "./formats/archive.ts";
import { sameOperations, tellsRows, withRowsAlike } from "./graph/compare.ts";
import { bind, type BindOptions, type ModelData } from "./model/bind.ts";
import { allNodes } from "./model/walk.ts";
import { DEFAULT_BACKEND, REFERENCE } from "./engines/index.ts";
import type { WeightRef } from "./ops/types.ts";
import { DEFAULT_TOLERANCE } from "./verify/compare.ts";
import { diffModels, formatDifference } from "./verify/diff.ts";
import { worstTensor } from "./verify/report.ts";
import { verifyAgainst } from "./verify/verify.ts";

/** Of the largest magnitude in an output, as everywhere; next to nothing for what is all zeros. */
const RUN_TOLERANCE = { rtol: DEFAULT_TOLERANCE.rtol, atol: 1e-12 };

function differ(message: string, path: string, expected: string, found: string): never {
  return fail("mismatch/verification", {
    message: `what was written is not the model: ${message}`,
    path,
    expected,
    found,
  });
}

/** Whether two streams of bytes are the same, however they are cut. */
async function sameBytes(a: AsyncIterable<Uint8Array>, b: AsyncIterable<Uint8Array>): Promise<boolean> {
  const [left, right] = [a[Symbol.asyncIterator](), b[Symbol.asyncIterator]()];
  let [x, y]: [Uint8Array | null, Uint8Array | null] = [new Uint8Array(0), new Uint8Array(0)];
  const more = async (from: AsyncIterator<Uint8Array>): Promise<Uint8Array | null> => {
    for (;;) {
      const { value, done } = await from.next();
      if (done === true) return null;
      if ((value as Uint8Array).length > 0) return value as Uint8Array;
    }
  };
  for (;;) {
    if (x?.length === 0) x = await more(left);
    if (y?.length === 0) y = await more(right);
    if (x === null || y === null) return x === y;
    const count = Math.min(x.length, y.length);
    for (let i = 0; i < count; i++) if (x[i] !== y[i]) return false;
    [x, y] = [x.subarray(count), y.subarray(count)];
  }
}

/** Stored arrays of a written file with those of the model's file that they were found equal to, and how many were compared. */
interface Compared {
  readonly count: number;
  readonly equal: ReadonlyMap<StoredWeight, StoredWeight>;
}

async function checkWeights(artifact: Artifact, archive: Archive): Promise<Compared> {
  const groups = groupBy(archive.weights, ({ group }) => group);
  const filled = artifact.groups(archive.naming).filter(({ weights }) => weights.length > 0);
  const expected = new Map(filled.map(({ path, weights }) => [path, weights]));
  const owners = (map: ReadonlyMap<string, unknown>): string => [...map.keys()].sort().join(", ");
  if (owners(expected) !== owners(groups)) differ("owners of weights", "", owners(expected), owners(groups));
  let count = 0;
  const equal = new Map<StoredWeight, StoredWeight>();
  for (const [owner, weights] of expected) {
    const stored = groups.get(owner)!;
    if (stored.length !== weights.length) differ("number of weights", owner, `${weights.length}`, `${stored.length}`);
    for (const [i, weight] of weights.entries()) {
      const own = weight.variable.slice(weight.variable.lastIndexOf("/") + 1);
      const other = stored.find(({ name }) => name === own) ?? stored[i]!;
      const { key, dtype, shape } = other;
      const [want, found] = [`${weight.dtype} [${weight.shape.join(", ")}]`, `${dtype} [${shape.join(", ")}]`];
      if (want !== found) differ("a weight", key, want, found);
      if (!(await sameBytes(weight.slices(), other.slices()))) differ("a weight", key, "the model's values", "others");
      if (weight.stored !== undefined) equal.set(other, weight.stored);
      count++;
    }
  }
  return { count, equal };
}

/** Of a file that was written back object by object. */
async function checkOriginal(origin: Archive, archive: Archive): Promise<Compared> {
  const [a, b] = [origin.weights, archive.weights];
  if (a.length !== b.length) differ("number of weights", "", `${a.length}`, `${b.length}`);
  for (const [i, weight] of a.entries()) {
    const other = b[i]!;
    if (weight.key !== other.key) differ("a weight", other.key, weight.key, other.key);
    if (!(await sameBytes(weight.slices(), other.slices())))
      differ("a weight", weight.key, "the model's values", "others");
  }
  return { count: a.length, equal: new Map() };
}

/** What was found equal, one line each. */
export interface Checked {
  readonly checks: readonly string[];
  /** `structure`: all that the file holds is as it should be, but whether Keras computes the same with it was not seen. */
  readonly verified: true | "structure" | "outputs";
}

/** What two models were found to compute alike, in words; or why that was not seen. */
type Computed = { readonly equal: string } | { readonly unknown: string };

/**
 * On the fast engine, or on the reference where that one cannot. `toldRows`: that both differ in rows that are masked
 * throughout is among the changes; where they differ, these are set aside.
 */
async function sameOutputs(model: ModelData, written: ModelData, limits: Limits, toldRows: boolean): Promise<Computed> {
  const about = { model: "the written file", against: "the model" };
  let unknown = "";
  for (const backend of [DEFAULT_BACKEND, REFERENCE]) {
    try {
      const options = { ...RUN_TOLERANCE, backend, small: true, limits };
      const whole = await verifyAgainst(written, model, about, options);
      const isAside = !whole.ok && toldRows;
      const report = isAside ? await verifyAgainst(written, model, about, options, withRowsAlike) : whole;
      const worst = worstTensor(report);
      if (!report.ok)
        differ(
          "it computes something else",
          report.firstDivergence?.layer ?? worst!.name,
          `a relative difference of at most ${RUN_TOLERANCE.rtol}`,
          `${worst!.maxRel}`,
        );
      const far = (worst?.maxRel ?? 0).toExponential(1);
      const aside = isAside ? ", but for rows that are masked throughout" : "";
      return { equal: `outputs on seeded inputs${aside} (largest relative difference ${far})` };
    } catch (error) {
      if (!(error instanceof FormatError) || error.problems.some(({ code }) => !code.startsWith("unsupported/")))
        throw error;
      unknown = error.problems[0]!.message ?? error.code;
    }
  }
  return { unknown };
}

/** The one stored array that a weight is, where it is one. */
function storedBy({ root }: ModelData): ReadonlyMap<WeightRef, StoredWeight> {
  const weights = [...allNodes(root)].flatMap((node) => [...node.weights.values()]);
  const plain = weights.filter(
    ({ source, recipe, changed }) => source.length === 1 && recipe === null && changed === 0,
  );
  return new Map(plain.map((weight) => [weight, weight.source[0]!]));
}

async function sameValues(a: WeightRef, b: WeightRef): Promise<boolean> {
  const [{ data: x }, { data: y }] = [await a.read(), await b.read()];
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]));
}

/** The same operations on equal weights, which needs no run; null where that cannot be seen. */
async function sameGraphs(a: Model, b: Model, equal: Compared["equal"]): Promise<string | null> {
  const ends = ({ inputs }: Model): string => inputs.map(({ shape, dtype }) => `${showShape(shape)} ${dtype}`).join();
  const weights = ends(a) === ends(b) ? sameOperations(a.graph, b.graph) : null;
  if (weights === null) return null;
  const count = a.graph.nodes.length;
  if (!b.data.hasWeights) return `${count} operations, one by one`;
  const [own, others] = [storedBy(a.data), storedBy(b.data)];
  for (const [left, right] of weights) {
    if (left.dtype !== right.dtype) return null;
    const [from, stored] = [own.get(left), others.get(right)];
    const isKnown = from !== undefined && stored !== undefined && equal.get(stored) === from;
    if (!isKnown && !(await sameValues(left, right))) return null;
  }
  return `${count} operations, one by one, on the same weights`;
}

/** What both compute. Weights are no problem here where the file is to hold none. */
async function compareComputed(
  model: ModelData,
  written: ModelData,
  equal: Compared["equal"],
  { limits, toldRows }: { readonly limits: Limits; readonly toldRows: boolean },
): Promise<Computed> {
  // Lengths that only the weights tell are open without them.
  const other = written.hasWeights ? new Model(written, limits) : attempt(() => new Model(written, limits));
  if (other === undefined) return { unknown: "without weights" };
  const [a, b] = [new Model(model, limits), other];
  const problem = [...a.problems, ...b.problems].find(({ code }) => code !== "mismatch/missing-weights");
  if (problem !== undefined) return { unknown: formatProblem(problem, "not run") };
  if (a.inputs.some(({ shape }) => shape === null)) return { unknown: "the model has no input shape until it is run" };
  const same = await sameGraphs(a, b, equal);
  if (same !== null) return { equal: same };
  return written.hasWeights ? sameOutputs(model, written, limits, toldRows) : { unknown: "without weights" };
}

/**
 * `archive` is the written file, read back. Throws `mismatch/verification`, and what importing and binding throw for a
 * file that cannot be read.
 */
export async function checkWritten(
  model: Model,
  artifact: Artifact,
  archive: Archive,
  options: BindOptions & { readonly limits: Limits },
): Promise<Checked> {
  const checks: string[] = [];
  const { origin } = artifact;
  const copied = sameFormat(artifact, archive.format);
  const original = copied?.naming === archive.naming ? copied : null;
  let equal: Compared["equal"] = new Map();
  if (archive.naming !== "none") {
    const compared = original !== null ? await checkOriginal(original, archive) : await checkWeights(artifact, archive);
    ({ equal } = compared);
    checks.push(`${compared.count} weights, bit by bit`);
  }
  if (archive.config === null) return { checks, verified: true };
  if (original !== null) {
    // The model's has got what lies beside it: its vocabularies.
    await bind(archive, options);
    if (!jsonEqual(original.config?.root ?? null, archive.config.root))
      differ("its config", "", "the model's", "another");
    return { checks: [...checks, "config"], verified: true };
  }
  // An architecture alone does not say which backend laid out the weights, on which old borders depend.
  const { backend } = origin?.writer ?? archive.writer;
  const read = archive.naming === "none" ? { ...archive, writer: { ...archive.writer, backend } } : archive;
  const translated = origin !== null && (origin.dialect !== archive.dialect || origin.semantics !== artifact.semantics);
  if (!translated) {
    const { differences } = await diffModels(model.data, await bind(read, options), { weights: false });
    if (differences.length > 0)
      differ(formatDifference(differences[0]!), "", "no differences", `${differences.length}`);
    checks.push("config, layer by layer");
  }
  const about = { limits: options.limits, toldRows: tellsRows(artifact.changes) };
  const computed = await compareComputed(model.data, await bind(read, options), equal, about);
  if ("equal" in computed) checks.push(computed.equal);
  if (!translated || "equal" in computed) return { checks, verified: true };
  return { checks: [...checks, `not compared: ${computed.unknown}`], verified: "structure" };
}
