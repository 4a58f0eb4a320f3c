/**
 * HDF5 files beyond what codecs/hdf5 reads, by h5wasm where its name is asked for: each is read in a thread of its own, and
 * what was found there is written again as codecs/hdf5 reads it, so that all that follows is as of any other file.
 */
import { findSuperblock, planHdf5, type Hdf5Type, type WriteAttribute, type WriteGroup } from "../codecs/hdf5.ts";
import { concatBytes } from "../core/bytes.ts";
import { fail } from "../core/error.ts";
import type { FoundArray, FoundObject, FoundType } from "../core/h5wasm-work.ts";
import type { Limits } from "../core/limits.ts";
import { readApart } from "../core/readers.ts";
import { bytesSource, type Source } from "../core/source.ts";
import { zipMembers } from "./members.ts";

/** A file takes about a second; one that keeps h5wasm busy for longer is damaged or hostile. */
const TIMEOUT = 60_000;

const ZIP = [0x50, 0x4b, 0x03, 0x04];

const typeOf = ({ class: name, size, signed, charset, padding }: FoundType): Hdf5Type =>
  ({ class: name, size, signed, charset, padding, order: "little", tag: "" }) as Hdf5Type;

const arrayOf = ({ type, shape, raw, strings }: FoundArray): WriteAttribute => ({
  type: typeOf(type),
  shape,
  raw,
  ...(strings !== null && { strings }),
});

/** Objects as a tree. */
function treeOf(objects: readonly FoundObject[]): WriteGroup {
  type Group = WriteGroup & { readonly children: Map<string, WriteGroup["children"] extends ReadonlyMap<string, infer T> ? T : never> }; // prettier-ignore
  const groups = new Map<string, Group>();
  for (const { path, attributes, array } of objects) {
    const own = new Map(attributes.map(([name, value]) => [name, arrayOf(value)]));
    const at = path.lastIndexOf("/");
    const into = groups.get(at < 0 ? "" : path.slice(0, at))?.children;
    if (array === null) {
      const group: Group = { kind: "group", attributes: own, children: new Map() };
      groups.set(path, group);
      if (path !== "") into!.set(path.slice(at + 1), group);
    } else {
      const { raw = new Uint8Array(0), ...value } = arrayOf(array);
      into!.set(path.slice(at + 1), {
        ...value,
        kind: "dataset",
        attributes: own,
        byteLength: raw.length,
        data: () => [raw],
      });
    }
  }
  return groups.get("")!;
}

/** Throws `unsupported/h5wasm`, `limit/*`, and what a file holds that is no array or lies in another file. */
async function rewritten(source: Source, limits: Limits, timeout: number): Promise<Source> {
  const bytes = await source.read(0, source.size);
  await source.close?.();
  const { tensorBytes, totalTensorBytes: totalBytes, entries: objects } = limits;
  const answer = await readApart({ bytes, tensorBytes, totalBytes, objects }, timeout);
  if ("missing" in answer)
    fail("unsupported/h5wasm", { file: source.name, message: `npm install h5wasm: ${answer.missing}` });
  if ("refused" in answer) {
    const { code, ...where } = answer.refused;
    fail(code, { source: "h5wasm", file: source.name, ...where });
  }
  const parts: Uint8Array[] = [];
  for await (const part of planHdf5(treeOf(answer.objects)).chunks()) parts.push(part.slice());
  return bytesSource(concatBytes(parts), source.name);
}

/** The input with every HDF5 file in it read by h5wasm; of a `.keras` the folder that it is. */
export async function throughH5wasm(
  input: Source | ReadonlyMap<string, Source>,
  limits: Limits,
  timeout = TIMEOUT,
): Promise<Source | ReadonlyMap<string, Source>> {
  const one = async (source: Source): Promise<Source> => {
    const fits = source.size > 0 && source.size <= limits.fileBytes;
    return fits && (await findSuperblock(source)) !== null ? rewritten(source, limits, timeout) : source;
  };
  const all = async (files: Iterable<readonly [string, Source]>): Promise<ReadonlyMap<string, Source>> => {
    const made = new Map<string, Source>();
    for (const [path, source] of files) made.set(path, await one(source));
    return made;
  };
  if (input instanceof Map) return all(input);
  const source = input as Source;
  const head = source.size < ZIP.length ? [] : await source.read(0, ZIP.length);
  if (!ZIP.every((byte, i) => head[i] === byte)) return one(source);
  const { zip } = await zipMembers(source, limits);
  if (![...zip!.keys()].some((name) => name.endsWith(".h5"))) return source;
  const files: [string, Source][] = [];
  for (const [path, member] of zip!) if (!path.endsWith("/")) files.push([path, await member.open()]);
  return all(files);
}
