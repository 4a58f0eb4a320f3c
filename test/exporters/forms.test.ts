import { describe, expect, it } from "vitest";
import { openHdf5, planHdf5 } from "../../src/codecs/hdf5.ts";
import { fromPlain, type JsonObject, toPlain } from "../../src/codecs/json.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { addDataset, addList, dataset, newGroup } from "../../src/exporters/h5-build.ts";
import { formatOfName } from "../../src/exporters/index.ts";
import { readList } from "../../src/formats/flat.ts";
import { legacyForm, wholeForm } from "../../src/formats/keras3-config.ts";
import { compileConfig, trainingConfig } from "../../src/formats/training.ts";
import { hdf5 } from "../importers/build.ts";

const node = (value: unknown): JsonObject => fromPlain(value) as JsonObject;
const plain = (object: JsonObject): unknown => JSON.parse(JSON.stringify(toPlain(object)));

describe("lists of names", () => {
  const written = async (names: readonly string[]) => {
    const root = newGroup();
    addList(root, "layer_names", names);
    return openHdf5(await hdf5(root), DEFAULT_LIMITS);
  };

  it("are one attribute of variable-length text", async () => {
    const root = await written(["a", "ß", ""]);
    expect([...root.attributes.keys()]).toEqual(["layer_names"]);
    expect(root.attributes.get("layer_names")!.type).toEqual({
      class: "vlen-string",
      padding: "null-terminated",
      charset: "ascii",
    });
    expect(readList(root, "layer_names")).toEqual(["a", "ß", ""]);
  });

  it("that are empty are an empty float64 array", async () => {
    const root = await written([]);
    expect(root.attributes.get("layer_names")).toMatchObject({ shape: [0], type: { class: "float", size: 8 } });
    expect(readList(root, "layer_names")).toEqual([]);
  });

  it("that are long are split evenly, as numpy.array_split does", async () => {
    const names = Array.from({ length: 1501 }, (_, i) => `layer_${String(i).padStart(94, "0")}`);
    const root = await written(names);
    const parts = [...root.attributes.values()].map(({ name, shape, type }) => [name, shape, type.class]);
    expect(parts).toEqual([
      ["layer_names0", [501], "string"],
      ["layer_names1", [500], "string"],
      ["layer_names2", [500], "string"],
    ]);
    expect(readList(root, "layer_names")).toEqual(names);
  });

  it("that are many and short are split before an attribute overflows", async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `l${i}`);
    expect(readList(await written(names), "layer_names")).toEqual(names);
  });

  it("refuse a name that no attribute can hold", () => {
    expect(() => addList(newGroup(), "layer_names", ["x".repeat(70_000)])).toThrow("limit/name");
  });
});

describe("HDF5 paths", () => {
  const scalar = dataset({ dtype: "float32", shape: [], slices: async function* () {} });

  it("refuse two objects of one name", () => {
    const root = newGroup();
    addDataset(root, "a/b", scalar);
    expect(() => addDataset(root, "a/b", scalar)).toThrow("mismatch/name");
    expect(() => addDataset(root, "a/b/c", scalar)).toThrow("mismatch/name");
  });

  it("may be named like properties of objects", () => {
    const root = newGroup();
    addDataset(root, "__proto__/constructor", scalar);
    expect([...root.children.keys()]).toEqual(["__proto__"]);
    expect(planHdf5(root).size).toBeGreaterThan(0);
  });
});

describe("Keras 3's two forms of a config", () => {
  const dense = { module: "keras.layers", class_name: "Dense", config: { units: 1 }, registered_name: null };
  const custom = { module: "my.code", class_name: "Mine", config: {}, registered_name: "pkg>Mine" };
  const operation = { module: "keras.src.ops.numpy", class_name: "Any", config: {}, registered_name: "Any" };
  const wrapped = { ...dense, class_name: "TimeDistributed", config: { layer: dense } };
  const inner = { module: "keras", class_name: "Sequential", config: { layers: [dense] }, registered_name: null };
  const root = node({
    ...inner,
    config: { layers: [{ ...dense, build_config: {} }, custom, operation, wrapped, inner] },
  });

  it("differ in the layers of models alone", () => {
    expect(plain(legacyForm(root, "keras3"))).toEqual({
      class_name: "Sequential",
      config: {
        layers: [
          { class_name: "Dense", config: { units: 1 } },
          { class_name: "pkg>Mine", config: {} },
          operation,
          { class_name: "TimeDistributed", config: { layer: dense } },
          { class_name: "Sequential", config: { layers: [{ class_name: "Dense", config: { units: 1 } }] } },
        ],
      },
    });
  });

  it("stay whole where Keras 3 cannot read its own legacy form", () => {
    const axes = { ...dense, class_name: "LayerNormalization", config: { axis: [1, 2] } };
    const legacy = plain(legacyForm(node({ ...inner, config: { layers: [axes] } }), "keras3"));
    expect(legacy).toEqual({ class_name: "Sequential", config: { layers: [axes] } });
  });

  it("name classes as the code does, or as `keras.layers`", () => {
    const grouped = { ...inner, config: { layers: [{ ...dense, class_name: "GroupQueryAttention" }] } };
    const legacy = legacyForm(node(grouped), "keras3");
    expect(plain(legacy)).toMatchObject({ config: { layers: [{ class_name: "GroupedQueryAttention" }] } });
    expect(plain(wholeForm(legacy))).toEqual(grouped);
  });

  it("can be told from each other: the whole form is rebuilt", () => {
    const whole = plain(wholeForm(legacyForm(root, "keras3"))) as { config: { layers: unknown[] } };
    expect(whole).toEqual({
      ...inner,
      config: { layers: [dense, { ...custom, module: null }, operation, wrapped, inner] },
    });
    expect(wholeForm(root)).toEqual(root);
  });

  it("leave the original alone", () => {
    const before = JSON.stringify(toPlain(root));
    legacyForm(root, "keras3");
    expect(JSON.stringify(toPlain(root))).toBe(before);
  });

  it("drop the ids of shared plain objects, not those of layers", () => {
    const policy = { module: "keras", class_name: "DTypePolicy", config: { name: "float32" }, registered_name: null };
    const shared = node({
      ...inner,
      config: { layers: [{ ...dense, shared_object_id: 7, config: { dtype: { ...policy, shared_object_id: 9 } } }] },
    });
    expect(plain(legacyForm(shared, "keras3"))).toEqual({
      class_name: "Sequential",
      config: { layers: [{ class_name: "Dense", shared_object_id: 7, config: { dtype: policy } }] },
    });
  });
});

