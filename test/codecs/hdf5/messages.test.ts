/** Forms that only old libraries wrote, so that h5py makes no file of them: built here field by field. */
import { zlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import { lookup3 } from "../../../src/codecs/hdf5/checksum.ts";
import { Cursor } from "../../../src/codecs/hdf5/cursor.ts";
import { readDataspace } from "../../../src/codecs/hdf5/dataspace.ts";
import { readDatatype } from "../../../src/codecs/hdf5/datatype.ts";
import { filled, readFillValue, readOldFillValue } from "../../../src/codecs/hdf5/fill-value.ts";
import { readFilters } from "../../../src/codecs/hdf5/filters.ts";
import { unfilter } from "../../../src/codecs/hdf5/unfilter.ts";
import { inflate } from "../../../src/codecs/hdf5/inflate.ts";
import { readLayout } from "../../../src/codecs/hdf5/layout.ts";
import { Builder } from "../../../src/codecs/hdf5/write/builder.ts";

const WIDTHS = { offset: 8, length: 8 };
const cursor = (builder: Builder): Cursor => new Cursor(builder.done(), 0, WIDTHS);

describe("data layout of versions 1 and 2", () => {
  it("contiguous", () => {
    const body = new Builder().u8(1, 2, 1, 0, 0, 0, 0, 0).u64(800).u32(4).u32(3);
    expect(readLayout(cursor(body))).toEqual({ kind: "contiguous", address: 800, size: Infinity });
  });

  it("chunked: the last size is that of a value", () => {
    const body = new Builder().u8(2, 3, 2, 0, 0, 0, 0, 0).u64(800).u32(4).u32(3).u32(8);
    expect(readLayout(cursor(body))).toEqual({
      kind: "chunked",
      chunk: [4, 3],
      elementSize: 8,
      index: { kind: "btree1", address: 800 },
      rawEdges: false,
    });
  });

  it("compact", () => {
    const body = new Builder().u8(1, 1, 0, 0, 0, 0, 0, 0).u32(3).u32(3).u8(7, 8, 9);
    expect(readLayout(cursor(body))).toEqual({ kind: "compact", bytes: Uint8Array.of(7, 8, 9) });
  });

  it.each([
    ["of an unknown version", new Builder().u8(9, 0)],
    ["of an unknown class", new Builder().u8(3, 9)],
    ["with an unknown chunk index", new Builder().u8(4, 2, 0, 1, 1, 4, 9)],
    ["with chunks of no values", new Builder().u8(3, 2, 1).u64(800).u32(0)],
    ["cut short", new Builder().u8(3, 1, 0)],
  ])("refused: %s", (_, body) => {
    expect(() => readLayout(cursor(body))).toThrow(/malformed\/hdf5/);
  });
});

describe("fill values", () => {
  const value = Uint8Array.of(1, 2);
  it.each([
    ["version 1 always has one", new Builder().u8(1, 2, 0, 0).u32(2).bytes(value), value],
    ["version 2, defined", new Builder().u8(2, 2, 0, 1).u32(2).bytes(value), value],
    ["version 2, not defined", new Builder().u8(2, 2, 0, 0), null],
    ["version 3, defined", new Builder().u8(3, 0x2a).u32(2).bytes(value), value],
    ["version 3, default", new Builder().u8(3, 0x0a), null],
  ])("%s", (_, body, expected) => {
    expect(readFillValue(cursor(body))).toEqual(expected);
  });

  it("the old message, and one of no bytes", () => {
    expect(readOldFillValue(cursor(new Builder().u32(2).bytes(value)))).toEqual(value);
    expect(readOldFillValue(cursor(new Builder().u32(0)))).toBeNull();
  });

  it("repeat to the end", () => {
    expect(filled(7, value)).toEqual(Uint8Array.of(1, 2, 1, 2, 1, 2, 1));
    expect(filled(1, value)).toEqual(Uint8Array.of(1));
    expect(filled(0, value)).toEqual(new Uint8Array());
    expect(filled(3, null)).toEqual(new Uint8Array(3));
  });
});

describe("dataspaces", () => {
  it.each([
    ["a scalar with axes", new Builder().u8(2, 1, 0, 0).u64(3)],
    ["an unknown kind", new Builder().u8(2, 0, 0, 3)],
    ["an axis beyond its maximum", new Builder().u8(1, 1, 1).zeros(5).u64(3).u64(2)],
    ["an axis beyond 2^53", new Builder().u8(1, 1, 0).zeros(5).u32(0).u32(0x7fffffff)],
  ])("refused: %s", (_, body) => {
    expect(() => readDataspace(cursor(body), 32)).toThrow(/malformed\/hdf5/);
  });
});

describe("datatypes whose values are not known", () => {
  const head = (kind: number, bits: number, size: number): Builder =>
    new Builder().u8(0x10 | kind, bits & 0xff, bits >> 8, 0).u32(size);
  it.each([
    ["an integer of 3 bytes", head(0, 0, 3).u16(0).u16(24), "integer, 3 bytes"],
    ["an integer of 5 bits", head(0, 0, 1).u16(0).u16(5), "integer, 1 bytes"],
    ["bfloat16 as a float", head(1, 0x0f20, 2).u16(0).u16(16).u8(7, 8, 0, 7).u32(127), "float, 2 bytes"],
    ["a VAX float", head(1, 0x1f61, 4).u16(0).u16(32).u8(23, 8, 0, 23).u32(127), "float, 4 bytes"],
    ["a time", head(2, 0, 4).u16(32), "time, 4 bytes"],
    ["bits", head(4, 0, 1).u16(0).u16(8), "bitfield, 1 bytes"],
    [
      "another enumeration",
      head(8, 2, 1)
        .bytes(head(0, 8, 1).u16(0).u16(8).done())
        .ascii("OFF\0\0\0\0\0ON\0\0\0\0\0\0")
        .u8(0, 1),
      "enumeration of 2 members, 1 bytes",
    ],
  ])("%s is named and kept", (_, body, description) => {
    const message = body.done();
    expect(readDatatype(cursor(body))).toEqual({ class: "other", description, size: message[4], message });
  });

  it("references are not kept", () => {
    expect(readDatatype(cursor(head(7, 0, 8)))).toEqual({ class: "other", description: "reference, 8 bytes", size: 8 });
  });

  it.each([
    ["no bytes", head(0, 0, 0).u16(0).u16(0)],
    ["an unknown version", new Builder().u8(0xf0, 0, 0, 0).u32(4)],
    ["more bits than bytes", head(0, 0, 2).u16(0).u16(24)],
    ["an exponent outside its number", head(1, 0x1f20, 4).u16(0).u16(32).u8(30, 8, 0, 23).u32(127)],
    ["an unknown charset", head(3, 0x50, 4)],
  ])("refused: %s", (_, body) => {
    expect(() => readDatatype(cursor(body))).toThrow(/malformed\/hdf5/);
  });
});

describe("filters", () => {
  it("of version 1 have padded names and values", () => {
    const body = new Builder().u8(1, 2).zeros(6).u16(2).u16(8).u16(1).u16(1).ascii("shuffle\0").u32(4).zeros(4);
    body.u16(40000).u16(8).u16(0).u16(0).ascii("mine\0\0\0\0");
    expect(readFilters(cursor(body))).toEqual([
      { id: 2, name: "shuffle", values: [4] },
      { id: 40000, name: "mine", values: [] },
    ]);
  });

  it("left out of a chunk are not undone, not even unknown ones", () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const filters = [
      { id: 40000, name: "mine", values: [] },
      { id: 2, name: "shuffle", values: [2] },
    ];
    expect(unfilter(bytes, filters, 0b11, 4)).toEqual(bytes);
    expect(unfilter(bytes, filters, 0b01, 4)).toEqual(Uint8Array.of(1, 3, 2, 4));
    expect(() => unfilter(bytes, filters, 0, 4)).toThrow(/unsupported\/filter.*40000 mine/);
    expect(() => unfilter(bytes, [], 0, 5)).toThrow(/malformed\/hdf5/);
  });

  it("a wrong fletcher32 is refused", () => {
    const fletcher = [{ id: 3, name: "fletcher32", values: [] }];
    expect(() => unfilter(Uint8Array.of(1, 2, 3, 4, 0, 0, 0, 0), fletcher, 0, 4)).toThrow(/malformed\/checksum/);
    expect(() => unfilter(Uint8Array.of(1), fletcher, 0, 4)).toThrow(/malformed\/hdf5/);
  });
});

