import { describe, expect, it } from "vitest";
import { bytesSource, type Source } from "../../src/core/source.ts";
import { importArchive } from "../../src/importers/index.ts";
import { flat, hdf5, model } from "./build.ts";
import { refusal, textSource } from "./files.ts";

const json = (): Source =>
  textSource('{"class_name": "Sequential", "config": [], "keras_version": "1.2.2"}', "model.json");
const weights = (): Promise<Source> => hdf5(flat());
const whole = (): Promise<Source> => hdf5(model());

describe("architecture and weights apart", () => {
  it("make one archive, whose ledger has both files", async () => {
    const [a, b] = [json(), await weights()];
    const archive = await importArchive(a, { weights: b });
    expect(archive).toMatchObject({
      format: "keras-json",
      dialect: "keras1",
      naming: "flat",
      writer: { version: "1.2.2", backend: "tensorflow" },
    });
    expect(archive.weights).toHaveLength(1);
    expect(archive.ledger.size).toBe(a.size + b.size);
    expect(archive.parts?.map(({ format }) => format)).toEqual(["keras-json", "weights-h5"]);
  });

  it("may be the halves of whole models", async () => {
    expect(await importArchive(json(), { weights: await whole() })).toMatchObject({
      format: "keras-json",
      naming: "flat",
    });
    expect(await importArchive(await whole(), { weights: await weights() })).toMatchObject({
      format: "keras-h5",
      naming: "flat",
    });
  });

  it("may lie in one folder", async () => {
    const folder = new Map([
      ["m/model.json", json()],
      ["m/weights.h5", await weights()],
    ]);
    expect((await importArchive(folder)).weights).toHaveLength(1);
    folder.set("m/other.h5", await weights());
    expect((await refusal(importArchive(folder, { name: "m" }))).code).toBe("unsupported/format");
  });

  it("must be both there", async () => {
    expect((await refusal(importArchive(await weights(), { weights: await weights() }))).code).toBe(
      "mismatch/architecture",
    );
    expect((await refusal(importArchive(json(), { weights: json() }))).code).toBe("mismatch/weights");
  });

  it("are both closed", async () => {
    const closed: string[] = [];
    const watched = (source: Source, name: string): Source => ({
      ...source,
      close: async () => void closed.push(name),
    });
    const archive = await importArchive(watched(json(), "json"), { weights: watched(await weights(), "weights") });
    await archive.close();
    expect(closed).toEqual(["json", "weights"]);
  });
});

describe("architectures in JSON", () => {
  const open = (text: string) => importArchive(textSource(text));
  const layer = (more: string): string => `{"class_name": "Dense", "config": {"name": "d"${more}}}`;

  it.each([
    [
      "Sequential list of Keras 1",
      `[${layer(', "init": "uniform", "W_regularizer": null')}]`,
      "keras1",
      "keras1",
      "Sequential",
    ],
    ["Sequential list of Keras 2", `[${layer(', "batch_input_shape": [null, 2]')}]`, "keras2", "keras2", "Sequential"],
    [
      "Sequential config",
      `{"name": "s", "layers": [${layer(', "batch_input_shape": [null, 2]')}]}`,
      "keras2",
      "tf-keras",
      "Sequential",
    ],
    [
      "graph of Keras 3",
      `{"layers": [${layer(', "batch_shape": [null, 2]')}], "input_layers": []}`,
      "keras3",
      "keras3",
      "Functional",
    ],
    ["graph of Keras 2", `{"layers": [${layer("")}], "input_layers": []}`, "keras2", "tf-keras", "Model"],
  ])("may be the config alone: %s", async (_, text, dialect, semantics, name) => {
    const archive = await open(text);
    expect(archive).toMatchObject({ dialect, semantics, naming: "none", weights: [] });
    expect((archive.config!.root as Map<string, unknown>).get("class_name")).toBe(name);
  });

  it.each([
    ["1.2.2", "keras1", "keras1", "keras"],
    ["2.2.4", "keras2", "keras2", "keras"],
    ["2.2.4-tf", "keras2", "tf-keras", "tf-keras"],
    ["2.15.0", "keras2", "tf-keras", "tf-keras"],
    ["3.0.0", "keras3", "keras3", "keras"],
    ["tfjs-layers 4.22.0", "keras2", "tf-keras", "tfjs-layers"],
  ])("tell their generation by version %s", async (version, dialect, semantics, library) => {
    const text = `{"class_name": "Sequential", "config": [${layer("")}], "keras_version": "${version}"}`;
    expect(await open(text)).toMatchObject({ dialect, semantics, writer: { library, version } });
  });

  it("may be quoted once more, as json.dump(model.to_json()) does", async () => {
    const text = `{"class_name": "Sequential", "config": [${layer("")}], "keras_version": "1.1.0"}`;
    expect(await open(JSON.stringify(text))).toMatchObject({ dialect: "keras1" });
  });

  it.each(["utf16le", "utf16be", "utf32le", "utf32be"])("may be in %s, as Python takes it", async (encoding) => {
    const text = `[${layer("")}]`;
    const width = encoding.startsWith("utf16") ? 2 : 4;
    for (const content of [text, `\ufeff${text}`]) {
      const view = new DataView(new ArrayBuffer(content.length * width));
      for (let i = 0; i < content.length; i++) {
        const put = width === 2 ? view.setUint16.bind(view) : view.setUint32.bind(view);
        put(i * width, content.charCodeAt(i), encoding.endsWith("le"));
      }
      expect(await importArchive(bytesSource(new Uint8Array(view.buffer)))).toMatchObject({ format: "keras-json" });
    }
  });

  it("may begin with a byte order mark", async () => {
    const bytes = new Uint8Array([0xef, 0xbb, 0xbf, ...new TextEncoder().encode(`[${layer("")}]`)]);
    expect(await importArchive(bytesSource(bytes))).toMatchObject({ format: "keras-json" });
  });
});