describe("training configurations", () => {
  const adam = { module: "keras.optimizers", class_name: "Adam", config: { name: "adam" }, registered_name: null };
  const compiled = node({ optimizer: adam, loss: "mse", metrics: ["mae"], loss_weights: null });

  it("become legacy ones that Keras 3 can read", () => {
    expect(plain(trainingConfig(compiled, "keras3"))).toEqual({
      loss: "mean_squared_error",
      metrics: ["mae"],
      loss_weights: null,
      optimizer_config: { class_name: "Adam", config: { name: "adam" } },
    });
    const several = trainingConfig(
      node({ optimizer: "sgd", loss: { a: "MAE", b: { class_name: "Huber", config: {} } } }),
      "keras3",
    );
    expect(plain(several)).toEqual({
      loss: { a: "mean_absolute_error", b: { class_name: "Huber", config: {} } },
      loss_weights: null,
      optimizer_config: { class_name: "sgd", config: {} },
    });
  });

  it("come back", () => {
    const back = plain(compileConfig(trainingConfig(compiled, "keras3")));
    expect(back).toEqual({ optimizer: adam, loss: "mean_squared_error", metrics: ["mae"], loss_weights: null });
    expect(compileConfig(compiled)).toBe(compiled);
  });

  it("say of objects whose they are", () => {
    const bare = (name: string) => ({ class_name: name, config: {} });
    const objects = { loss: { a: bare("Huber"), b: "mse" }, metrics: [[bare("AUC")], bare("My>Own")] };
    const whole = (name: string, module: string | null) => ({ module, class_name: name, config: {}, registered_name: null }); // prettier-ignore
    expect(plain(compileConfig(node({ ...objects, optimizer_config: bare("Adam") })))).toEqual({
      optimizer: whole("Adam", "keras.optimizers"),
      loss: { a: whole("Huber", "keras.losses"), b: "mse" },
      metrics: [[whole("AUC", "keras.metrics")], { ...whole("Own", null), registered_name: "My>Own" }],
    });
  });

  // As tf-keras 2.21.0 and Keras 3.15.1 find them.
  it.each([
    ["Lion", "keras2", { class_name: "Custom>Lion", config: {} }],
    ["Lion", "keras3", { class_name: "Lion", config: {} }],
    ["Lamb", "keras3", { ...adam, class_name: "Lamb", config: {} }],
    ["AdamW", "keras2", { class_name: "AdamW", config: {} }],
  ] as const)("%s for %s", (name, dialect, wanted) => {
    const training = node({ optimizer: { ...adam, class_name: name, config: {} }, loss: "mse" });
    expect(plain(trainingConfig(training, dialect))).toMatchObject({ optimizer_config: wanted });
  });
});

describe("formats by name", () => {
  it.each([
    ["a.keras", "keras-v3"],
    ["a.H5", "keras-h5"],
    ["a.hdf5", "keras-h5"],
    ["a.weights.h5", "weights-h5"],
    ["a.json", "keras-json"],
    ["a.txt", null],
    ["keras", null],
  ])("%s", (name, format) => expect(formatOfName(name)).toBe(format));
});

it("a function is its name in the .h5 of Keras 2, which does not know TensorFlow's own", () => {
  const dense = (activation: unknown) => ({ class_name: "Dense", config: { units: 4, activation } });
  const of = (activation: unknown) => ({ class_name: "Sequential", config: { layers: [dense(activation)] } });
  const own = { module: "builtins", class_name: "function", config: "log_softmax_v2", registered_name: "function" };
  expect(plain(legacyForm(node({ module: "keras", ...of(own) }), "keras2"))).toEqual(of("log_softmax"));
  expect(plain(legacyForm(node(of(own)), "keras2"))).toEqual(of(own));
});

it("arrays of initialisers are lists in the .h5 of Keras 2, which reads no others", () => {
  const array = { class_name: "__numpy__", config: { value: [1, 0, 0, 1], dtype: "float64" } };
  const of = (value: unknown) => ({
    class_name: "Dense",
    config: { units: 4, bias_initializer: { class_name: "Constant", config: { value } } },
  });
  const changes = new Set<string>();
  expect(plain(legacyForm(node(of(array)), "keras2", changes))).toEqual(of([1, 0, 0, 1]));
  expect([...changes]).toEqual([expect.stringMatching(/initialisers: written as lists/)]);
  expect(plain(legacyForm(node(of(array)), "keras3"))).toEqual(of(array));
});
