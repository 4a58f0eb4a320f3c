/** safetensors and .npz: there and back bit by bit, by both kinds of names, and refused where the reference refuses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeNpz } from "../../src/codecs/npz.ts";
import { planSafetensors } from "../../src/codecs/safetensors.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { bytesSource } from "../../src/core/source.ts";
import { importArchive } from "../../src/importers/index.ts";
import { convert } from "../../src/index.ts";
import { load, type Model, save, tensor } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";
import { collect } from "./build.ts";

const FORMATS = ["safetensors", "npz"] as const;
const MODELS = [
  "models/stacked_lstm/model.keras",
  "layers/semantics/model_twice_h5/model.h5",
  "models/tfk_stacked_lstm/model.keras",
  "layers/semantics/nested_deep/model.h5",
  "formats/k215_gru_h5/model.h5",
];

const values = async (model: Model): Promise<readonly Tensor[]> => model.getWeights();
const only = (files: ReadonlyMap<string, Uint8Array>): Uint8Array => [...files.values()][0]!;

describe.each(FORMATS)("%s", (format) => {
  it.each(MODELS)("holds %s bit by bit, with its architecture", async (path) => {
    const bytes = new Uint8Array(readFileSync(join(FIXTURES, path)));
    const { files, verified } = await convert(bytes, `m.${format}`, { dialect: "same" });
    expect(verified).toBe(true);
    const [before, after] = [await load(bytes), await load(only(files))];
    expect(await values(after)).toEqual(await values(before));
    expect(after.weights.map((weight) => weight.path)).toEqual(before.weights.map((weight) => weight.path));
    expect(after.data.archive!.semantics).toBe(before.data.archive!.semantics);
  });

  it("may be weights beside an architecture, under Keras's names of variables", async () => {
    const model = await load(join(FIXTURES, "models/stacked_lstm/model.keras"));
    const architecture = only(await save(model, { format: "keras-json" }));
    const [weights, names] = [await model.getWeights(), model.weights.map(({ path }) => path)];
    const arrays = new Map(names.map((name, i) => [name, weights[i]!] as const));
    const pack = async (some: ReadonlyMap<string, Tensor>): Promise<Uint8Array> => {
      if (format === "npz") return writeNpz(some);
      const out = [...some].map(([name, { dtype, shape, data }]) => ({
        name,
        dtype,
        shape,
        async *slices() {
          yield new Uint8Array(
            (data as Float32Array).buffer,
            (data as Float32Array).byteOffset,
            (data as Float32Array).byteLength,
          );
        },
      }));
      return collect(planSafetensors(out, new Map())());
    };
    const found = await load(architecture, { weights: await pack(arrays) });
    expect(await values(found)).toEqual(weights);
    const fewer = new Map([...arrays].slice(1));
    await expect(pack(fewer).then((bytes) => load(architecture, { weights: bytes }))).rejects.toMatchObject({
      code: "mismatch/missing-weights",
    });
    const more = new Map(arrays).set("other/kernel", tensor([1]));
    await expect(pack(more).then((bytes) => load(architecture, { weights: bytes }))).rejects.toMatchObject({
      code: "mismatch/extra-weights",
      path: "other/kernel",
    });
    const alone = await load(await pack(arrays));
    expect(alone.problems).toMatchObject([{ code: "unsupported/no-architecture" }]);
  });
});

it("refuses weights of PyTorch by name, with the way out", async () => {
  const bytes = await collect(planSafetensors([], new Map([["format", "pt"]]))());
  await expect(load(bytes)).rejects.toMatchObject({ code: "unsupported/format" });
  await expect(load(bytes)).rejects.toThrow("PyTorch");
});

it("refuses a header that leaves the file", async () => {
  const bytes = await collect(planSafetensors([], new Map([["a", "b"]]))());
  await expect(load(bytes.with(0, 255))).rejects.toMatchObject({ code: "malformed/safetensors" });
});

it.each([0x0280, 0x0580, 0x8b1f, 0x4e93, 0x02, 0x120108])(
  "safetensors with a header of %i bytes, which other files begin with, are safetensors",
  async (length) => {
    const json = length < 60 ? "{}" : '{"dense/kernel":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const data = length < 60 ? 0 : 4;
    const bytes = new Uint8Array(8 + length + data);
    new DataView(bytes.buffer).setUint32(0, length, true);
    bytes.fill(0x20, 8, 8 + length);
    bytes.set(new TextEncoder().encode(json), 8);
    expect((await importArchive(bytesSource(bytes, "m.safetensors"))).format).toBe("safetensors");
  },
);
