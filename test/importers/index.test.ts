import { describe, expect, it } from "vitest";
import { openHdf5 } from "../../src/codecs/hdf5.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import type { Archive } from "../../src/formats/archive.ts";
import { WEIGHTS } from "../../src/formats/keras-v3.ts";
import { importArchive, type ImportInput, IMPORTERS } from "../../src/importers/index.ts";
import { folderMembers, zipMembers } from "../../src/importers/members.ts";
import { hdf5, model } from "./build.ts";
import { accounted, fileInput, modelFiles, objectsOf, refusal, textSource } from "./files.ts";

/** What the container holds, listed without the importer. */
async function contents(input: ImportInput, archive: Archive): Promise<string[]> {
  // Beside a checkpoint, an architecture is a file of its own.
  if (archive.naming === "objects") return [...(input as Map<string, Source>).keys()].map((name) => (name === "model.json" ? "" : name)); // prettier-ignore
  if (archive.format === "keras-json") return [""];
  if (input instanceof Map && archive.format !== "keras-v3") return [...input.keys()];
  if (!("size" in input) || archive.format === "keras-v3") {
    const members = input instanceof Map ? folderMembers(input, "") : await zipMembers(input as Source, DEFAULT_LIMITS);
    const names = members.names.filter((name) => name !== WEIGHTS);
    return [...names, ...objectsOf(await openHdf5(await members.open(WEIGHTS), DEFAULT_LIMITS), `${WEIGHTS}:`)];
  }
  return objectsOf(await openHdf5(input as Source, DEFAULT_LIMITS));
}

describe.each(modelFiles())("%s", (path) => {
  it("is opened with every object, member and byte accounted for", async () => {
    const input = await fileInput(path);
    const archive = await importArchive(input);
    const { ledger, weights } = archive;
    expect(accounted(archive)).toEqual((await contents(input, archive)).sort());
    expect(ledger.used + ledger.extras + ledger.overhead).toBe(ledger.size);
    // What is compressed counts with its inflated bytes.
    if (input instanceof Map || !(await isDeflated(input as Source))) expect(ledger.overhead).toBeGreaterThanOrEqual(0);
    expect(archive.extras.filter(({ kind }) => kind === "unknown")).toEqual([]);
    expect(new Set(weights.map(({ key }) => key)).size).toBe(weights.length);
    for (const weight of weights) expect((await weight.read()).byteLength).toBe(weight.byteLength);
    await archive.close();
  });
});

it("inflates an archive once, not again for each weight", async () => {
  const source = (await fileInput("fixtures/layers/activation/in_dense/model.keras")) as Source;
  expect(await isDeflated(source)).toBe(true);
  let bytes = 0;
  const counted: Source = { ...source, read: (at, length) => ((bytes += length), source.read(at, length)) };
  const { weights, close } = await importArchive(counted);
  expect(weights.length).toBeGreaterThan(5);
  bytes = 0;
  for (const weight of weights) await weight.read();
  expect(bytes).toBe(0);
  await close();
});

/** Of a zip: the method of its first member is not 0. */
async function isDeflated(input: Source): Promise<boolean> {
  const head = await input.read(0, 10);
  return head[0] === 0x50 && head[1] === 0x4b && head[8] !== 0;
}

