import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  openHdf5,
  planHdf5,
  toWritable,
  type Hdf5Type,
  type WriteAttribute,
  type WriteDataset,
  type WriteGroup,
} from "../../../src/codecs/hdf5.ts";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { bytesSource } from "../../../src/core/source.ts";
import { writeHdf5 } from "./bytes.ts";
import { nodeOf, parseAnswer, type Node } from "./expected.ts";
import { judge } from "./judge.ts";

const FLOAT32: Hdf5Type = { class: "float", size: 4, order: "little" };
const UTF8: Hdf5Type = { class: "vlen-string", padding: "null-terminated", charset: "utf-8" };

const open = (bytes: Uint8Array) => openHdf5(bytesSource(bytes), DEFAULT_LIMITS);

function dataset(
  type: Hdf5Type,
  shape: number[] | null,
  bytes: Uint8Array,
  attributes: WriteDataset["attributes"] = new Map(),
): WriteDataset {
  return { kind: "dataset", type, shape, attributes, byteLength: bytes.length, data: () => [bytes] };
}

function group(
  children: [string, WriteGroup | WriteDataset][],
  attributes: [string, WriteAttribute][] = [],
): WriteGroup {
  return { kind: "group", attributes: new Map(attributes), children: new Map(children) };
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);

describe("a file read and written again", () => {
  const FOLDER = new URL("../../../fixtures/hdf5/", import.meta.url);
  const NOT_COPIED = new Set(["sequences", "reference"]);

  /** Without what refers to other places of its file, and sorted, since a symbol table keeps no order of creation. */
  function comparable({ attributes, children, dataset }: Node): Node {
    const kept = attributes.filter(([name]) => !NOT_COPIED.has(name));
    if (children === undefined) return { attributes: kept, ...(dataset === undefined ? {} : { dataset }) };
    const sorted = children
      .filter(([name]) => !NOT_COPIED.has(name))
      .map(([name, node]): [string, Node] => [name, comparable(node)]);
    sorted.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    return { attributes: kept, children: sorted };
  }

  function copyable(writable: WriteGroup): WriteGroup {
    const children = [...writable.children].filter(([name]) => !NOT_COPIED.has(name));
    return group(
      children,
      [...writable.attributes].filter(([name]) => !NOT_COPIED.has(name)),
    );
  }

  it.each(readdirSync(FOLDER).filter((name) => name.endsWith(".h5") && !name.startsWith("dense")))(
    "%s holds the same",
    async (name) => {
      const answer = parseAnswer(readFileSync(new URL(`${name.split(".")[0]}.json`, FOLDER), "utf8"));
      const first = await open(readFileSync(new URL(name, FOLDER)));
      const bytes = await writeHdf5(copyable(await toWritable(first)));
      expect(comparable(await nodeOf(await open(bytes)))).toEqual(comparable(answer));
      expect((await judge(bytes)).children.length).toBeGreaterThan(0);
    },
  );

  it("keeps foreign values byte for byte", async () => {
    const first = await open(readFileSync(new URL("all_types.earliest.h5", FOLDER)));
    const second = await open(await writeHdf5(copyable(await toWritable(first))));
    for (const name of ["compound", "complex", "enum", "array"]) {
      const [a, b] = [first.children.get(name), second.children.get(name)];
      if (a?.kind !== "dataset" || b?.kind !== "dataset") throw new Error(name);
      expect(b.type).toEqual(a.type);
      for await (const piece of a.stored()) for await (const copy of b.stored()) expect(copy).toEqual(piece);
    }
  });
});

