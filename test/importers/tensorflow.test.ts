/** SavedModels and checkpoints that are damaged, incomplete, or of models that are not Keras's own; whole ones are fixtures. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { printJson } from "../../src/codecs/json.ts";
import { fieldsOf, varint } from "../../src/codecs/protobuf/fields.ts";
import { unpackSnappy } from "../../src/codecs/snappy.ts";
import { concatBytes } from "../../src/core/bytes.ts";
import { crc32c } from "../../src/core/crc32.ts";
import { FormatError } from "../../src/core/error.ts";
import { load } from "../../src/node.ts";
import { FIXTURES } from "../support/fixtures.ts";

type Files = Map<string, Uint8Array>;

function folder(name: string): Files {
  const root = join(FIXTURES, "formats", name, "model");
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length + 1), new Uint8Array(readFileSync(path))];
    }),
  );
}

const INDEX = "variables/variables.index";
const DATA = "variables/variables.data-00001-of-00003";
const latin = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

/** Loads and reads everything. */
async function read(files: Files): Promise<void> {
  const model = await load(files);
  try {
    await model.getWeights();
  } finally {
    model.dispose();
  }
}

async function outcome(files: Files): Promise<string> {
  try {
    await read(files);
    return "read";
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    throw error;
  }
}

const edited = (files: Files, name: string, edit: (bytes: Uint8Array) => Uint8Array): Files =>
  new Map(files).set(name, edit(new Uint8Array(files.get(name)!)));

function flipped(at: number): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => {
    bytes[at]! ^= 0x41;
    return bytes;
  };
}

describe("a SavedModel", () => {
  const whole = folder("saved_model");
  const small = folder("saved_model_old");

  it.each([INDEX, DATA])("that lacks %s is told so", async (name) => {
    const files = new Map(whole);
    files.delete(name);
    await expect(load(files)).rejects.toMatchObject({ code: "malformed/missing-member", path: name });
  });

  it("is refused whatever byte of its index is another, and wherever the index ends", async () => {
    const size = small.get(INDEX)!.length;
    for (let at = 0; at < size; at++) {
      // Bytes that fill up the footer say nothing.
      const found = await outcome(edited(small, INDEX, flipped(at)));
      if (found === "read") expect([at >= size - 46 && at < size - 8, at]).toEqual([true, at]);
      expect(await outcome(edited(small, INDEX, (bytes) => bytes.subarray(0, at)))).not.toBe("read");
    }
  });

  it("is refused when its objects or a variable are other bytes than were written", async () => {
    const variables = "variables/variables.data-00000-of-00003";
    for (const name of [DATA, variables]) {
      const found: string[] = [];
      for (let at = 0; at < whole.get(name)!.length; at += 97)
        found.push(await outcome(edited(whole, name, flipped(at))));
      // Metrics and the optimizer's state are not read.
      expect(found.filter((code) => !/^(read|malformed\/(checksum|tensor-bundle|protobuf))$/.test(code))).toEqual([]);
      expect(found.filter((code) => code !== "read").length, name).toBeGreaterThan(3);
    }
    expect(await outcome(edited(whole, variables, (bytes) => bytes.subarray(0, 40)))).toBe("malformed/truncated");
  });

  it("of a class of one's own that tells no layers shows, gives its weights, and does not run", async () => {
    const metadata = latin(whole.get("keras_metadata.pb")!)
      .replace('"class_name": "Functional"', '"class_name": "FunctionaX"')
      .replace('"output_layers"', '"output_layerX"');
    const model = await load(new Map(whole).set("keras_metadata.pb", bytesOf(metadata)));
    expect(model.problems).toMatchObject([{ code: "unsupported/layer", found: "FunctionaX" }]);
    expect(model.data.archive!.weights).toHaveLength(22);
    await expect(model.predict([0])).rejects.toMatchObject({ code: "unsupported/layer" });
  });

  it("has the tuples and shapes of its options as lists, as every other file", async () => {
    const model = await load(whole);
    expect(model.inputs.map(({ shape }) => shape)).toEqual([
      [null, 5],
      [null, 5, 3],
    ]);
    expect(printJson(model.data.archive!.config!.root)).not.toMatch(/__tuple__|TensorShape/);
    expect((await load(small)).inputs[0]!.shape).toEqual([null, 4]);
  });

  it("without configs is weights alone", async () => {
    const files = new Map(whole);
    files.delete("keras_metadata.pb");
    const model = await load(files);
    expect(model.problems).toMatchObject([{ code: "unsupported/no-architecture" }]);
    expect(model.weights.map(({ path }) => path)).toContain("layer_with_weights-0/embeddings");
  });

  it("with damaged tables is refused or the same, and one whose vocabulary is not there says so", async () => {
    const tables = folder("saved_model_vocabularies");
    const size = tables.get("saved_model.pb")!.length;
    const found = new Set<string>();
    for (let at = 0; at < size; at += 61) {
      found.add(await outcome(edited(tables, "saved_model.pb", flipped(at))));
      found.add(await outcome(edited(tables, "saved_model.pb", (bytes) => bytes.subarray(0, at))));
    }
    expect([...found].filter((code) => !/^(read|malformed\/protobuf)$/.test(code))).toEqual([]);
    const files = new Map(tables);
    files.delete("assets/vocabulary.txt");
    const problem = {
      code: "unsupported/layer",
      message: expect.stringContaining("a vocabulary that is not in the model"),
    };
    expect((await load(files)).problems).toMatchObject([problem]);
  });

  it("keeps the optimizer's state apart", async () => {
    const { archive } = (await load(whole)).data;
    expect(archive!.optimizer.length).toBeGreaterThan(30);
    expect(archive!.training).toBeInstanceOf(Map);
  });

  it.each(["saved_model.pb", "keras_metadata.pb"])("with a damaged %s is refused or the same", async (name) => {
    const size = whole.get(name)!.length;
    for (let at = 0; at < size; at += 211) {
      await outcome(edited(whole, name, flipped(at)));
      await outcome(edited(whole, name, (bytes) => bytes.subarray(0, at)));
    }
    expect(await outcome(edited(whole, name, () => new Uint8Array([0x0a, 0xff])))).toBe("malformed/protobuf");
  });
});

