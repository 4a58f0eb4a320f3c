import { describe, expect, it } from "vitest";
import type { WriteAttribute } from "../../src/codecs/hdf5.ts";
import {
  addDataset,
  addList,
  type GroupDraft,
  groupAt,
  newGroup,
  textAttribute,
} from "../../src/exporters/h5-build.ts";
import { importArchive } from "../../src/importers/index.ts";
import { array, CONFIG, flat, hdf5, METADATA, model, text, tree, zip } from "./build.ts";
import { accounted, refusal } from "./files.ts";

describe(".keras", () => {
  const whole = { "metadata.json": METADATA, "config.json": CONFIG, "model.weights.h5": tree() };

  it("is read, its arrays in numeric order", async () => {
    const archive = await importArchive(await zip(whole));
    expect(archive.weights.map(({ name }) => name)).toEqual([..."0123456789", "10"]);
    expect(archive.groupNames).toEqual(new Map([["layers/dense", "dense"]]));
    expect(archive).toMatchObject({ format: "keras-v3", dialect: "keras3", semantics: "keras3" });
  });

  it("needs no metadata", async () => {
    const { "metadata.json": _, ...rest } = whole;
    expect(await importArchive(await zip(rest))).toMatchObject({ dialect: "keras3", writer: { version: null } });
  });

  it.each([
    ["malformed/missing-member", { "config.json": CONFIG }, "model.weights.h5"],
    ["unsupported/format", { "config.json": CONFIG, "model.weights.npz": "" }, "model.weights.npz"],
    ["malformed/config", { ...whole, "config.json": "[]" }, "config.json"],
    ["malformed/json", { ...whole, "config.json": '{"class_name": ' }, "config.json"],
    ["unsupported/format", { "data.pkl": "" }, undefined],
    ["malformed/npy", { "a.npy": "" }, "a"],
    ["unsupported/format", { "readme.txt": "" }, undefined],
  ])("is refused with %s", async (code, members, path) => {
    const error = await refusal(importArchive(await zip(members)));
    expect({ code: error.code, file: error.file }).toEqual({ code, file: "file.keras" });
    if (path !== undefined) expect(error.path?.startsWith(path)).toBe(true);
  });

  it("may have other members, which are kept", async () => {
    const archive = await importArchive(await zip({ ...whole, "assets/v.txt": "a", "README.md": "b" }));
    const found = archive.extras.filter(({ kind }) => kind === "asset" || kind === "unknown");
    expect(found).toEqual([
      { kind: "asset", path: "assets/v.txt", byteLength: 1 },
      { kind: "unknown", path: "README.md", byteLength: 1 },
    ]);
  });

  it("names all arrays that are no weights, together", async () => {
    const root = tree();
    addDataset(root, "layers/dense_1/vars/0", text("code"));
    const marked = array([1]);
    addDataset(root, "layers/dense_2/vars/0", {
      ...marked,
      attributes: new Map([["dtype", textAttribute("bfloat16", "utf-8")]]),
    });
    const error = await refusal(importArchive(await zip({ ...whole, "model.weights.h5": root })));
    expect(error.problems.map(({ code, path, found }) => [code, path, found])).toEqual([
      ["unsupported/dtype", "model.weights.h5:layers/dense_1/vars/0", "string"],
      ["unsupported/dtype", "model.weights.h5:layers/dense_2/vars/0", "float32 marked as bfloat16"],
    ]);
  });

  it("keeps names that JavaScript objects would take for their own", async () => {
    const root = tree();
    addDataset(root, "layers/__proto__/vars/0", array([1]));
    const archive = await importArchive(await zip({ ...whole, "model.weights.h5": root }));
    expect(archive.weights[0]!.group).toBe("layers/__proto__");
  });
});

