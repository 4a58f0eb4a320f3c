/**
 * Every error code has an input that triggers it: a hostile file of fixtures/broken, a test that asserts the code, or a
 * small trigger here.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { encodeFixedStrings, openHdf5, planHdf5, type WriteGroup } from "../src/codecs/hdf5.ts";
import { parseNpy } from "../src/codecs/npy.ts";
import { CODES, type ErrorCode } from "../src/core/codes.ts";
import { FormatError, type Problem } from "../src/core/error.ts";
import { door } from "../src/core/guard.ts";
import { DEFAULT_LIMITS } from "../src/core/limits.ts";
import { exportKerasV3 } from "../src/exporters/keras-v3.ts";
import { writeOutputs } from "../src/core/node-outputs.ts";
import { bytesSource } from "../src/core/source.ts";
import { stft } from "../src/model/stft.ts";
import { seededInputs } from "../src/verify/inputs.ts";
import { writeHdf5 } from "./codecs/hdf5/bytes.ts";
import {
  Input,
  layers,
  load,
  loadFromIndexedDb,
  Model,
  save,
  Sequential,
  setRandomSeed,
  tensor,
  verify,
} from "../src/node.ts";
import { refuseProblems } from "../src/graph/problems.ts";
import { resolve } from "../src/graph/resolve.ts";
import { trace } from "../src/graph/trace.ts";
import { BROKEN, isBenign } from "./support/broken.ts";
import { ROOT, sourceFiles } from "./source-files.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const dense = (): Model => new Sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });

type Json = { readonly [key: string]: unknown };

/** A Sequential of layers as a file has them, Keras 3's. */
function sequential(...inside: readonly Json[]): Uint8Array {
  const input = layerJson("InputLayer", { batch_shape: [null, 3, 4], dtype: "float32" });
  const config = { name: "s", layers: [input, ...inside] };
  return bytes(JSON.stringify({ module: "keras", class_name: "Sequential", config, registered_name: "Sequential" }));
}

function layerJson(className: string, config: Json, module = "keras.layers"): Json {
  return { module, class_name: className, config: { name: className.toLowerCase(), trainable: true, ...config } };
}

/** A functional model of one operation on an input. */
function operation(
  className: string,
  config: Json,
  kwargs: Json = {},
  shape: readonly unknown[] = [null, 3, 4],
): Uint8Array {
  const x = { class_name: "__keras_tensor__", config: { shape, dtype: "float32", keras_history: ["x", 0, 0] } };
  const input = {
    ...layerJson("InputLayer", { batch_shape: shape, dtype: "float32", name: "x" }),
    name: "x",
    inbound_nodes: [],
  };
  const op = {
    module: "keras.src.ops.numpy",
    class_name: className,
    registered_name: className,
    name: "op",
    config: { name: "op", ...config },
    inbound_nodes: [{ args: [x], kwargs }],
  };
  const inside = {
    name: "f",
    trainable: true,
    layers: [input, op],
    input_layers: [["x", 0, 0]],
    output_layers: [["op", 0, 0]],
  };
  return bytes(
    JSON.stringify({
      module: "keras.src.models.functional",
      class_name: "Functional",
      config: inside,
      registered_name: "Functional",
    }),
  );
}

const npy = (...head: number[]): Uint8Array => new Uint8Array([0x93, ...bytes("NUMPY"), ...head]);

async function toDisk(code: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "codes-"));
  const chunks = async function* () {
    yield new Uint8Array(1);
    throw Object.assign(new Error(code), { code });
  };
  await writeOutputs(join(folder, "a"), [{ path: "", chunks }]).finally(() => rmSync(folder, { recursive: true }));
}

async function nonFinite(): Promise<Model> {
  const model = dense();
  await model.setWeights([tensor([[NaN], [1]]), tensor([0])]);
  return load((await save(model, { format: "keras-v3" })).get("model.keras")!);
}

/** A model of Keras 1 or 2, whose configs are lists. */
const legacy = (version: string, ...inside: readonly Json[]): Uint8Array =>
  bytes(JSON.stringify({ class_name: "Sequential", config: inside, keras_version: version, backend: "tensorflow" }));

