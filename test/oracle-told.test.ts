/** What of a translated file the live check takes for told, and what for a mismatch: attention that is masked throughout. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { artifactFor } from "../src/api/save.ts";
import { readNpz, writeNpz } from "../src/codecs/npz.ts";
import { withDType } from "../src/core/cast.ts";
import { DEFAULT_LIMITS } from "../src/core/limits.ts";
import { bytesSource } from "../src/core/source.ts";
import { openSession } from "../src/engines/index.ts";
import { tellsRows, withRowsAlike } from "../src/graph/compare.ts";
import { Input, layers, load, Model, save, type Tensor, tensor } from "../src/node.ts";
import { compareTensors, DEFAULT_TOLERANCE } from "../src/verify/compare.ts";
import { ROOT } from "./source-files.ts";

interface Told {
  readonly verdict: string;
  readonly message: string;
}
type Explained = (lib: object, file: object, verdict: object) => Promise<Told | null>;

const folder = mkdtempSync(join(tmpdir(), "told-"));
const lib = {
  load,
  artifactFor,
  values: (path: string) => readNpz(bytesSource(new Uint8Array(readFileSync(path)), path), DEFAULT_LIMITS),
  tellsRows,
  withRowsAlike,
  openSession,
  DEFAULT_LIMITS,
  compareTensors,
  DEFAULT_TOLERANCE,
  withDType,
};
/** An export of a container in Keras 2's language. */
const file = { made: { files: ["model.keras"], calls: 1 }, folder, container: "h5", dialect: "keras2", half: false };
const translated = { ...file, files: ["k2_export.h5"], translated: true };

let explained: Explained;
let other: Model;
let own: Tensor;
const npz = (name: string, arrays: Readonly<Record<string, Tensor>>): void =>
  writeFileSync(join(folder, name), writeNpz(new Map(Object.entries(arrays))));

beforeAll(async () => {
  ({ explained } = (await import(join(ROOT, "scripts/oracle/told.mjs"))) as { explained: Explained });
  const x = Input({ shape: [4], dtype: "int32" });
  const e = layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }).apply(x);
  const y = layers.multiHeadAttention({ numHeads: 2, keyDim: 2, dropout: 0.5 }).apply(e, { value: e });
  const model = new Model({ inputs: x, outputs: y });
  await save(model, join(folder, "model.keras"));
  await save(model, join(folder, "k2_export.h5"), { dialect: "keras2" });
  other = (await load(join(folder, "k2_export.h5"))) as Model;
  const ids = tensor([[1, 2, 0, 0], [1, 2, 3, 4]], undefined, "int32"); // prettier-ignore
  own = (await model.predict(ids))[0]!;
  npz("io.npz", { "inputs/0": ids, "outputs/0": own });
});
afterAll(() => rmSync(folder, { recursive: true }));

const verdictOn = async (found: Tensor, about: object = translated): Promise<string | undefined> => {
  npz("translated.npz", { "outputs/0": found });
  return (await explained(lib, about, { verdict: "differs", error: 1 }))?.verdict;
};
const its = async (): Promise<Tensor> => (await other.predict((await lib.values(join(folder, "io.npz"))).get("inputs/0")!))[0]!; // prettier-ignore
const moved = (y: Tensor, at: number): Tensor => ({ ...y, data: (y.data as Float32Array).map((n, i) => (i === at ? n + 0.01 : n)) }) as Tensor; // prettier-ignore

it("is told where it computes what its file says", async () => {
  expect(await verdictOn(await its())).toBe("told");
});

it("is wrong where another number is off, of such rows or of others", async () => {
  for (const at of [0, 9, 23]) expect(await verdictOn(moved(await its(), at))).toBeUndefined();
  expect(await verdictOn({ ...own, shape: [2, 12] } as Tensor)).toBeUndefined();
});

it("is wrong where its file says something else beside", async () => {
  const [table, ...others] = await other.getWeights();
  await other.setWeights([{ ...table!, data: (table!.data as Float32Array).map((n) => 1.01 * n) } as Tensor, ...others]); // prettier-ignore
  await save(other, join(folder, "wrong.h5"));
  expect(await verdictOn(await its(), { ...translated, files: ["wrong.h5"] })).toBeUndefined();
  await other.setWeights([table!, ...others]);
});

it("is wrong where nothing is told", async () => {
  const silent = { ...lib, artifactFor: () => Promise.resolve({ artifact: { changes: ["dialect"] }, opens: "Keras" }) };
  npz("translated.npz", { "outputs/0": await its() });
  expect(await explained(silent, translated, { verdict: "differs" })).toBeNull();
});

it("is wrong in a file of its own language", async () => {
  expect(await verdictOn(await its(), { ...translated, translated: false })).toBeUndefined();
});

it("a refusal is told where no Keras opens the file, and it keeps no such model of its own", async () => {
  const opens = (text: string) => ({ ...lib, artifactFor: () => Promise.resolve({ artifact: { changes: [] }, opens: text }) }); // prettier-ignore
  for (const about of [{ ...file, files: ["model.keras"] }, translated]) {
    const given = (text: string, own: readonly string[] = ["TypeError: cannot"]) =>
      explained(opens(text), about, { verdict: "refused", own });
    expect(await given("no Keras: it does not")).toEqual({ verdict: "told", message: "no Keras: it does not" });
    expect(await given("Keras 3")).toBeNull();
    expect(await given("no Keras: it does not", [])).toBeNull();
  }
});

it("an index from the end is refused by the other library alone, where the file computes what the model does", async () => {
  const refused = (index: boolean, files: readonly string[]) =>
    explained(lib, { ...translated, files }, { verdict: "refused", index });
  expect(await refused(true, ["model.keras"])).toMatchObject({ verdict: "excused" });
  expect(await refused(false, ["model.keras"])).toBeNull();
  expect(await refused(true, translated.files)).toBeNull();
});
