/** Whether a written file says what it was meant to: its weights byte by byte, its config, and what it computes. */
import { jsonEqual } from "./codecs/json.ts";
import { fail, FormatError } from "./core/error.ts";
import type { Limits } from "./core/limits.ts";
import type { Model } from "./api/model.ts";
import { sameFormat } from "./exporters/origin.ts";
import type { Archive, Artifact, OutWeight, StoredWeight } from "./formats/archive.ts";
import { bind } from "./model/bind.ts";
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

/** What the file should hold, by owner. */
function wanted(artifact: Artifact, naming: Archive["naming"]): ReadonlyMap<string, readonly OutWeight[]> {
  const groups = new Map<string, readonly OutWeight[]>();
  const all =
    naming === "tree"
      ? artifact.tree.map(({ path, weights }) => [path, weights] as const)
      : artifact.flat.map(({ layer, weights }) => [layer, weights] as const);
  for (const [owner, weights] of all) if (weights.length > 0) groups.set(owner, weights);
  return groups;
}

async function checkWeights(artifact: Artifact, archive: Archive): Promise<number> {
  const groups = new Map<string, StoredWeight[]>();
  for (const weight of archive.weights) groups.set(weight.group, [...(groups.get(weight.group) ?? []), weight]);
  const expected = wanted(artifact, archive.naming);
  const owners = (map: ReadonlyMap<string, unknown>): string => [...map.keys()].sort().join(", ");
  if (owners(expected) !== owners(groups)) differ("owners of weights", "", owners(expected), owners(groups));
  let count = 0;
  for (const [owner, weights] of expected) {
    const stored = groups.get(owner)!;
    if (stored.length !== weights.length) differ("number of weights", owner, `${weights.length}`, `${stored.length}`);
    for (const [i, weight] of weights.entries()) {
      const { key, dtype, shape } = stored[i]!;
      const [want, found] = [`${weight.dtype} [${weight.shape.join(", ")}]`, `${dtype} [${shape.join(", ")}]`];
      if (want !== found) differ("a weight", key, want, found);
      if (!(await sameBytes(weight.slices(), stored[i]!.slices())))
        differ("a weight", key, "the model's values", "others");
      count++;
    }
  }
  return count;
}

/** Of a file that was written back object by object. */
async function checkOriginal(origin: Archive, archive: Archive): Promise<number> {
  const [a, b] = [origin.weights, archive.weights];
  if (a.length !== b.length) differ("number of weights", "", `${a.length}`, `${b.length}`);
  for (const [i, weight] of a.entries()) {
    const other = b[i]!;
    if (weight.key !== other.key) differ("a weight", other.key, weight.key, other.key);
    if (!(await sameBytes(weight.slices(), other.slices())))
      differ("a weight", weight.key, "the model's values", "others");
  }
  return a.length;
}

/** On the fast engine, or on the reference where that one cannot; what neither runs is said. */
async function runBoth(model: Model, archive: Archive, limits: Limits): Promise<string> {
  const about = { model: "the written file", against: "the model" };
  const written = bind(archive, { limits });
  let why = "";
  for (const backend of ["wasm", "reference"] as const) {
    try {
      const report = await verifyAgainst(written, model.data, about, {
        ...RUN_TOLERANCE,
        backend,
        small: true,
        limits,
      });
      const worst = worstTensor(report);
      if (!report.ok)
        differ(
          "it computes something else",
          report.firstDivergence?.layer ?? worst!.name,
          `a relative difference of at most ${RUN_TOLERANCE.rtol}`,
          `${worst!.maxRel}`,
        );
      return `outputs on seeded inputs (largest relative difference ${(worst?.maxRel ?? 0).toExponential(1)})`;
    } catch (error) {
      if (!(error instanceof FormatError) || error.problems.some(({ code }) => !code.startsWith("unsupported/")))
        throw error;
      why = error.problems[0]!.message ?? error.code;
    }
  }
  return `outputs not compared: ${why}`;
}

/**
 * What was found equal, one line each. `archive` is the written file, read back. Throws `mismatch/verification`, and what
 * importing and binding throw for a file that cannot be read.
 */
export async function checkWritten(
  model: Model,
  artifact: Artifact,
  archive: Archive,
  limits: Limits,
): Promise<readonly string[]> {
  const checks: string[] = [];
  const { origin } = artifact;
  const original = sameFormat(artifact, archive.format);
  if (archive.naming !== "none") {
    const count = original !== null ? await checkOriginal(original, archive) : await checkWeights(artifact, archive);
    checks.push(`${count} weights, bit by bit`);
  }
  if (archive.config === null) return checks;
  const translated = origin !== null && (origin.dialect !== archive.dialect || origin.semantics !== artifact.semantics);
  if (original !== null) {
    if (!jsonEqual(original.config?.root ?? null, archive.config.root))
      differ("its config", "", "the model's", "another");
    checks.push("config");
  } else if (!translated) {
    // An architecture alone does not say which backend laid out the weights, on which old borders depend.
    const { backend } = origin?.writer ?? archive.writer;
    const read = archive.naming === "none" ? { ...archive, writer: { ...archive.writer, backend } } : archive;
    const { differences } = await diffModels(model.data, bind(read, { limits }), { weights: false });
    if (differences.length > 0)
      differ(formatDifference(differences[0]!), "", "no differences", `${differences.length}`);
    checks.push("config, layer by layer");
  }
  if (translated && archive.naming !== "none" && model.problems.length === 0)
    checks.push(await runBoth(model, archive, limits));
  return checks;
}
