/**
 * Files that two readers take for two models: Keras goes by the name, keraport by the content. None may load; what only
 * looks like one must.
 */
import { expect, it } from "vitest";
import { concatBytes } from "../../src/core/bytes.ts";
import { bytesSource, type Source } from "../../src/core/source.ts";
import { importArchive } from "../../src/importers/index.ts";
import { CONFIG, hdf5, METADATA, model, tree, zip } from "./build.ts";
import { refusal } from "./files.ts";

const all = (source: Source): Promise<Uint8Array> => source.read(0, source.size);
const keras = { "metadata.json": METADATA, "config.json": CONFIG, "model.weights.h5": tree() };
const zipped = await all(await zip(keras));
const legacy = await all(await hdf5(model()));
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const upTo = (bytes: Uint8Array, size: number): Uint8Array => concatBytes([bytes, zeros(size - bytes.length)]);
const block = 2 ** Math.ceil(Math.log2(zipped.length));

/** A `.keras` with a member of that name whose bytes begin at a power of two, where HDF5 looks for itself. */
async function placed(name: string, content: (typeof keras)["model.weights.h5"]): Promise<Uint8Array> {
  const others = { "metadata.json": METADATA, "config.json": CONFIG };
  const find = async (pad: number): Promise<[Uint8Array, number]> => {
    const bytes = await all(
      await zip({ ...others, pad: "x".repeat(pad), [name]: content, ...(name in keras ? {} : keras) }),
    );
    return [bytes, Buffer.from(bytes).indexOf("\x89HDF", 0, "latin1")];
  };
  const [, first] = await find(0);
  const [bytes, at] = await find(2048 - first);
  expect(at).toBe(2048);
  return bytes;
}

/** The same with the end of file that the superblock (version 0) gives moved to the file's. */
function claimed(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setBigUint64(40, BigInt(copy.length), true);
  return copy;
}

const load = (bytes: Uint8Array): ReturnType<typeof importArchive> => importArchive(bytesSource(bytes, "file"));

it.each([
  ["an .h5 with a zip behind it", concatBytes([legacy, zipped])],
  ["the same, the zip inside what the superblock counts", claimed(concatBytes([legacy, zipped]))],
  ["the same with bytes behind the zip", claimed(concatBytes([legacy, zipped, zeros(100)]))],
  ["an .h5 with a zip in its user block", concatBytes([upTo(zipped, block), legacy])],
  ["a zip behind other bytes in a user block", concatBytes([upTo(concatBytes([zeros(8), zipped]), 2 * block), legacy])],
  ["a user block beyond the first bytes", concatBytes([upTo(zipped, 1 << 18), legacy])],
  ["an .h5 with other bytes behind it", concatBytes([legacy, zeros(3), new Uint8Array([1])])],
  ["a whole model as a member, where HDF5 looks", await placed("other.h5", model())],
  ["a whole model as the weights, where HDF5 looks", await placed("model.weights.h5", model())],
])("%s is refused", async (_, bytes) => {
  expect(await refusal(load(bytes))).toMatchObject({ code: "malformed/two-formats", file: "file" });
});

it.each([
  ["weights that begin where HDF5 looks", "keras-v3", await placed("model.weights.h5", tree())],
  ["an .h5 with zeros behind it", "keras-h5", concatBytes([legacy, zeros(5000)])],
  ["an .h5 with a user block", "keras-h5", concatBytes([zeros(1024), legacy])],
  [
    "an .h5 with a zip's signature in it",
    "keras-h5",
    claimed(concatBytes([legacy, new TextEncoder().encode("PK\x05\x06 is no zip, not in the least bit")])),
  ],
])("%s is read", async (_, format, bytes) => {
  expect((await load(bytes)).format).toBe(format);
});
