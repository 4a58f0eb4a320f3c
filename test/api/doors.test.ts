/** Every public function × arguments that are wrong in every way: only typed errors come out, and never our own fault. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as browser from "../../src/index.ts";
import * as api from "../../src/node.ts";
import { FormatError } from "../../src/core/error.ts";
import { FIXTURES } from "../support/fixtures.ts";

/** Reads throw: what a caller's own getters might do. */
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new TypeError("a getter of the caller's");
    },
    has: () => true,
    ownKeys: () => {
      throw new TypeError("keys of the caller's");
    },
    getPrototypeOf: () => null,
  },
);

const holes: unknown[] = [1, 2, 3];
delete holes[1];

const BAD: readonly (readonly [string, unknown])[] = [
  ["null", null],
  ["undefined", undefined],
  ["NaN", NaN],
  ["-1", -1],
  ["1e300", 1e300],
  ["empty text", ""],
  ["text", "nothing"],
  ["text with NUL", "a\0b"],
  ["true", true],
  ["a bigint", 1n],
  ["a symbol", Symbol("s")],
  ["a function", () => undefined],
  ["{}", {}],
  ["[]", []],
  ["[[]]", [[]]],
  ["[null]", [null]],
  ["[undefined]", [undefined]],
  ['["a"]', ["a"]],
  ["[NaN]", [NaN]],
  ["holes", holes],
  ["ragged", [[1, 2], [3]]],
  ["a date", new Date(0)],
  ["a DataView", new DataView(new ArrayBuffer(4))],
  ["bytes", new Uint8Array([1, 2, 3])],
  ["no prototype", Object.assign(Object.create(null) as object, { dtype: null, shape: null, data: null })],
  ["a tensor of nothing", { dtype: "float32", shape: [2], data: null }],
  ["a tensor of a list", { dtype: "float32", shape: [1, 2], data: [1, 2] }],
  ["a tensor too short", { dtype: "float32", shape: [1, 3], data: new Float32Array(2) }],
  ["a tensor of shape NaN", { dtype: "float32", shape: [NaN, 2], data: new Float32Array(2) }],
  ["a tensor of negative shape", { dtype: "float32", shape: [-1, -2], data: new Float32Array(2) }],
  ["a tensor of no dtype", { dtype: "float33", shape: [1, 2], data: new Float32Array(2) }],
  ["a tensor of dtype null", { dtype: null, shape: [1, 2], data: new Float32Array(2) }],
  ["a map", new Map([[null, null]])],
  ["an empty map", new Map()],
  ["a URL", new URL("file:///%zz")],
  ["a Blob", new Blob(["x"])],
  ["a proxy", hostile],
  ["a list of proxies", [hostile]],
];

/** Options of every name that there is, each with a value. */
const OPTIONS =
  "backend strict threads weightDtype precision signal init cache onProgress fetch timeout shapes warmUp weights limits customLayers format dialect verify force rtol atol seed layers".split(
    " ",
  );
const options = (value: unknown): object[] => OPTIONS.map((name) => ({ [name]: value }));

interface Case {
  readonly name: string;
  call(value: never): unknown;
}

function model(): api.Model {
  const made = new api.Sequential({ name: "m" });
  made.add(api.layers.dense({ units: 2, inputShape: [2], name: "d" }));
  return made;
}

const x = api.tensor([[1, 2]]);
let folder: string;
let bytes: Uint8Array;
let prepared: api.Model;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "doors-"));
  bytes = [...(await api.save(model(), { format: "keras-v3" })).values()][0]!;
  prepared = await model().prepare();
});
afterAll(() => {
  prepared.dispose();
  rmSync(folder, { recursive: true });
});

