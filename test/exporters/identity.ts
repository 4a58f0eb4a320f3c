import { expect } from "vitest";
import { type Hdf5Attribute, type Hdf5Dataset, type Hdf5Group, openHdf5 } from "../../src/codecs/hdf5.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import type { Archive, Artifact, Exported, NamedOutWeight, StoredWeight } from "../../src/formats/archive.ts";
import { WEIGHTS } from "../../src/formats/keras-v3.ts";
import type { ImportInput } from "../../src/importers/index.ts";
import { folderMembers, zipMembers } from "../../src/importers/members.ts";

/** The artifact of a model that nobody changed: config and weights straight from the archive. */
export function artifactOf(archive: Archive, untouched: boolean): Artifact {
  const { dialect, semantics, weights, groupNames, layerNames, training, optimizer } = archive;
  const out = (weight: StoredWeight): NamedOutWeight => ({
    variable: weight.name,
    name: weight.name,
    dtype: weight.dtype,
    shape: weight.shape,
    stored: weight,
    slices: () => weight.slices(),
  });
  const of = (group: string) => weights.filter((weight) => weight.group === group).map(out);
  const isTree = archive.naming === "tree";
  const owners = new Set([...groupNames.keys(), ...weights.map(({ group }) => group)]);
  owners.delete("optimizer");
  const layers = new Set([...layerNames, ...weights.map(({ group }) => group)]);
  return {
    dialect,
    semantics,
    config: archive.config ?? {
      root: null,
      style: { indent: null, itemSeparator: ", ", keySeparator: ": ", ensureAscii: true },
    },
    groups: (naming) =>
      isTree !== (naming === "tree")
        ? []
        : [...(isTree ? owners : layers)].map((path) => ({
            path,
            name: groupNames.get(path) ?? null,
            weights: of(path),
          })),
    weightCount: weights.length,
    addedMetrics: 0,
    training,
    optimizer,
    origin: archive,
    untouched,
    isTrained: false,
    changes: [],
  };
}

export async function bytesOf(exported: Exported): Promise<Uint8Array> {
  expect(exported.files.map(({ path }) => path)).toEqual([""]);
  const parts: Uint8Array[] = [];
  for await (const chunk of exported.files[0]!.chunks()) parts.push(chunk.slice());
  return new Uint8Array(Buffer.concat(parts));
}

/** Every object with its type, shape, values and attributes, a line each. */
async function objects(root: Hdf5Group): Promise<string[]> {
  const found: string[] = [];
  const open: (Hdf5Group | Hdf5Dataset)[] = [root];
  for (let object = open.pop(); object !== undefined; object = open.pop()) {
    const attributes = [...object.attributes.values()].map(plainAttribute).sort((a, b) => (a.name < b.name ? -1 : 1));
    if (object.kind === "group") {
      found.push(JSON.stringify([object.path, attributes]));
      open.push(...object.children.values());
    } else {
      const values = Buffer.from(await object.read()).toString("base64");
      found.push(JSON.stringify([object.path, attributes, object.type, object.shape, values]));
    }
  }
  return found.sort();
}

function plainAttribute({ name, type, shape, raw, strings }: Hdf5Attribute) {
  return { name, type, shape, raw: Buffer.from(raw).toString("base64"), strings };
}

/** Container equality: every HDF5 object and attribute with its type, every zip member with its header fields. */
export async function expectSameContainer(input: ImportInput, after: Source, format: Archive["format"]): Promise<void> {
  if (format === "keras-v3") return expectSameMembers(input, after);
  const before = input as Source;
  if (format !== "keras-json") {
    const [old, now] = [await openHdf5(before, DEFAULT_LIMITS), await openHdf5(after, DEFAULT_LIMITS)];
    return expect(await objects(now)).toEqual(await objects(old));
  }
  const text = async (source: Source) => new TextDecoder().decode(await source.read(0, source.size));
  expect(await text(after)).toBe(await text(before));
}

async function expectSameMembers(input: ImportInput, after: Source): Promise<void> {
  const old = input instanceof Map ? folderMembers(input, "") : await zipMembers(input as Source, DEFAULT_LIMITS);
  const now = await zipMembers(after, DEFAULT_LIMITS);
  expect(now.names).toEqual(old.names);
  for (const name of old.names) {
    const [left, right] = [await old.open(name), await now.open(name)];
    if (old.zip !== null) expect({ name, ...now.zip!.get(name)!.raw }).toEqual({ name, ...old.zip.get(name)!.raw });
    if (name === WEIGHTS) await expectSameContainer(left, right, "weights-h5");
    else expect(Buffer.from(await right.read(0, right.size))).toEqual(Buffer.from(await left.read(0, left.size)));
  }
}

export const memory = (bytes: Uint8Array, name = "written"): Source => bytesSource(bytes, name);
