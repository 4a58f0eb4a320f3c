/** Small files of each format, made in memory. */
import { planHdf5, type WriteAttribute, type WriteDataset, type WriteGroup } from "../../src/codecs/hdf5.ts";
import { planZip } from "../../src/codecs/zip.ts";
import { concatBytes } from "../../src/core/bytes.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import {
  addDataset,
  addList,
  dataset,
  type GroupDraft,
  groupAt,
  newGroup,
  textAttribute,
} from "../../src/exporters/h5-build.ts";

export const CONFIG =
  '{"module": "keras", "class_name": "Sequential", "config": {"layers": []}, "registered_name": null}';
export const METADATA = '{"keras_version": "3.15.1"}';

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  return concatBytes(parts);
}

export const hdf5 = async (root: WriteGroup): Promise<Source> =>
  bytesSource(await collect(planHdf5(root).chunks()), "file.h5");

export async function zip(members: Record<string, string | WriteGroup>): Promise<Source> {
  const entries = await Promise.all(
    Object.entries(members).map(async ([name, content]) => {
      const bytes =
        typeof content === "string" ? new TextEncoder().encode(content) : await collect(planHdf5(content).chunks());
      return {
        name,
        size: bytes.length,
        chunks: async function* () {
          yield bytes;
        },
      };
    }),
  );
  return bytesSource(await collect(planZip(entries).chunks()), "file.keras");
}

export const array = (values: number[]): WriteDataset =>
  dataset({
    dtype: "float32",
    shape: [values.length],
    slices: async function* () {
      yield new Uint8Array(new Float32Array(values).buffer);
    },
  });

export const text = (value: string): WriteDataset => ({
  kind: "dataset",
  type: { class: "vlen-string", padding: "null-terminated", charset: "utf-8" },
  shape: [],
  attributes: new Map<string, WriteAttribute>(),
  byteLength: 16,
  data: () => [],
  strings: [value],
});

export function tree(): GroupDraft {
  const root = newGroup();
  groupAt(root, "layers/dense/vars").attributes.set("name", textAttribute("dense", "utf-8"));
  for (let i = 0; i < 11; i++) addDataset(root, `layers/dense/vars/${i}`, array([i]));
  return root;
}

export function flat(): GroupDraft {
  const root = newGroup();
  addList(root, "layer_names", ["a/b", "c"]);
  const a = groupAt(root, "a/b");
  addList(a, "weight_names", ["a/b/kernel:0"]);
  addDataset(a, "a/b/kernel:0", array([1, 2]));
  addList(groupAt(root, "c"), "weight_names", []);
  return root;
}

export function model(): GroupDraft {
  const root = newGroup();
  root.attributes.set("keras_version", textAttribute("2.3.1", "utf-8"));
  root.attributes.set("model_config", textAttribute(CONFIG, "ascii"));
  root.children.set("model_weights", flat());
  return root;
}