describe("sizes that need more than one block", () => {
  it("5,000 members of a group make a B-tree of several levels", async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `weight_${(i * 37) % 5000}`);
    const bytes = await writeHdf5(group(names.map((name, i) => [name, dataset(FLOAT32, [1], floats(i))])));
    const root = await open(bytes);
    expect([...root.children.keys()]).toEqual([...names].sort());
    const judged = await judge(bytes);
    expect(judged.children).toEqual([...names].sort());
    expect(judged.datasets.get(names[4321]!)?.bytes).toEqual(floats(4321));
  });

  it("long strings and many strings get collections of their own", async () => {
    const strings = ["", "x".repeat(100_000), ...Array.from({ length: 3000 }, (_, i) => `layer_${i}`)];
    const attribute: WriteAttribute = { type: UTF8, shape: [strings.length], strings };
    const bytes = await writeHdf5(group([], [["layer_names", attribute]]));
    expect((await open(bytes)).attributes.get("layer_names")?.strings).toEqual(strings);
    expect((await judge(bytes)).attributes.get("@layer_names")).toEqual(strings);
  });

  it("the tag of an opaque type may be long", async () => {
    const type: Hdf5Type = { class: "opaque", size: 2, tag: "bfloat16 ".repeat(20).trim() };
    const read = (await open(await writeHdf5(group([["w", dataset(type, [2], new Uint8Array(4))]])))).children.get("w");
    expect(read?.kind === "dataset" && read.type).toEqual(type);
  });
});

describe("values", () => {
  it("are streamed in any pieces, also into big-endian files", async () => {
    const bytes = floats(1, -2, 3.5, 1e-30);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      yield bytes.subarray(0, 3);
      yield bytes.subarray(3, 3);
      yield bytes.subarray(3, 13);
      yield bytes.subarray(13);
    }
    for (const order of ["little", "big"] as const) {
      const source = { ...dataset({ class: "float", size: 4, order }, [2, 2], bytes), data: pieces };
      const written = await writeHdf5(group([["w", source]]));
      const read = (await open(written)).children.get("w");
      if (read?.kind !== "dataset") throw new Error("no dataset");
      expect(await read.read()).toEqual(bytes);
      const sliced: Uint8Array[] = [];
      for await (const piece of read.slices(5)) sliced.push(piece);
      expect(sliced.map((piece) => piece.length)).toEqual([4, 4, 4, 4]);
      expect(new Uint8Array(Buffer.concat(sliced))).toEqual(bytes);
    }
  });

  it.each([
    ["too few bytes", 4],
    ["too many bytes", 12],
  ])("are refused: %s", async (_, size) => {
    const short = { ...dataset(FLOAT32, [2], new Uint8Array(8)), data: () => [new Uint8Array(size)] };
    await expect(writeHdf5(group([["layers", group([["w", short]])]]))).rejects.toMatchObject({
      code: "mismatch/size",
      path: "layers/w",
    });
  });

  it("that do not fill their shape are refused before anything is written", () => {
    expect(() => planHdf5(group([["w", dataset(FLOAT32, [3], new Uint8Array(8))]]))).toThrow(
      /mismatch\/size.*w.*12 bytes/,
    );
    expect(() => planHdf5(group([], [["a", { type: UTF8, shape: [2], strings: ["one"] }]]))).toThrow(/mismatch\/size/);
    const fixed: Hdf5Type = { class: "string", size: 3, padding: "null-padded", charset: "ascii" };
    expect(() => planHdf5(group([], [["a", { type: fixed, shape: [1], strings: ["long"] }]]))).toThrow(
      /mismatch\/string/,
    );
  });
});

describe("what the format cannot hold is refused", () => {
  it("attributes over 64 KiB", () => {
    const raw = new Uint8Array(70_000);
    const type: Hdf5Type = { class: "integer", size: 1, signed: false, order: "little" };
    const root = group([["layers", group([], [["weight_names", { type, shape: [raw.length], raw }]])]]);
    expect(() => planHdf5(root)).toThrow(/limit\/attribute.*layers.*weight_names/);
  });

  it.each(["", ".", "a/b", "a\0b"])("the name %j", (name) => {
    expect(() => planHdf5(group([[name, group([])]]))).toThrow(/unsupported\/name/);
  });

  it("values that refer to other places of their file", async () => {
    const type: Hdf5Type = { class: "other", description: "reference, 8 bytes", size: 8 };
    expect(() => planHdf5(group([["r", dataset(type, [1], new Uint8Array(8))]]))).toThrow(
      /unsupported\/datatype.*reference/,
    );
  });

  it("groups nested without end", () => {
    let deep = group([]);
    for (let i = 0; i < 600; i++) deep = group([["g", deep]]);
    expect(() => planHdf5(deep)).toThrow(/limit\/depth/);
  });
});

