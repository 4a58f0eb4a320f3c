import { describe, expect, it } from "vitest";
import { convert, load, save } from "../../src/index.ts";
import { diffLoaded } from "../../src/api/diff.ts";
import { diffModels, formatDifference } from "../../src/verify/diff.ts";
import { nudge, open } from "./models.ts";

const lines = async (a: { data: Parameters<typeof diffModels>[0] }, b: typeof a): Promise<string[]> =>
  (await diffModels(a.data, b.data)).differences.map(formatDifference);

describe("a model", () => {
  it.each(["stacked_lstm", "cnn", "several", "text", "seq2seq", "siamese"])(
    "is equal as .keras and as .h5: %s",
    async (name) => {
      const model = await open(`models/${name}/model.keras`);
      const files = await save(model, { format: "keras-h5" });
      const again = await load(files.get("model.h5")!);
      expect(await lines(model, again)).toEqual([]);
    },
  );

  it.each(["stacked_lstm", "cnn", "several", "text", "siamese"])(
    "is equal in the language of Keras 2 and 3: %s",
    async (name) => {
      const model = await open(`models/tfk_${name}_h5/model.h5`);
      const files = await save(model, { format: "keras-v3" });
      expect(await lines(model, await load(files.get("model.keras")!))).toEqual([]);
    },
  );

  it("differs by one weight", async () => {
    const [a, b] = [await open("models/cnn/model.keras"), await open("models/cnn/model.keras")];
    await nudge(b, "conv_1/kernel", 0.25);
    const found = await diffModels(a.data, b.data);
    expect(found).toMatchObject({ equal: false, differences: [{ kind: "weight", path: "conv_1/kernel" }] });
    expect(formatDifference(found.differences[0]!)).toMatch(
      /^weight conv_1\/kernel: values differ by up to 0\.250, at \[0, 0, 0, 0\]: /,
    );
  });

  it("differs by an option, a call, a layer", async () => {
    const edit = async (change: (config: string) => string) => {
      const files = await save(await open("models/several/model.keras"), { format: "keras-json" });
      return load(new TextEncoder().encode(change(new TextDecoder().decode(files.get("model.json")))));
    };
    const same = await edit((config) => config);
    expect(await lines(same, await edit((config) => config))).toEqual([]);
    const text = JSON.stringify((await edit((config) => config)).layers);
    expect(text).toContain("Dense");
    const changed = await edit((config) => config.replace(/"activation": "tanh"/, '"activation": "relu"'));
    expect((await lines(same, changed)).join("\n")).toMatch(
      /^option [\w/]+\.\w*activation: \{.*tanh.*\} → \{.*relu.*\}$/,
    );
  });

  it("has no weights where the other has", async () => {
    const model = await open("models/cnn/model.keras");
    const files = await save(model, { format: "keras-json" });
    const found = await diffModels(model.data, (await load(files.get("model.json")!)).data);
    expect(found.differences).toEqual([{ kind: "weight", path: "cnn", a: "weights", b: "no weights" }]);
  });

  it("is compared with weights alone under its own architecture", async () => {
    const model = await open("models/cnn/model.keras");
    const alone = await load((await save(model, { format: "weights-h5" })).get("model.weights.h5")!);
    const missing = { kind: "architecture", path: "cnn", a: null, b: "Sequential" };
    expect((await diffLoaded(alone, model)).differences).toEqual([missing]);
    await nudge(model, "conv_1/bias", 1);
    expect((await diffLoaded(alone, model)).differences).toMatchObject([
      missing,
      { kind: "weight", path: "conv_1/bias" },
    ]);
    const other = await diffLoaded(await open("models/stacked_lstm/model.keras"), alone);
    expect(other.differences[1]).toMatchObject({ kind: "weight", detail: expect.stringContaining("no values") });
    expect(other.differences.map(formatDifference)[1]).toMatch(/^weight \S+: the file has no values for/);
  });

  it("tells models apart that have nothing in common", async () => {
    const [a, b] = [await open("models/cnn/model.keras"), await open("models/stacked_lstm/model.keras")];
    const kinds = new Set((await diffModels(a.data, b.data)).differences.map(({ kind }) => kind));
    expect([...kinds]).toEqual(expect.arrayContaining(["input", "option", "class", "layer"]));
  });

  it("of a class that nobody knows is compared as it is written", async () => {
    const { readFileSync } = await import("node:fs");
    const { inFixtures } = await import("./models.ts");
    const bytes = new Uint8Array(readFileSync(inFixtures("models/stacked_lstm/model.keras")));
    const { files } = await convert(bytes, "a.json");
    const text = new TextDecoder().decode(files.get("a.json"));
    const strange = (units: number) =>
      load(
        new TextEncoder().encode(
          text.replace('"class_name": "Dense"', '"class_name": "Strange"').replace('"units": 5', `"units": ${units}`),
        ),
      );
    expect(await lines(await strange(5), await strange(5))).toEqual([]);
    expect(await lines(await strange(5), await strange(6))).toEqual(["option hidden.units: 5 → 6"]);
  });
});