describe("a checkpoint", () => {
  const files = folder("checkpoint");
  const weights = (from: Files): Files => new Map([...from].filter(([name]) => name !== "model.json"));

  it("opens by its index, its prefix, its folder, and beside its architecture", async () => {
    const root = join(FIXTURES, "formats/checkpoint/model");
    const wanted = await (await load(root)).getWeights();
    for (const path of ["weights.index", "weights"]) {
      const apart = await load(join(root, "model.json"), { weights: join(root, path) });
      expect(await apart.getWeights()).toEqual(wanted);
      expect((await load(join(root, path))).problems).toMatchObject([{ code: "unsupported/no-architecture" }]);
    }
    expect(wanted).toHaveLength(22);
    expect(await load(weights(files)).then((model) => model.weights.length)).toBe(22);
  });

  it("of two models is refused", async () => {
    const two = new Map(files).set("other.index", files.get("weights.index")!);
    await expect(load(two)).rejects.toMatchObject({ code: "mismatch/several-models" });
    const cut = edited(files, "weights.index", (bytes) => bytes.subarray(0, -1));
    await expect(load(cut)).rejects.toMatchObject({ code: "malformed/tensor-bundle" });
  });

  it("of another model is refused, naming what is missing and what is too much", async () => {
    const other = new Map(files).set("model.json", folder("checkpoint_spatial").get("model.json")!);
    const error = await load(other).then(() => null, (found: unknown) => found as FormatError); // prettier-ignore
    const codes = new Set(error!.problems.map(({ code }) => code));
    expect([...codes].sort()).toEqual(["mismatch/extra-weights", "mismatch/missing-weights"]);
  });
});

describe("codecs", () => {
  it("CRC-32C has its check value", () => expect(crc32c(bytesOf("123456789"))).toBe(0xe3069283));

  it("varints are signed 64-bit numbers, and end", () => {
    expect(varint(new Uint8Array([0xac, 0x02]), 0)).toEqual({ value: 300, end: 2 });
    expect(varint(new Uint8Array([...new Array<number>(9).fill(0xff), 1]), 0).value).toBe(-1);
    expect(() => varint(new Uint8Array(12).fill(0xff), 0)).toThrow("more than ten bytes");
    expect(() => [...fieldsOf(new Uint8Array([0x0b]))]).toThrow("unknown kind");
    expect(() => [...fieldsOf(new Uint8Array([0x0a, 5, 1]))]).toThrow("longer than its message");
  });

  it("Snappy: literals and copies that overlap; nothing from outside", () => {
    const packed = concatBytes([new Uint8Array([9, 2 << 2]), bytesOf("abc"), new Uint8Array([((6 - 4) << 2) | 1, 3])]);
    expect(latin(unpackSnappy(packed, 100))).toBe("abcabcabc");
    expect(() => unpackSnappy(packed, 8)).toThrow("limit/expansion-ratio");
    expect(() => unpackSnappy(packed.with(6, 4), 100)).toThrow("from outside");
    expect(() => unpackSnappy(packed.subarray(0, 5), 100)).toThrow("fewer bytes");
  });
});