describe("inflate", () => {
  let state = 1;
  const noise = Uint8Array.from({ length: 60_000 }, () => (state = Math.imul(state, 1664525) + 1013904223) >>> 24);
  it.each([
    ["short", noise.subarray(0, 100)],
    ["long", noise],
    ["empty", new Uint8Array()],
  ])("%s", (_, bytes) => {
    expect(inflate(zlibSync(bytes), bytes.length)).toEqual(bytes);
  });

  it.each([
    ["more than allowed", zlibSync(new Uint8Array(1000)), 999],
    ["more than allowed, not compressed", zlibSync(noise.subarray(0, 1000), { level: 0 }), 500],
    ["more than allowed, long", zlibSync(noise), 59_999],
    ["a bomb", zlibSync(new Uint8Array(50_000_000)), 1000],
    ["cut short", zlibSync(noise.subarray(0, 1000)).subarray(0, 500), 1000],
    ["cut short, long", zlibSync(noise).subarray(0, 40_000), 60_000],
    ["nothing", new Uint8Array(), 10],
    ["something else", noise.subarray(0, 100), 1000],
  ])("refused: %s", (_, bytes, limit) => {
    expect(() => inflate(bytes, limit)).toThrow(/malformed\//);
  });

  it("refused: a wrong checksum", () => {
    const bytes = zlibSync(noise.subarray(0, 100));
    bytes[bytes.length - 1]! ^= 1;
    expect(() => inflate(bytes, 100)).toThrow(/malformed\/checksum/);
  });
});

it("lookup3 is Bob Jenkins's", () => {
  expect(lookup3(new Uint8Array())).toBe(0xdeadbeef);
  expect(lookup3(new TextEncoder().encode("Four score and seven years ago"))).toBe(0x17770551);
});
