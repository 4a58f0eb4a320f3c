import type { Hdf5Attribute, Hdf5Dataset, Hdf5Group } from "../types.ts";
import type { WriteAttribute, WriteDataset, WriteGroup } from "./types.ts";

/**
 * An opened file's tree as something to write: every object and attribute with its type. Values are copied while they are
 * written, except variable-length strings, which are read here.
 */
export async function toWritable(root: Hdf5Group): Promise<WriteGroup> {
  const writable = emptyGroup(root);
  const pending = [{ from: root, into: writable.children }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const [name, child] of next.from.children) {
      if (child.kind === "dataset") {
        next.into.set(name, await writableDataset(child));
        continue;
      }
      const group = emptyGroup(child);
      next.into.set(name, group);
      pending.push({ from: child, into: group.children });
    }
  }
  return writable;
}

function emptyGroup(group: Hdf5Group): WriteGroup & { readonly children: Map<string, WriteGroup | WriteDataset> } {
  return { kind: "group", attributes: writableAttributes(group.attributes), children: new Map() };
}

/** One dataset of an opened file, to be written. */
export async function writableDataset(dataset: Hdf5Dataset): Promise<WriteDataset> {
  const { type, shape, byteLength } = dataset;
  return {
    kind: "dataset",
    type,
    shape,
    attributes: writableAttributes(dataset.attributes),
    byteLength,
    data: () => (type.class === "other" ? dataset.stored() : dataset.slices()),
    ...(type.class === "vlen-string" ? { strings: await dataset.readStrings() } : {}),
  };
}

/** Attributes keep their bytes, so that strings of other encodings survive. */
export function writableAttributes(attributes: ReadonlyMap<string, Hdf5Attribute>): Map<string, WriteAttribute> {
  return new Map(
    [...attributes].map(([name, { type, shape, raw, strings }]) => [
      name,
      type.class === "vlen-string" ? { type, shape, strings: strings ?? [] } : { type, shape, raw },
    ]),
  );
}