describe("detection", () => {
  const open = (bytes: Uint8Array | string) =>
    importArchive(typeof bytes === "string" ? textSource(bytes) : bytesSource(bytes, "file"));

  it.each([
    ["malformed/empty", "", "the file is empty"],
    ["malformed/git-lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS pointer"],
    ["malformed/html", "\n<!DOCTYPE html><html>", "web page"],
    ["unsupported/format", "backend: tensorflow\nclass_name: Model\n", "YAML"],
    ["malformed/config", '{"modelTopology": {}, "weightsManifest": [], "format": "layers-model"}', "class_name"],
    ["unsupported/format", '{"modelTopology": {}, "format": "graph-model"}', "graph model"],
    ["unsupported/format", '{"metadata": {}, "weight_map": {}}', "sharded"],
    ["unsupported/format", '{"a": 1}', "an object with a"],
    ["unsupported/format", "[1, 2]", "a list"],
    ["unsupported/format", "hello world, this is not a model", "begins with 68 65 6c 6c 6f"],
    ["malformed/json", '{"class_name": "Sequential", ', "file"],
  ])("refuses with %s: %j", async (code, text, part) => {
    const error = await refusal(open(text));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(error.file).toBe("file");
  });

  it.each([
    [[0x80, 0x04, 0x95, 1, 2, 3], "pickle"],
    [[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0], "NumPy array"],
    [[0x1f, 0x8b, 8, 0], "gzip"],
    [[8, 7, 0x12, 4, 0x6b, 0x65, 0x72, 0x61], "ONNX"],
    [[0, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33], "TensorFlow Lite"],
  ])("names what begins with %j", async (bytes, part) => {
    const error = await refusal(open(new Uint8Array(bytes)));
    expect(error.code).toBe("unsupported/format");
    expect(error.message).toContain(part);
  });

  /** Written by tf-keras 2.21: `save` to a folder, and `save_weights("w.ckpt")`; the first two cut off. */
  const TENSORFLOW = {
    "saved_model.pb": "CAESnNgBCpsOEusNCl4KEEFzc2lnblZhcmlhYmxlT3ASDAoIcmVzb3VyY2UYFBIO",
    "keras_metadata.pb":
      "Co8UGgRyb290IhRfdGZfa2VyYXNfc2VxdWVudGlhbCrqE3sibmFtZSI6ICJzZXF1ZW50aWFsIiwgInRyYWluYWJsZSI6IHRydWUsICJleHBlY3RzX3RyYWluaW5nX2Fy",
    "w.ckpt.index":
      "AAAGCAEaAggBABwOX0NIRUNLUE9JTlRBQkxFX09CSkVDVF9HUkFQSAgHEgAgDCiPAjVk2aydADQRbGF5ZXJfd2l0aF93ZWlnaHRzLTAvYmlhcy8uQVRUUklCVVRFUy9WQVJJQUJMRV9WQUxVRQgBEgQSAggBIAgoBDWmexE6FSETa2VybmVsLy5BVFRSSUJVVEVTL1ZBUklBQkxFX1ZBTFVFCAESCBICCAISAggBKAg1Fd3DBAAAAAABAAAAAK6qvA0AAAAAAQAAAADA8qGwAAEDbQC9AQAAAAABAAAAAAtkYz/CAQjPAQ8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAV/uAiyR1R9s=",
  } as const;

  it.each([
    ["saved_model.pb", "part of a TensorFlow SavedModel"],
    ["keras_metadata.pb", "part of a TensorFlow SavedModel"],
    ["w.ckpt.index", "part of a TensorFlow checkpoint"],
  ] as const)("names TensorFlow's %s, whatever it is called, and what to do", async (name, part) => {
    const error = await refusal(open(Uint8Array.from(Buffer.from(TENSORFLOW[name], "base64"))));
    expect(error.code).toBe("unsupported/format");
    expect(error.message).toMatch(new RegExp(`${part}.*open`));
  });

  it.each(["w.ckpt.data-00000-of-00001", "checkpoint"])("names TensorFlow's %s", async (name) => {
    const file = textSource(name === "checkpoint" ? 'model_checkpoint_path: "w.ckpt"' : "\x01\x02");
    expect((await refusal(importArchive({ ...file, name }))).message).toContain("TensorFlow checkpoint");
    const folder = new Map([["w.ckpt.data-00000-of-00001", file]]);
    expect(await refusal(importArchive(folder))).toMatchObject({
      code: "malformed/missing-member",
      path: "w.ckpt.index",
    });
  });

  it("looks at the content, not at the name", async () => {
    const { read, size } = await hdf5(model());
    const archive = await importArchive({ name: "model.h5.backup", size, read });
    expect(archive.format).toBe("keras-h5");
  });

  it("refuses a file over the limit before reading it", async () => {
    const source = { name: "big", size: 10, read: () => Promise.reject(new Error("was read")) };
    expect((await refusal(importArchive(source, { limits: { fileBytes: 9 } }))).code).toBe("limit/file-bytes");
  });

  it("closes the source when it refuses", async () => {
    let closed = 0;
    const source = { ...textSource("nothing"), close: async () => void closed++ };
    await refusal(importArchive(source));
    expect(closed).toBe(1);
  });

  it("lists each format once", () => {
    const ids = IMPORTERS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
