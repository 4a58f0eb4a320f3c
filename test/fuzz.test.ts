/** A little of `npm run fuzz`: the same inputs each time, no find; and what is wrong is found. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tensor } from "../src/node.ts";
import { FIXTURES } from "./support/fixtures.ts";

interface Find {
  readonly kind: string;
  readonly message: string;
}

interface Part {
  readonly total: number;
  make(seed: number, index: number): unknown;
  describe(input: unknown): string;
  bytes(input: unknown): Uint8Array;
  run(input: unknown): Promise<{ readonly find: Find | null; readonly ran: string }>;
}

/** The same files and configs whatever fixtures there will be. */
const SOME =
  /\/(lstm\/mask_end|gru\/tfk_mask|conv2d\/padding|conv_lstm2d\/basic|bidirectional\/stateful|dense\/twelve|embedding\/all|batch_normalization\/images|ops\/operators|k122_lstm_cpu|k122_cnn_tf|k213_gru_stateful|k215_functional_keras|k215_dense_json|seq2seq_apart|siamese|tfk_cnn|plain_unzipped)( |$)|^hdf5|^codecs/;

type Lib = Readonly<Record<string, unknown>>;

interface Fuzz {
  library(from: (path: string) => Promise<unknown>): Promise<Lib>;
  fixtureFolders(root: string): readonly { readonly name: string }[];
  configsOf(lib: Lib, folders: readonly object[]): Promise<readonly object[]>;
  compareEngines(
    lib: Lib,
    model: object,
    inputs: readonly object[],
    rng: object,
  ): Promise<{ readonly find: Find | null }>;
  readonly Training: new (lib: Lib) => Part;
  readonly Readers: new (lib: Lib, root: string, options: { only: RegExp }) => Part;
  readonly Inputs: new (lib: Lib, folders: readonly object[]) => Part;
  readonly Configs: new (lib: Lib, corpus: readonly object[], options: { huge: boolean }) => Part;
}

const scripts = ["library", "bases", "configs", "engines", "inputs", "readers", "training"].map(
  (name) => import(join(import.meta.dirname, `../scripts/fuzz/${name}.mjs`)) as Promise<object>,
);
const fuzz = Object.assign({}, ...(await Promise.all(scripts))) as Fuzz;
const lib = await fuzz.library((path) => import(join(import.meta.dirname, `../src/${path}.ts`)));
const some = fuzz.fixtureFolders(FIXTURES).filter(({ name }) => SOME.test(name));

/** Finds among inputs `step` apart, and how often each outcome came. */
async function tried(part: Part, count: number, step = 1): Promise<{ finds: string[]; ran: Record<string, number> }> {
  const finds: string[] = [];
  const ran: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const input = part.make(2, i * step);
    const result = await part.run(input);
    ran[result.ran] = (ran[result.ran] ?? 0) + 1;
    if (result.find !== null) finds.push(`${part.describe(input)}: ${result.find.kind}: ${result.find.message}`);
  }
  return { finds, ran };
}

describe("fuzz", () => {
  it("of damaged files finds nothing", async () => {
    const { finds, ran } = await tried(new fuzz.Readers(lib, FIXTURES, { only: SOME }), 300);
    expect(finds).toEqual([]);
    expect(Object.keys(ran)).toEqual(expect.arrayContaining(["refused", "read", "equal"]));
  });

  it("of configs finds nothing", async () => {
    const { finds, ran } = await tried(new fuzz.Configs(lib, await fuzz.configsOf(lib, some), { huge: false }), 80);
    expect(finds).toEqual([]);
    expect(ran["equal"]).toBeGreaterThan(30);
  });

  it("of inputs finds nothing", async () => {
    const part = new fuzz.Inputs(lib, some);
    const { finds, ran } = await tried(part, 100, 11);
    expect(100 * 11).toBeLessThanOrEqual(part.total);
    expect(finds).toEqual([]);
    expect(ran["equal"]).toBeGreaterThan(20);
  });

  it("of how models are trained finds nothing", async () => {
    const { finds, ran } = await tried(new fuzz.Training(lib), 60, 4);
    expect(finds).toEqual([]);
    expect(ran["trained"]).toBeGreaterThan(2);
  });

  it("makes the same input again", () => {
    const part = new fuzz.Readers(lib, FIXTURES, { only: SOME });
    const again = new fuzz.Readers(lib, FIXTURES, { only: SOME });
    for (let i = 0; i < 30; i++) expect(part.bytes(part.make(3, i))).toEqual(again.bytes(again.make(3, i)));
  });

  it("finds errors of no type", async () => {
    const broken = { ...lib, openHdf5: () => Promise.reject(new TypeError("x is undefined")) };
    const { finds } = await tried(new fuzz.Readers(broken, FIXTURES, { only: SOME }), 60);
    expect(finds.join("\n")).toContain("untyped: TypeError x is undefined");
  });

  it.each([
    ["numbers", () => [tensor([1, 2.001])], "engines numbers"],
    ["dtypes", () => [tensor([1, 2], [2], "int32")], "engines dtype"],
    ["errors", () => Promise.reject(new TypeError("x is undefined")), "untyped predict"],
  ])("finds engines that differ in %s", async (_, wasm, kind) => {
    const model = {
      outputs: [{ dtype: "float32" }],
      resetStates: () => {},
      getWeights: () => [],
      setWeights: () => {},
      predict: (_x: unknown, { backend }: { backend: string }) => (backend === "wasm" ? wasm() : [tensor([1, 2])]),
    };
    const { find } = await fuzz.compareEngines(lib, model, [], {});
    expect(find?.kind).toBe(kind);
  });
});