const CASES: readonly Case[] = [
  { name: "load(·)", call: (v) => api.load(v) },
  {
    name: "load of the browser's entry",
    call: (v) => browser.load(v === "nothing" || v === "" || v === "a\0b" ? null! : v),
  },
  { name: "load(, ·)", call: (v) => api.load(bytes, v) },
  { name: "load(, { … })", call: (v) => Promise.all(options(v).map((o) => settle(() => api.load(bytes, o)))) },
  { name: "load(, { limits })", call: (v) => api.load(bytes, { limits: { rank: v, jsonBytes: v } }) },
  {
    name: "load(, { limits of another name })",
    call: (v) => api.load(bytes, { limits: { [String(v === hostile ? "x" : typeof v)]: 1 } }),
  },
  { name: "save(·)", call: (v) => api.save(v, { format: "keras-v3" }) },
  { name: "saveToIndexedDb(·)", call: (v) => api.saveToIndexedDb(v, "key") },
  { name: "download(·)", call: (v) => api.download(v, "a.keras") },
  { name: "compile(·)", call: (v) => model().compile(v) },
  { name: "defineLayer(·)", call: (v) => api.defineLayer(v) },
  { name: "defineCell(·)", call: (v) => api.defineCell(v) },
  { name: "save(, ·)", call: (v) => (v === "nothing" ? null : api.save(model(), v)) },
  { name: "save(, , ·)", call: (v) => api.save(model(), join(folder, "a.keras"), v) },
  {
    name: "save(, , { … })",
    call: (v) => Promise.all(options(v).map((o) => settle(() => api.save(model(), join(folder, "a.keras"), o)))),
  },
  {
    name: "save(, { … })",
    call: (v) => Promise.all(options(v).map((o) => settle(() => api.save(model(), { format: "keras-v3", ...o })))),
  },
  { name: "convert(·)", call: (v) => api.convert(v, join(folder, "b.keras")) },
  { name: "convert(, ·)", call: (v) => (v === "nothing" ? null : api.convert(bytes, v)) },
  { name: "convert(, , ·)", call: (v) => api.convert(bytes, join(folder, "c.keras"), v) },
  {
    name: "convert(, , { … })",
    call: (v) => Promise.all(options(v).map((o) => settle(() => browser.convert(bytes, "c.keras", o)))),
  },
  { name: "verify(·)", call: (v) => api.verify(v, model()) },
  { name: "verify(, ·)", call: (v) => api.verify(model(), v) },
  { name: "verify(, , ·)", call: (v) => api.verify(model(), model(), v) },
  {
    name: "verify(, , { … })",
    call: (v) => Promise.all(options(v).map((o) => settle(() => api.verify(prepared, prepared, o)))),
  },
  { name: "tensor(·)", call: (v) => api.tensor(v) },
  { name: "tensor(, ·)", call: (v) => api.tensor([1, 2], v) },
  { name: "tensor(, , ·)", call: (v) => api.tensor([1, 2], [2], v) },
  {
    name: "tensor of each dtype",
    call: (v) =>
      ["float16", "float64", "int8", "int64", "uint64", "bool", "string"].map((t) =>
        attempt(() => api.tensor(v, undefined, t as "bool")),
      ),
  },
  { name: "topK(·)", call: (v) => api.topK(v, 1) },
  { name: "topK(, ·)", call: (v) => api.topK(x, v) },
  { name: "oneHot(·)", call: (v) => api.oneHot(v, 3) },
  { name: "oneHot(, ·)", call: (v) => api.oneHot([1], v) },
  { name: "oneHot(, , ·)", call: (v) => api.oneHot([1], 3, v) },
  {
    name: "oneHot(, , { … })",
    call: (v) => ["axis", "dtype"].map((o) => attempt(() => api.oneHot([1], 3, { [o]: v }))),
  },
  { name: "toCategorical(·)", call: (v) => api.toCategorical(v) },
  { name: "toCategorical(, ·)", call: (v) => api.toCategorical([1], v) },
  { name: "padSequences(·)", call: (v) => api.padSequences(v) },
  { name: "padSequences([·])", call: (v) => api.padSequences([v, [1, 2]]) },
  { name: "padSequences(, ·)", call: (v) => api.padSequences([[1]], v) },
  {
    name: "padSequences(, { … })",
    call: (v) =>
      ["maxlen", "dtype", "padding", "truncating", "value"].map((o) =>
        attempt(() => api.padSequences([[1]], { [o]: v })),
      ),
  },
  { name: "Tensor.at(·)", call: (v) => x.at(0, v) },
  { name: "formatProblem(·)", call: (v) => api.formatProblem(v) },
  { name: "setRandomSeed(·)", call: (v) => api.setRandomSeed(v) },
  { name: "Input(·)", call: (v) => api.Input(v) },
  {
    name: "Input({ … })",
    call: (v) =>
      ["shape", "batchShape", "batchSize", "dtype", "name"].map((o) =>
        attempt(() => api.Input({ shape: [2], [o]: v })),
      ),
  },
  { name: "new Sequential(·)", call: (v) => new api.Sequential(v) },
  {
    name: "new Sequential({ … })",
    call: (v) => ["name", "layers"].map((o) => attempt(() => new api.Sequential({ [o]: v }))),
  },
  { name: "Sequential.add(·)", call: (v) => new api.Sequential().add(v) },
  { name: "new Model(·)", call: (v) => new api.Model(v) },
  {
    name: "new Model({ … })",
    call: (v) => ["inputs", "outputs", "name"].map((o) => attempt(() => functional({ [o]: v }))),
  },
  { name: "Layer.apply(·)", call: (v) => api.layers.dense({ units: 1 }).apply(v) },
  { name: "Layer.apply(, ·)", call: (v) => api.layers.gru({ units: 1 }).apply(api.Input({ shape: [2, 2] }), v) },
  {
    name: "Layer.apply(, { … })",
    call: (v) =>
      ["mask", "initialState", "training"].map((o) =>
        attempt(() => api.layers.gru({ units: 1 }).apply(api.Input({ shape: [2, 2] }), { [o]: v })),
      ),
  },
  { name: "Model.apply(·)", call: (v) => model().apply(v) },
  { name: "Model.predict(·)", call: (v) => prepared.predict(v) },
  { name: "Model.predict by name", call: (v) => prepared.predict({ d_input: v }) },
  { name: "Model.predict(, ·)", call: (v) => prepared.predict(x, v) },
  {
    name: "Model.predict(, { … })",
    call: (v) => Promise.all(options(v).map((o) => settle(() => prepared.predict(x, o)))),
  },
  { name: "Model.predict of several inputs", call: (v) => two().predict(v) },
  { name: "Model.predict of one of several inputs", call: (v) => two().predict([x, v]) },
  { name: "Model.predict on the reference", call: (v) => prepared.predict(v, { backend: "reference" }) },
  { name: "Model.prepare(·)", call: (v) => model().prepare(v) },
  { name: "Model.prepare({ … })", call: (v) => Promise.all(options(v).map((o) => settle(() => model().prepare(o)))) },
  { name: "Model.prepare({ shapes: [·] })", call: (v) => model().prepare({ shapes: [v] }) },
  { name: "Model.predictSync(·)", call: (v) => prepared.predictSync(v) },
  { name: "Model.predictSync(, ·)", call: (v) => prepared.predictSync(x, v) },
  { name: "Model.predictSync(, { out })", call: (v) => prepared.predictSync(x, { out: v }) },
  { name: "Model.kernels(·)", call: (v) => model().kernels(v) },
  { name: "Model.setWeights(·)", call: (v) => model().setWeights(v) },
  { name: "Model.setWeights([·])", call: (v) => model().setWeights([v, v]) },
];