/** A layer called with x[B, 3, 4], m[B] and keyword arguments. */
function called(layer: Json, kwargs: Json, more: readonly string[] = []): Uint8Array {
  const shapes: { readonly [name: string]: readonly unknown[] } = { x: [null, 3, 4], m: [null], s: [null, 2] };
  const at = (name: string): Json => ({
    class_name: "__keras_tensor__",
    config: { shape: shapes[name], dtype: "float32", keras_history: [name, 0, 0] },
  });
  const of = (value: unknown): unknown => (typeof value === "string" && value in shapes ? at(value) : value);
  const inputs = Object.entries(shapes).map(([name, shape]) => ({
    ...layerJson("InputLayer", { batch_shape: shape, dtype: "float32", name }),
    name,
    inbound_nodes: [],
  }));
  const named = Object.fromEntries(Object.entries(kwargs).map(([name, value]) => [name, of(value)]));
  const args = more.length === 0 ? [at("x")] : [["x", ...more].map(at)];
  const config = {
    name: "f",
    trainable: true,
    layers: [...inputs, { ...layer, name: "op", inbound_nodes: [{ args, kwargs: named }] }],
    input_layers: Object.keys(shapes).map((name) => [name, 0, 0]),
    output_layers: [["op", 0, 0]],
  };
  return bytes(JSON.stringify({ module: "keras", class_name: "Functional", config, registered_name: "Functional" }));
}

const group = (children: readonly (readonly [string, WriteGroup])[], raw?: Uint8Array): WriteGroup => ({
  kind: "group",
  children: new Map(children),
  attributes: new Map(
    raw && [
      ["marked", { type: { class: "integer", size: 1, signed: false, order: "little" }, shape: [raw.length], raw }],
    ],
  ),
});

function nested(depth: number): WriteGroup {
  let inner = group([]);
  for (let i = 0; i < depth; i++) inner = group([["g", inner]]);
  return inner;
}

/** Opens an HDF5 file in which the header of an attribute's message says something else. */
async function patchedMessage(type: number, flags: number): Promise<unknown> {
  const file = await writeHdf5(group([], new Uint8Array(4)));
  const name = Buffer.from(file).indexOf("marked");
  file[name - 16] = type;
  file[name - 12] = flags;
  return (await openHdf5(bytesSource(file), DEFAULT_LIMITS)).attributes;
}

/** A link of kind 65, which is anybody's: an external one (64) is made so. */
async function userLink(): Promise<unknown> {
  const file = new Uint8Array(readFileSync(join(ROOT, "fixtures/hdf5/refused/external_link.h5")));
  const at = file.findIndex((byte, i) => byte === 1 && (file[i + 1]! & 8) !== 0 && file[i + 2] === 64);
  file[at + 2] = 65;
  return openHdf5(bytesSource(file), DEFAULT_LIMITS);
}

