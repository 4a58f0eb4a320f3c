/** Weights of inner models go to the layers that Keras gives them to, and no others: `inner_models.py` says who answered. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { type Hdf5Group, openHdf5 } from "../../src/codecs/hdf5.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { load, save, tensor } from "../../src/node.ts";

type Row = readonly [
  name: string,
  file: string | Readonly<Record<string, string>>,
  answer: readonly number[] | null,
  reads?: readonly [file: string, names: readonly string[]],
];
const rows = JSON.parse(readFileSync(new URL("inner-models.json", import.meta.url), "utf8")) as readonly Row[];

const unpacked = (text: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(text, "base64")));

it.each(rows.map(([name, file, answer]) => [name, file, answer] as const))("%s", async (_, file, answer) => {
  const bytes =
    typeof file === "string"
      ? unpacked(file)
      : new Map(Object.entries(file).map(([path, text]) => [path, unpacked(text)]));
  if (answer === null) return expect(load(bytes)).rejects.toMatchObject({ code: "mismatch/missing-weights" });
  const model = await load(bytes);
  const xs = model.inputs.map(({ shape }) =>
    tensor(
      [0.5, -1, 0.25],
      shape!.map((n) => n ?? 1),
    ),
  );
  const [y] = await model.predict(xs);
  answer.forEach((wanted, i) => expect(Number(y!.data[i])).toBeCloseTo(wanted, 5));
  expect(y!.data).toHaveLength(answer.length);
});

// By order Keras gives arrays to layers, and by what a model's config tells of those that are frozen.
it.each(rows.flatMap(([name, , , reads]) => (reads === undefined ? [] : [[name, ...reads] as const])))(
  "%s: arrays in the order in which Keras reads them",
  async (name, file, names) => {
    const dialect = name.startsWith("tf-keras") ? "keras2" : "keras3";
    const [written] = (await save(await load(unpacked(file)), { format: "keras-h5", dialect })).values();
    const root = await openHdf5(bytesSource(written as Uint8Array), DEFAULT_LIMITS);
    const weights = root.children.get("model_weights") as Hdf5Group;
    const listed = (group: Hdf5Group, list: string) => group.attributes.get(list)!.strings ?? [];
    const lists = listed(weights, "layer_names").flatMap((layer) =>
      listed(weights.children.get(layer) as Hdf5Group, "weight_names"),
    );
    expect(lists.map((path) => path.replace(/:0$/, "").split("/").slice(-2).join("/"))).toEqual(names);
  },
);