describe("legacy .h5", () => {
  const numbers: WriteAttribute = {
    type: { class: "float", size: 8, order: "little" },
    shape: [0],
    raw: new Uint8Array(),
  };

  it("is read, groups by the parts of a name", async () => {
    const archive = await importArchive(await hdf5(model()));
    expect(archive).toMatchObject({ format: "keras-h5", semantics: "keras2", layerNames: ["a/b", "c"] });
    expect(archive.weights.map(({ key, group, name }) => [key, group, name])).toEqual([
      ["a/b/a/b/kernel:0", "a/b", "a/b/kernel:0"],
    ]);
  });

  it.each<[string, string, string, (root: GroupDraft) => void]>([
    ["malformed/missing-object", "model_weights", "weights", (root) => root.children.delete("model_weights")],
    [
      "malformed/missing-object",
      "model_weights/d",
      "a layer",
      ({ children }) => addList(children.get("model_weights") as GroupDraft, "layer_names", ["a/b", "c", "d"]),
    ],
    [
      "malformed/missing-object",
      "model_weights/a/b/gone:0",
      "an array",
      (root) => addList(groupAt(root, "model_weights/a/b"), "weight_names", ["gone:0"]),
    ],
    [
      "malformed/duplicate-name",
      "model_weights@layer_names",
      "one of two layers",
      (root) => addList(groupAt(root, "model_weights"), "layer_names", ["c", "c"]),
    ],
    [
      "malformed/attribute",
      "model_weights@backend",
      "a text",
      (root) => groupAt(root, "model_weights").attributes.set("backend", numbers),
    ],
    [
      "malformed/attribute",
      "@model_config",
      "text",
      (root) =>
        root.attributes.set("model_config", {
          type: { class: "float", size: 8, order: "little" },
          shape: [0],
          raw: new Uint8Array(),
        }),
    ],
    [
      "unsupported/dtype",
      "model_weights/a/b/a/b/kernel:0",
      "numbers",
      (root) => groupAt(root, "model_weights/a/b/a/b").children.set("kernel:0", text("x")),
    ],
  ])("is refused with %s at %s without %s", async (code, path, _, damage) => {
    const root = model();
    damage(root);
    const error = await refusal(importArchive(await hdf5(root)));
    expect({ code: error.code, file: error.file, path: error.path }).toEqual({ code, file: "file.h5", path });
  });

  it("may have more in it, which is kept", async () => {
    const root = model();
    root.attributes.set("distributed_config", textAttribute("{}", "utf-8"));
    addDataset(root, "model_weights/c/left", array([1]));
    const archive = await importArchive(await hdf5(root));
    const unknown = archive.extras.filter(({ kind }) => kind === "unknown").map(({ path }) => path);
    expect(unknown).toEqual(["@distributed_config", "model_weights/c/left"]);
    expect(accounted(archive)).toContain("model_weights/c");
  });
});

describe("weights alone", () => {
  it("are told apart by what is at the root", async () => {
    expect(await importArchive(await hdf5(tree()))).toMatchObject({
      format: "weights-h5",
      naming: "tree",
      config: null,
    });
    const archive = await importArchive(await hdf5(flat()));
    expect(archive).toMatchObject({ naming: "flat", dialect: "keras1", writer: { backend: "tensorflow" } });
  });

  it("of the oldest Keras are numbered", async () => {
    const root = newGroup();
    const count = (value: number): WriteAttribute => ({
      type: { class: "integer", size: 8, signed: true, order: "little" },
      shape: [],
      raw: new Uint8Array(new BigInt64Array([BigInt(value)]).buffer),
    });
    root.attributes.set("nb_layers", count(2));
    groupAt(root, "layer_0").attributes.set("nb_params", count(1));
    addDataset(root, "layer_0/param_0", array([1]));
    groupAt(root, "layer_1").attributes.set("nb_params", count(0));
    const archive = await importArchive(await hdf5(root));
    expect(archive).toMatchObject({ dialect: "keras1", layerNames: ["layer_0", "layer_1"], writer: { backend: null } });
    expect(archive.weights.map(({ key }) => key)).toEqual(["layer_0/param_0"]);
    root.attributes.set("nb_layers", count(3));
    expect((await refusal(importArchive(await hdf5(root)))).code).toBe("malformed/count");
  });

  it("of another program are refused", async () => {
    const root = newGroup();
    addDataset(root, "data/x", array([1]));
    const error = await refusal(importArchive(await hdf5(root)));
    expect({ code: error.code, found: error.found }).toEqual({ code: "unsupported/format", found: "data" });
  });
});