/** Every layer's builder, with bad options and with a bad value of each option. */
const BUILDERS = Object.entries(api.layers) as [string, (options: unknown) => unknown][];

function functional(change: object): unknown {
  const a = api.Input({ shape: [2] });
  const b = api.layers.dense({ units: 1 }).apply(a);
  return new api.Model({ inputs: a, outputs: b, ...change });
}

function two(): api.Model {
  const [a, b] = [api.Input({ shape: [2] }), api.Input({ shape: [2] })];
  return new api.Model({ inputs: [a, b], outputs: api.layers.add().apply([a, b]) });
}

const errors: unknown[] = [];

async function settle(body: () => unknown): Promise<void> {
  try {
    await body();
  } catch (error) {
    errors.push(error);
  }
}

function attempt(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    errors.push(error);
  }
}

/** What came out that should not: nothing untyped, and our own fault only where the caller's object threw. */
function wrong(value: unknown): string[] {
  const ours = (error: FormatError): boolean => error.code.startsWith("internal/") && !usesProxy(value);
  return errors
    .splice(0)
    .filter((error) => !(error instanceof FormatError) || ours(error))
    .map((error) =>
      error instanceof FormatError
        ? `${error.message}\n${(error.cause as Error | undefined)?.stack?.split("\n").slice(1, 5).join("\n")}`
        : error instanceof Error
          ? (error.stack ?? "")
          : String(error),
    );
}