describe("any tree", () => {
  const name = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => !/[/\0]/.test(text) && text !== "." && !/\p{Surrogate}/u.test(text));
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const order = fc.constantFrom("little" as const, "big" as const);
  const type = fc.oneof<fc.Arbitrary<Hdf5Type>[]>(
    fc.record({
      class: fc.constant("float" as const),
      size: fc.constantFrom(2 as const, 4 as const, 8 as const),
      order,
    }),
    fc.record({
      class: fc.constant("integer" as const),
      size: fc.constantFrom(2 as const, 4 as const, 8 as const),
      signed: fc.boolean(),
      order,
    }),
    fc.constant({ class: "bool" }),
    fc.constant({ class: "opaque", size: 2, tag: "" }),
  );
  const count = (dims: readonly number[]): number => dims.reduce((product, length) => product * length, 1);
  const array = fc.tuple(type, shape).chain(([kind, dims]) => {
    const size = count(dims) * ("size" in kind ? kind.size : 1);
    const values =
      kind.class === "bool"
        ? fc.array(fc.integer({ min: 0, max: 1 }), { minLength: size, maxLength: size }).map((a) => Uint8Array.from(a))
        : fc.uint8Array({ minLength: size, maxLength: size });
    return values.map((raw) => ({ type: kind, shape: dims, raw }));
  });
  const text = fc.array(
    fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0")),
    { maxLength: 5 },
  );
  const attribute: fc.Arbitrary<WriteAttribute> = fc.oneof(
    array,
    text.map((strings) => ({ type: UTF8, shape: [strings.length], strings })),
    fc.constant({ type: FLOAT32, shape: null }),
  );
  const attributes = fc.array(fc.tuple(name, attribute), { maxLength: 4 });
  const leaf = fc
    .tuple(array, attributes)
    .map(([{ type: kind, shape: dims, raw }, attrs]) => dataset(kind, dims, raw, new Map(attrs)));
  const tree = fc.letrec<{ group: WriteGroup; node: WriteGroup | WriteDataset }>((tie) => ({
    group: fc
      .tuple(fc.array(fc.tuple(name, tie("node")), { maxLength: 10 }), attributes)
      .map(([children, attrs]) => group(children, attrs)),
    node: fc.oneof({ maxDepth: 3, withCrossShrink: true }, leaf, tie("group")),
  })).group;

  /** What is to be read back, in the form of `nodeOf`. */
  async function expected(node: WriteGroup | WriteDataset): Promise<Node> {
    return nodeOf(await asRead(node));
  }

  async function asRead(node: WriteGroup | WriteDataset): Promise<Parameters<typeof nodeOf>[0]> {
    const readAttributes = new Map(
      [...node.attributes].map(([key, { type: kind, shape: dims, raw, strings }]) => [
        key,
        {
          name: key,
          type: kind,
          shape: dims,
          raw: raw ?? new Uint8Array(),
          ...(strings === undefined ? {} : { strings }),
        },
      ]),
    );
    if (node.kind === "dataset") {
      const [piece] = node.data() as Uint8Array[];
      return { ...node, path: "", attributes: readAttributes, read: async () => piece! } as unknown as Parameters<
        typeof nodeOf
      >[0];
    }
    const children = [...node.children].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const read = await Promise.all(children.map(async ([key, child]) => [key, await asRead(child)] as const));
    return { kind: "group", path: "", attributes: readAttributes, children: new Map(read) };
  }

  it("reads back as it was, and the HDF5 library finds the same objects and bytes", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (root) => {
        const bytes = await writeHdf5(root);
        const read = await open(bytes);
        expect(await nodeOf(read)).toEqual(await expected(root));
        const judged = await judge(bytes);
        const paths: string[] = [];
        const pending: (typeof read)[] = [read];
        for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
          for (const child of next.children.values()) {
            paths.push(child.path);
            if (child.kind === "group") pending.push(child);
          }
        }
        expect(judged.children).toEqual(paths.sort());
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
