/** Models of classes of somebody's own whose files hold all of what they compute: read, and written, as the plain model. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readNpz } from "../../src/codecs/npz.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { convert, defineLayer } from "../../src/index.ts";
import { load } from "../../src/node.ts";

const FOLDER = "fixtures/custom/own_models";
const FILES = ["keras3.keras", "keras2.keras"];

const arraysOf = (file: string) =>
  readNpz(bytesSource(new Uint8Array(readFileSync(`${FOLDER}/${file.split(".")[0]}.npz`))), DEFAULT_LIMITS);

describe.each(FILES)("%s", (file) => {
  it("computes what Keras computes, and says what it was taken for", async () => {
    const model = await load(`${FOLDER}/${file}`);
    expect(model.warnings.map(({ code, path, found }) => [code, path, found])).toEqual([
      ["unsupported/layer", "encoder", "Encoder"],
      ["unsupported/layer", "other", "Encoder"],
      ["unsupported/layer", "head", "Head"],
      ["unsupported/layer", "vae", "VAE"],
    ]);
    const arrays = await arraysOf(file);
    const y = await model.predict(arrays.get("inputs/0")!);
    for (const [i, tensor] of [...y].entries()) {
      const expected = arrays.get(`outputs/${i}`)!;
      expect(tensor.shape).toEqual(expected.shape);
      tensor.data.forEach((value, k) => expect(value).toBeCloseTo(Number(expected.data[k]), 5));
    }
  });

  it.each(["own.keras", "own.h5"])("is written as %s that needs no code", async (name) => {
    const bytes = new Uint8Array(readFileSync(`${FOLDER}/${file}`));
    const { files, changed } = await convert(bytes, name, { dialect: "same" });
    for (const line of ["class VAE: written as Functional", "class Head: written as Sequential"])
      expect(changed).toContain(line);
    const again = await load(files.get(name)!);
    expect(again.warnings).toEqual([]);
    const x = (await arraysOf(file)).get("inputs/0")!;
    const own = await load(bytes);
    expect([...(await again.predict(x))]).toEqual([...(await own.predict(x))]);
  });
});

it("leaves classes that the caller gives to the caller", async () => {
  const Encoder = defineLayer({ class: "Encoder", config: {}, forward: (_cx, _c, _w, [x]) => x! });
  // This Encoder has no weights: those of the file are left over.
  await expect(load(`${FOLDER}/keras3.keras`, { customLayers: [Encoder] })).rejects.toThrow(/encoder/);
});
