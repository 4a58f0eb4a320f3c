/** HDF5 trees to be written, put together as h5py and Keras do. Source: keras/src/legacy/saving/legacy_h5_format.py. */
import type { WriteAttribute, WriteDataset, WriteGroup } from "../codecs/hdf5.ts";
import type { DType } from "../core/dtype.ts";
import { atMost, fail } from "../core/error.ts";
import { ATTRIBUTE_LIMIT } from "../formats/flat.ts";
import { hdf5Type } from "../formats/h5-values.ts";

/** A group that is still being filled. */
export interface GroupDraft extends WriteGroup {
  readonly attributes: Map<string, WriteAttribute>;
  readonly children: Map<string, GroupDraft | WriteDataset>;
}

/** An empty one. */
export function newGroup(): GroupDraft {
  return { kind: "group", attributes: new Map(), children: new Map() };
}

/** The group at `path` below `root`, made where missing. Throws `mismatch/name` when an array is in the way. */
export function groupAt(root: GroupDraft, path: string): GroupDraft {
  let at = root;
  for (const part of path.split("/")) {
    if (part === "") continue;
    const next = at.children.get(part) ?? newGroup();
    if (next.kind === "dataset") fail("mismatch/name", { path, message: `${part} is an array, not a group` });
    at.children.set(part, next);
    at = next;
  }
  return at;
}

/** What a Python `str` becomes as an attribute (`utf-8`), or `bytes` (`ascii`, whatever they hold). */
export function textAttribute(text: string, charset: "ascii" | "utf-8"): WriteAttribute {
  return { type: { class: "vlen-string", padding: "null-terminated", charset }, shape: [], strings: [text] };
}

/**
 * A list of names under an attribute's name, as `save_attributes_to_hdf5_group` stores it: an empty list is an empty float64
 * array, a long one is split evenly over `name0`, `name1` … of fixed length. Throws `limit/name` for one name over the limit.
 */
export function addList(group: GroupDraft, name: string, list: readonly string[]): void {
  const lengths = list.map((text) => new TextEncoder().encode(text).byteLength);
  const longest = Math.max(
    1,
    ...lengths.slice(0, 1),
    lengths.reduce((a, b) => Math.max(a, b), 0),
  );
  atMost("limit/name", longest, ATTRIBUTE_LIMIT, "bytes", { path: name });
  const charset = "ascii";
  if (list.length === 0) {
    group.attributes.set(name, { type: hdf5Type("float64"), shape: [0], raw: new Uint8Array() });
    return;
  }
  // References to variable-length strings take 16 bytes each; Keras counts only the text and fails on many short names.
  if (list.length * Math.max(longest, 16) <= ATTRIBUTE_LIMIT) {
    const type = { class: "vlen-string", padding: "null-terminated", charset } as const;
    group.attributes.set(name, { type, shape: [list.length], strings: list });
    return;
  }
  let parts = 2;
  while (Math.ceil(list.length / parts) * longest > ATTRIBUTE_LIMIT) parts++;
  const type = { class: "string", size: longest, padding: "null-padded", charset } as const;
  for (let part = 0, at = 0; part < parts; part++) {
    const count = Math.floor(list.length / parts) + (part < list.length % parts ? 1 : 0);
    group.attributes.set(`${name}${part}`, { type, shape: [count], strings: list.slice(at, at + count) });
    at += count;
  }
}

interface ArraySource {
  readonly dtype: DType;
  readonly shape: readonly number[];
  slices(): AsyncIterable<Uint8Array>;
}

/** An array, contiguous and little-endian. */
export function dataset(source: ArraySource, attributes = new Map<string, WriteAttribute>()): WriteDataset {
  const type = hdf5Type(source.dtype);
  const itemSize = "size" in type ? type.size : 1;
  const byteLength = source.shape.reduce((size, length) => size * length, itemSize);
  return { kind: "dataset", type, shape: source.shape, attributes, byteLength, data: () => source.slices() };
}

/** Puts an array at a path of groups. Throws `mismatch/name` when something is there. */
export function addDataset(root: GroupDraft, path: string, array: WriteDataset): void {
  const cut = path.lastIndexOf("/");
  const group = groupAt(root, cut < 0 ? "" : path.slice(0, cut));
  const name = path.slice(cut + 1);
  if (group.children.has(name)) fail("mismatch/name", { path, message: "two objects of one name" });
  group.children.set(name, array);
}