/** What gives the code: thrown, or among the warnings and problems of the model that comes back. */
const TRIGGERS: { readonly [code in ErrorCode]?: () => unknown } = {
  "internal/error": () => new Model({ root: null } as never),
  "internal/graph": () =>
    resolve({ inputs: [], outputs: [7], nodes: [], values: new Map(), states: [], captures: [], calls: [] }, []),
  "limit/disk-space": () => toDisk("ENOSPC"),
  "limit/layers": () => load(sequential(layerJson("Flatten", {})), { limits: { layers: 1 } }),
  "limit/npy-header": () => parseNpy(npy(2, 0, 0, 0, 0, 0x70), DEFAULT_LIMITS),
  "malformed/unreadable-file": () => load("a\0b"),
  "mismatch/argument": () => setRandomSeed(NaN),
  "mismatch/input-shape": () => new Sequential({ layers: [layers.dense({ units: 1 })] }).kernels(),
  "mismatch/non-finite": nonFinite,
  "unsupported/activation": () => layers.dense({ units: 1, activation: "nope" as never }).apply(Input({ shape: [2] })),
  "unsupported/cell": () => load(sequential(layerJson("RNN", { cell: layerJson("Dense", { units: 2 }) }))),
  "unsupported/dialect": () => exportKerasV3({ dialect: "keras1", origin: null } as never),
  "unsupported/dtype-policy": () => load(sequential(layerJson("Dense", { units: 2, dtype: "nonsense" }))),
  "unsupported/einsum": () => load(operation("Einsum", { subscripts: "abc->bb" })),
  "unsupported/fixture": () => verify(dense(), new Map([["a", bytes("a")]])),
  "unsupported/function": () => load(called(layerJson("TFOpLambda", { function: "nope.nope" }), {})),
  "unsupported/initializer": () =>
    new Sequential({
      layers: [layers.dense({ units: 1, inputShape: [2], kernelInitializer: "nope" as never })],
    }).getWeights(),
  "unsupported/inner-layer": () => load(sequential(layerJson("TimeDistributed", { layer: layerJson("Nope", {}) }))),
  "unsupported/input": () => load(5 as never),
  "unsupported/interpolation": () =>
    load(
      legacy("2.2.4", {
        class_name: "UpSampling2D",
        config: { name: "u", size: [2, 2], interpolation: "bilinear", batch_input_shape: [null, 3, 3, 1] },
      }),
    ),
  "unsupported/missing-code": () =>
    door("load", () => Promise.reject(new TypeError("Failed to fetch dynamically imported module: https://a.b/c.js"))),
  "unsupported/model": () => load(bytes(JSON.stringify(layerJson("Dense", { units: 2 })))),
  "unsupported/no-architecture": async () => load([...(await save(dense(), { format: "weights-h5" })).values()][0]!),
  "unsupported/norm": () => load(operation("Norm", { ord: 3, axis: [1, 2], keepdims: false })),
  "unsupported/npy-version": () => parseNpy(npy(9, 0, 0, 0, 0, 0), DEFAULT_LIMITS),
  "unsupported/slice": () =>
    load(
      operation("GetItem", {}, { key: [{ class_name: "__slice__", config: { start: "a", stop: null, step: null } }] }),
    ),
  "unsupported/training": () =>
    dense()
      .compile({ loss: "nonesuch" })
      .fit([[1, 2]], [[1]]),
  "mismatch/not-compiled": () => dense().fit([[1, 2]], [[1]]),
  "unsupported/precision": () => dense().predict(tensor([[1, 2]]), { precision: "fast", strict: true }),
  "unsupported/weight-dtype": () => dense().predict(tensor([[1, 2]]), { weightDtype: "int8", strict: true }),
  "unsupported/stateful": () => layers.lstm({ units: 1, stateful: true }).apply(Input({ shape: [2, 2] })),
  "unsupported/where": () => load(operation("Where", {})),
  "limit/attribute": () => planHdf5(group([], new Uint8Array(70_000))),
  "limit/depth": () => planHdf5(nested(600)),
  "mismatch/axis": () => load(sequential(layerJson("UnitNormalization", { axis: 7 }))),
  "mismatch/string": () =>
    encodeFixedStrings(["long"], { class: "string", size: 2, padding: "null-padded", charset: "ascii" }),
  "unsupported/argument": () => load(operation("Absolute", {}, { nope: 1 })),
  "unsupported/constants": () => load(called(layerJson("GRU", { units: 2 }), {}, ["s", "s"])),
  "unsupported/free-length": () =>
    layers.adaptiveAveragePooling1d({ outputSize: 2 }).apply(Input({ shape: [null, 4] })),
  "unsupported/index": () => load(operation("GetItem", {}, { key: ["a"] })),
  "unsupported/mask": () => load(called(layerJson("GRU", { units: 2 }), { mask: "m" })),
  "unsupported/merge-mode": () =>
    load(
      legacy("1.2.2", {
        class_name: "Merge",
        config: {
          name: "merge",
          mode: "nope",
          mode_type: "raw",
          concat_axis: -1,
          dot_axes: -1,
          layers: [1, 2].map((i) => ({
            class_name: "Sequential",
            config: [
              {
                class_name: "Activation",
                config: { name: `a${i}`, activation: "linear", batch_input_shape: [null, 3] },
              },
            ],
          })),
        },
      }),
    ),
  "unsupported/message": () => patchedMessage(0x7f, 0x80),
  "unsupported/name": () => planHdf5(group([["a/b", group([])]])),
  "unsupported/node": () => load(called(layerJson("TensorFlowOpLayer", { node_def: "text", constants: {} }), {})),
  "unsupported/output-shape": () =>
    load(
      legacy("1.2.2", {
        class_name: "Deconvolution2D",
        config: {
          name: "d",
          nb_filter: 1,
          nb_row: 2,
          nb_col: 2,
          output_shape: [null, null, null, 1],
          subsample: [1, 1],
          border_mode: "valid",
          dim_ordering: "tf",
          activation: "linear",
          bias: true,
          batch_input_shape: [null, 3, 3, 1],
        },
      }),
    ),
  "unsupported/padding": () =>
    load(
      legacy("2.15.0", {
        class_name: "LocallyConnected1D",
        config: {
          name: "l",
          filters: 1,
          kernel_size: [2],
          padding: "same",
          implementation: 1,
          batch_input_shape: [null, 5, 2],
        },
      }),
    ),
  "unsupported/random": () =>
    load(
      bytes(
        JSON.stringify({
          class_name: "Functional",
          keras_version: "2.15.0",
          config: {
            name: "f",
            layers: [
              {
                class_name: "InputLayer",
                config: { name: "x", batch_input_shape: [null, 3] },
                name: "x",
                inbound_nodes: [],
              },
              {
                class_name: "Dropout",
                config: { name: "d", rate: 0.5 },
                name: "d",
                inbound_nodes: [[["x", 0, 0, { training: true }]]],
              },
            ],
            input_layers: [["x", 0, 0]],
            output_layers: [["d", 0, 0]],
          },
        }),
      ),
    ),
  "unsupported/seeded-inputs": () =>
    seededInputs(
      {
        graph: { inputs: [0], outputs: [], nodes: [], values: new Map(), states: [], captures: [], calls: [] },
        inputs: [{ name: "x", shape: [1], dtype: "string" }],
        outputNames: [],
      } as never,
      1,
    ),
  "unsupported/shared-message": () => patchedMessage(0x0c, 0x02),
  "unsupported/storage": () => loadFromIndexedDb("model"),
  "unsupported/tensorflow-operation": () =>
    load(called(layerJson("TensorFlowOpLayer", { node_def: { op: "Nope", attr: {} }, constants: {} }), {})),
  "unsupported/translation": () => save(dense(), { format: "keras-h5", dialect: "keras1" as never }),
  "unsupported/unknown-input": async () => {
    const { data } = await load(sequential(layerJson("Nope", {}), layerJson("Dense", { units: 2 })));
    refuseProblems(trace(data.root).graph);
  },
  "unsupported/user-defined-link": userLink,
  "unsupported/window": () => stft([4, 1, 3], { side: "real", window: "nope", scaling: null, periodic: false }),
};