const usesProxy = (value: unknown): boolean => value === hostile || (Array.isArray(value) && value[0] === hostile);

it.each(CASES)("$name", async ({ call }) => {
  const found: [string, string[]][] = [];
  for (const [name, value] of BAD) {
    await settle(() => call(value as never));
    found.push([name, wrong(value)]);
  }
  expect(found.filter(([, list]) => list.length > 0)).toEqual([]);
});

it.each(BUILDERS)("layers.%s", (_, build) => {
  const found: [string, string[]][] = [];
  for (const [name, value] of BAD) {
    attempt(() => build(value));
    for (const option of optionsOf(build)) attempt(() => build({ [option]: value }));
    found.push([name, wrong(value)]);
  }
  expect(found.filter(([, list]) => list.length > 0)).toEqual([]);
});

/** The options that a builder names when it refuses one. */
function optionsOf(build: (options: unknown) => unknown): readonly string[] {
  try {
    build({ noSuchOption: 1 });
  } catch (error) {
    const listed = (error as FormatError).expected ?? "";
    return [
      ...listed.replace(/^one of |\(of |\)$/g, "").split(/, | /),
      "name",
      "inputShape",
      "batchSize",
      "dtype",
      "inputDim",
    ];
  }
  return [];
}

it("what the caller threw comes out as it is", async () => {
  const reason = { mine: true };
  const signal = AbortSignal.abort(reason);
  await expect(model().predict(x, { signal })).rejects.toBe(reason);
  await expect(model().predict(x, { signal: AbortSignal.abort("why") })).rejects.toBe("why");
});

it("float16 and bfloat16 take numbers; a Uint16Array holds their bits", () => {
  expect([...api.tensor([1.125, -2], [2], "float16").data]).toEqual([0x3c80, 0xc000]);
  expect([...api.tensor([1.125, -2], [2], "bfloat16").data]).toEqual([0x3f90, 0xc000]);
  expect([...api.tensor(new Float32Array([1.125]), [1], "float16").data]).toEqual([0x3c80]);
  expect([...api.tensor(new Uint16Array([0x3c80]), [1], "float16").data]).toEqual([0x3c80]);
});

it("values that a dtype cannot hold are refused with their place", () => {
  const found = (values: unknown, dtype: string): unknown[] => {
    try {
      return [api.tensor(values as number[], undefined, dtype as "int8")];
    } catch (error) {
      const { code, path, found: value } = error as FormatError;
      return [code, path, value];
    }
  };
  expect(
    found(
      [
        [1, 2],
        [3, 0.5],
      ],
      "int64",
    ),
  ).toEqual(["mismatch/dtype", "[1][1]", "0.5"]);
  expect(found([[1], [300]], "uint8")).toEqual(["mismatch/dtype", "[1][0]", "300"]);
  expect(found([1, undefined], "float32")).toEqual(["mismatch/dtype", "[1]", "undefined"]);
  expect(found(holes, "float32")).toEqual(["mismatch/dtype", "[1]", "undefined"]);
  expect(found(["1"], "float32")).toEqual(["mismatch/dtype", "[0]", "a string"]);
  expect(found([2n ** 64n], "uint64")).toEqual(["mismatch/dtype", "[0]", String(2n ** 64n)]);
});

