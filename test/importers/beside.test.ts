/**
 * Damage beside what inference needs, in every format: the model loads, computes what it computes without the damage, tells
 * what was left aside, and is written without it. Nothing outside of the file is opened; the same damage in weights is refused.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import h5wasm, { type File, type Group } from "h5wasm/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openZip, planZip, type ZipEntry } from "../../src/codecs/zip.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { load, save, tensor } from "../../src/node.ts";
import { collect } from "./build.ts";
import { FIXTURES, refusal } from "./files.ts";

let folder: string;
beforeAll(async () => {
  await h5wasm.ready;
  folder = mkdtempSync(join(tmpdir(), "keraport-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const H5 = readFileSync(join(FIXTURES, "models/compiled_h5/model.h5"));
const KERAS = new Uint8Array(readFileSync(join(FIXTURES, "models/compiled/model.keras")));

/** An HDF5 file edited by the HDF5 library itself. */
function edited(bytes: Uint8Array, edit: (file: File) => void): Uint8Array {
  const path = join(folder, "edited.h5");
  writeFileSync(path, bytes);
  const file = new h5wasm.File(path, "a");
  edit(file);
  file.close();
  return new Uint8Array(readFileSync(path));
}

/** A `.keras` with members replaced; null leaves the checksum wrong. */
async function repacked(members: Record<string, Uint8Array | null>): Promise<Uint8Array> {
  const zip = await openZip(bytesSource(KERAS), DEFAULT_LIMITS);
  const names = [...new Set([...zip.keys(), ...Object.keys(members)])];
  const mark = new TextEncoder().encode("right for its checksum");
  const entries: ZipEntry[] = [];
  for (const name of names) {
    const own = members[name];
    const source = own === undefined ? await zip.get(name)!.open() : bytesSource(own ?? mark);
    const bytes = await source.read(0, source.size);
    entries.push({
      name,
      size: bytes.length,
      async *chunks() {
        yield bytes;
      },
    });
  }
  const bytes = await collect(planZip(entries).chunks());
  const at = Buffer.from(bytes).indexOf(Buffer.from(mark));
  if (at >= 0) bytes[at] = 0;
  return bytes;
}

async function weightsOf(bytes: Uint8Array): Promise<Uint8Array> {
  const source = await (await openZip(bytesSource(bytes), DEFAULT_LIMITS)).get("model.weights.h5")!.open();
  return source.read(0, source.size);
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const inWeights = async (edit: (file: File) => void): Promise<Uint8Array> =>
  repacked({ "model.weights.h5": edited(await weightsOf(KERAS), edit) });

function setText(file: File, name: string, value: string): void {
  file.delete_attribute(name);
  file.create_attribute(name, value);
}

/** A text attribute whose characters are nowhere: the global heap that holds them is gone. */
function dangling(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes);
  const name = copy.indexOf("training_config\0");
  const heap = copy.indexOf("GCOL");
  for (let at = name; at < name + 200; at++) {
    const address = copy.readBigUInt64LE(at);
    if (
      address !== 0n &&
      address < copy.length &&
      copy.subarray(Number(address), Number(address) + 4).equals(copy.subarray(heap, heap + 4))
    ) {
      copy.writeBigUInt64LE(BigInt(copy.length * 2), at);
      return new Uint8Array(copy);
    }
  }
  throw new Error("no address of a heap");
}

const CASES: readonly (readonly [string, string, () => Uint8Array | Promise<Uint8Array>])[] = [
  [
    ".h5: training_config is cut short",
    "malformed/json",
    () => edited(H5, (f) => setText(f, "training_config", '{"loss": ')),
  ],
  [
    ".h5: training_config is a number",
    "malformed/attribute",
    () => edited(H5, (f) => (f.delete_attribute("training_config"), f.create_attribute("training_config", 1))),
  ],
  [".h5: training_config is nowhere", "malformed/truncated", () => dangling(H5)],
  [
    ".h5: optimizer_weights in another file",
    "unsupported/external-link",
    () =>
      edited(H5, (f) => (f.get("optimizer_weights") as Group).create_external_link("/etc/passwd", "x", "elsewhere")),
  ],
  [
    ".h5: optimizer_weights names what is not there",
    "malformed/missing-object",
    () =>
      edited(H5, (f) => {
        const group = f.get("optimizer_weights") as Group;
        group.delete_attribute("weight_names");
        group.create_attribute("weight_names", ["nothing"]);
      }),
  ],
  [".keras: metadata.json is cut short", "malformed/json", () => repacked({ "metadata.json": text("{") })],
  [".keras: metadata.json has a wrong checksum", "malformed/zip-crc", () => repacked({ "metadata.json": null })],
  [".keras: an asset has a wrong checksum", "malformed/zip-crc", () => repacked({ "assets/v.txt": null })],
  [".keras: another member has a wrong checksum", "malformed/zip-crc", () => repacked({ "notes.txt": null })],
  [
    ".keras: optimizer state in another file",
    "unsupported/external-link",
    () => inWeights((f) => (f.get("optimizer") as Group).create_external_link("/etc/passwd", "x", "elsewhere")),
  ],
  [
    ".keras: optimizer state is text",
    "unsupported/dtype",
    () => inWeights((f) => (f.get("optimizer/vars") as Group).create_dataset({ name: "99", data: "text" })),
  ],
];

describe("damage beside the model", () => {
  it.each(CASES)("%s", async (name, code, make) => {
    const bytes = await make();
    const right = await load(name.startsWith(".h5") ? H5 : KERAS);
    const model = await load(bytes);
    expect(model.warnings).toEqual([expect.objectContaining({ code, message: expect.stringContaining("left aside") })]);
    const x = right.inputs.map(({ shape }) =>
      tensor(
        new Float32Array(shape!.reduce<number>((n, d) => n * (d ?? 2), 1)).fill(0.3),
        shape!.map((d) => d ?? 2),
      ),
    );
    expect(await model.predict(x)).toEqual(await right.predict(x));
    for (const format of ["keras-v3", "keras-h5", "weights-h5"] as const) {
      const [written] = (await save(model, { format })).values();
      expect((await load(written!)).warnings).toEqual([]);
    }
    for (const one of [right, model]) one.dispose();
  });

  it.each([
    [
      "a weight in another file",
      "unsupported/external-link",
      () => edited(H5, (f) => (f.get("model_weights") as Group).create_external_link("/etc/passwd", "x", "elsewhere")),
    ],
    [
      "a weight in another file, .keras",
      "unsupported/external-link",
      () => inWeights((f) => (f.get("layers") as Group).create_external_link("/etc/passwd", "x", "elsewhere")),
    ],
    ["the config is cut short", "malformed/json", () => edited(H5, (f) => setText(f, "model_config", '{"a": '))],
    ["the config has a wrong checksum", "malformed/zip-crc", () => repacked({ "config.json": null })],
  ] as const)("%s is refused", async (_, code, make) => {
    const bytes = await make();
    expect((await refusal(load(bytes) as never)).code).toBe(code);
  });

  it("limits hold there too", async () => {
    const bytes = await repacked({ "metadata.json": text(`{"a": "${"x".repeat(1 << 16)}"}`) });
    expect((await refusal(load(bytes, { limits: { jsonBytes: 1 << 15 } }) as never)).code).toBe("limit/json-bytes");
  });
});