async function codesOf(body: () => unknown): Promise<readonly string[]> {
  const found = await Promise.resolve()
    .then(body)
    .then(
      (value) => (value instanceof Model ? [...value.warnings, ...value.problems] : []),
      (error: unknown): readonly Problem[] => {
        if (error instanceof FormatError) return error.problems;
        throw error;
      },
    );
  // Of a layer that cannot run, the message says the code too.
  return found.flatMap(({ code, message }) => [code, ...(/\(([a-z]+\/[\w-]+)\)/.exec(message ?? "")?.slice(1) ?? [])]);
}

it.each(Object.entries(TRIGGERS))("%s", async (code, body) => {
  expect(await codesOf(body)).toContain(code);
});

/** A code that a test expects: not one that it compares with, or makes a failure of. */
const EXPECTED = /(?<!(?:[!=]==|\bfail\(|\bstartsWith\(|\bnew FormatError\(\[\{ code:)\s*)"([a-z]+\/[\w-]+)"/g;

it("every code has an input that triggers it", () => {
  const refused = JSON.parse(readFileSync(join(ROOT, "fixtures/hdf5/refused/refused.json"), "utf8")) as object;
  const triggered = new Set<string>([
    ...Object.keys(TRIGGERS),
    ...BROKEN.flatMap((entry) => (isBenign(entry) ? [] : [entry.code])),
    ...Object.values(refused).map(({ code }: { code: string }) => code),
    ...sourceFiles("test")
      .filter(({ path }) => path.endsWith(".test.ts") && path !== "test/codes.test.ts")
      .flatMap(({ code }) => [...code.matchAll(EXPECTED)].map((match) => match[1]!)),
  ]);
  expect(Object.keys(CODES).filter((code) => !triggered.has(code))).toEqual([]);
});