it("a misspelt option is refused with the nearest that there is", async () => {
  const refused = async (body: () => unknown): Promise<[string, string?, string?]> => {
    const error = await Promise.resolve()
      .then(body)
      .catch((e: unknown) => e);
    return [(error as FormatError).code, (error as FormatError).path, (error as FormatError).expected?.split(" ")[0]];
  };
  const bad = { treads: 2 } as object;
  expect(await refused(() => api.load(bytes, bad))).toEqual(["mismatch/option", "treads", "threads"]);
  expect(await refused(() => prepared.predict(x, bad))).toEqual(["mismatch/option", "treads", "threads"]);
  expect(await refused(() => api.save(model(), "a.keras", { dialekt: "keras2" } as object))).toEqual([
    "mismatch/option",
    "dialekt",
    "dialect",
  ]);
  expect(await refused(() => api.convert(bytes, "a.keras", { verfy: false } as object))).toEqual([
    "mismatch/option",
    "verfy",
    "verify",
  ]);
  expect(await refused(() => api.verify(prepared, prepared, { rtoll: 1 } as object))).toEqual([
    "mismatch/option",
    "rtoll",
    "rtol",
  ]);
  expect(await refused(() => api.load(bytes, { limits: { jsonbytes: 1 } as object }))).toEqual([
    "mismatch/option",
    "jsonbytes",
    "jsonBytes",
  ]);
  expect(await refused(() => api.load(bytes, { limits: { rank: NaN } }))).toEqual(["mismatch/option", "rank", "a"]);
});

it("what goes wrong with a model is said to be in its file", async () => {
  const opened = await api.load(join(FIXTURES, "models/stacked_lstm/model.keras"));
  const file = expect.stringMatching(/stacked_lstm.model\.keras$/) as string;
  await expect(opened.predict([[1]])).rejects.toMatchObject({ file });
  await expect(opened.prepare({ shapes: [1] })).rejects.toMatchObject({ file });
  expect(() => opened.layer("none")).toThrow(expect.objectContaining({ file }));
  opened.dispose();
});

/** Every function with options, called with one that is misspelt, and what was meant. */
const MISSPELT: readonly (readonly [string, string, () => unknown])[] = [
  ["load", "weights", () => api.load(bytes, { wieghts: 1 } as never)],
  ["save", "format", () => api.save(model(), { formt: "npz" } as never)],
  ["convert", "force", () => api.convert(bytes, join(folder, "e.h5"), { forse: true } as never)],
  ["verify", "atol", () => api.verify(model(), model(), { atoll: 1 } as never)],
  ["edit", "rename", () => api.edit(model(), { renam: {} } as never)],
  ["inspect", "weights", () => api.inspect(model(), { wights: true } as never)],
  ["predict", "backend", () => model().predict(x, { bakend: "wasm" } as never)],
  ["prepare", "warmUp", () => model().prepare({ warmup: 1 } as never)],
  ["summary", "nested", () => model().summary({ nestd: true } as never)],
  ["compile", "optimizer", () => model().compile({ optimzer: "sgd" } as never)],
  [
    "fit",
    "epochs",
    () =>
      model()
        .compile()
        .fit(x, x, { epohcs: 1 } as never),
  ],
  [
    "evaluate",
    "batchSize",
    () =>
      model()
        .compile()
        .evaluate(x, x, { batchsize: 1 } as never),
  ],
  ["Model", "inputs", () => new api.Model({ inptus: 1 } as never)],
  ["Sequential", "layers", () => new api.Sequential({ layrs: [] } as never)],
  ["Input", "shape", () => api.Input({ shap: [1] } as never)],
  ["layers", "units", () => api.layers.dense({ unis: 1 } as never)],
  ["losses", "reduction", () => api.losses.meanSquaredError({ reducton: "sum" } as never)],
  ["metrics", "name", () => api.metrics.meanSquaredError({ nme: "a" } as never)],
  ["optimizers", "learningRate", () => api.optimizers.adam({ learnigRate: 1 } as never)],
  ["callbacks", "patience", () => api.callbacks.earlyStopping({ patence: 1 } as never)],
  ["schedules", "decaySteps", () => api.schedules.cosineDecay({ decaySeps: 1 } as never)],
  ["padSequences", "maxlen", () => api.padSequences([[1]], { maxLen: 1 } as never)],
  ["defineLayer", "class", () => api.defineLayer({ clas: "A" } as never)],
  ["defineCell", "step", () => api.defineCell({ stpe: 1 } as never)],
];

it.each(MISSPELT)("%s: a misspelt option is refused with the nearest, %s", async (_, meant, call) => {
  const refused = expect.objectContaining({ code: "mismatch/option", expected: expect.stringMatching(`^${meant}\\b`) });
  await expect((async () => call())()).rejects.toEqual(refused);
});
