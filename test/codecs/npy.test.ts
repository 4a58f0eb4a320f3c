import { readFileSync } from "node:fs";
import fc from "fast-check";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { openNpy, parseNpy, writeNpy } from "../../src/codecs/npy.ts";
import { allocate, type DType, DTYPES, fromFloat16, type NumericArray } from "../../src/core/dtype.ts";
import { FormatError } from "../../src/core/error.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { collect } from "../importers/build.ts";

const FILES = unzipSync(new Uint8Array(readFileSync(new URL("../../fixtures/codecs/npy.zip", import.meta.url))));
const CASES = Object.keys(FILES)
  .filter((name) => name.endsWith(".npy"))
  .map((name) => name.slice(0, -4));

const read = (name: string): Uint8Array => FILES[`${name}.npy`]!;

interface Facts {
  readonly descr: string;
  readonly shape: number[];
  readonly values: string[];
}

/** The notation of fixtures/make/codecs.py. */
function asFacts({ dtype, data }: Tensor): string[] {
  return Array.from(data as ArrayLike<number | bigint | string>, (value) => {
    if (!dtype.startsWith("float")) return String(value);
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, dtype === "float16" ? fromFloat16(value as number) : (value as number));
    return bits.getBigUint64(0).toString(16).padStart(16, "0");
  });
}

function codeOf(bytes: Uint8Array, limits = DEFAULT_LIMITS): string {
  try {
    parseNpy(bytes, limits);
  } catch (error) {
    if (error instanceof FormatError) return error.code;
    throw error;
  }
  return "accepted";
}

/** A version 1 file around a hand-written header. */
function withHeader(dict: string, elements = new Uint8Array(0)): Uint8Array {
  const header = new TextEncoder().encode(`${dict}\n`);
  return Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0, ...header, ...elements);
}

describe("files of NumPy", () => {
  it.each(CASES)("%s is read", (name) => {
    const facts = JSON.parse(strFromU8(FILES[`${name}.json`]!)) as Facts;
    const tensor = parseNpy(read(name), DEFAULT_LIMITS);
    expect(tensor.shape).toEqual(facts.shape);
    expect(asFacts(tensor)).toEqual(facts.values);
  });

  it.each(CASES.filter((name) => !/be$|^fortran|^version|^bytes/.test(name)))("%s is written as NumPy does", (name) => {
    const bytes = read(name);
    expect(writeNpy(parseNpy(bytes, DEFAULT_LIMITS))).toEqual(bytes);
  });

  it.each(CASES)("%s is the same when its elements are read later, as a whole and in pieces", async (name) => {
    const whole = parseNpy(read(name), DEFAULT_LIMITS);
    const array = await openNpy(bytesSource(read(name)), DEFAULT_LIMITS);
    expect([array.dtype, array.shape]).toEqual([whole.dtype, whole.shape]);
    expect(await array.read()).toEqual(whole);
    if (whole.dtype === "string") return;
    const { buffer, byteOffset, byteLength } = whole.data as NumericArray;
    expect(await collect(array.slices())).toEqual(new Uint8Array(buffer, byteOffset, byteLength));
  });

  it("are refused when opened as when parsed", async () => {
    for (const name of CASES) {
      const bytes = read(name);
      for (const wrong of [bytes.slice(0, -1), new Uint8Array([...bytes, 0])]) {
        const opened = await openNpy(bytesSource(wrong), DEFAULT_LIMITS).then(
          () => "accepted",
          (error: unknown) => (error as FormatError).code,
        );
        expect(opened).toBe(codeOf(wrong));
      }
    }
  });

  it("are read at any alignment", () => {
    const bytes = read("f8le");
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(parseNpy(shifted.subarray(3), DEFAULT_LIMITS)).toEqual(parseNpy(bytes, DEFAULT_LIMITS));
  });

  it("are refused at every cut", () => {
    for (const name of CASES) {
      const bytes = read(name);
      for (let end = 0; end < bytes.length; end++)
        expect(codeOf(bytes.slice(0, end))).toMatch(/^(malformed|unsupported)/);
    }
  });

  it("with any byte changed are refused or read", () => {
    for (const name of CASES) {
      const bytes = read(name);
      for (let at = 0; at < bytes.length; at++) codeOf(bytes.with(at, bytes[at]! ^ (1 << (at % 8))));
    }
  });
});

describe("headers", () => {
  const four = new Uint8Array(4);
  it.each([
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", "accepted"],
    ["{'shape': (1L,), 'fortran_order': True, 'descr': \"<f4\"}", "accepted"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (), }", "accepted"],
    ["{'descr': '=f4', 'fortran_order': False, 'shape': (1, 1), }", "accepted"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1), }", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,), }", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': False}", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': True}", "malformed/npy"],
    ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "malformed/npy"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} exit()", "malformed/npy"],
    ["__import__('os')", "malformed/npy"],
    ["", "malformed/npy"],
    ["{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "unsupported/npy-object"],
    ["{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "unsupported/npy-dtype"],
    ["{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "unsupported/npy-dtype"],
    ["{'descr': '<M8[ns]', 'fortran_order': False, 'shape': (1,), }", "unsupported/npy-dtype"],
    ["{'descr': '<V2', 'fortran_order': False, 'shape': (2,), }", "unsupported/npy-dtype"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "malformed/truncated"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }", "malformed/npy-trailing"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }", "limit/tensor-bytes"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991), }", "limit/size"],
    ["{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "malformed/npy"],
    ["{'descr': '<U0', 'fortran_order': False, 'shape': (100000000,), }", "malformed/npy-trailing"],
    [`{'descr': '<f4', 'fortran_order': False, 'shape': (${"1, ".repeat(33)}), }`, "limit/rank"],
  ])("%s: %s", (dict, code) => expect(codeOf(withHeader(dict, four))).toBe(code));

  it("refuse a heap of empty strings", () => {
    expect(codeOf(withHeader("{'descr': '<U0', 'fortran_order': False, 'shape': (100000000,), }"))).toBe(
      "limit/entries",
    );
    const three = parseNpy(withHeader("{'descr': '<U0', 'fortran_order': False, 'shape': (3,), }"), DEFAULT_LIMITS);
    expect(three.data).toEqual(["", "", ""]);
  });

  it("refuse text that is none", () => {
    const dict = "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }";
    expect(codeOf(withHeader(dict, Uint8Array.of(0, 0, 0x11, 0)))).toBe("malformed/npy-text");
    expect(codeOf(withHeader(dict.replace("<U1", "|S4"), Uint8Array.of(0xff, 1, 1, 1)))).toBe("malformed/npy-text");
  });

  it("take any non-zero byte as true", () => {
    const dict = "{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }";
    expect(parseNpy(withHeader(dict, Uint8Array.of(0, 1, 2, 255)), DEFAULT_LIMITS).data).toEqual(
      Uint8Array.of(0, 1, 1, 1),
    );
  });
});

describe("any tensor", () => {
  const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 });
  const numeric = fc.constantFrom(
    ...DTYPES.filter((d): d is Exclude<DType, "string"> => d !== "string" && d !== "bfloat16"),
  );

  it("of numbers comes back", () => {
    fc.assert(
      fc.property(numeric, shape, fc.integer(), (dtype, dims, seed) => {
        const data = allocate(
          dtype,
          dims.reduce((a, b) => a * b, 1),
        );
        const bytes = new Uint8Array(data.buffer);
        for (let i = 0; i < bytes.length; i++)
          bytes[i] = dtype === "bool" ? (seed >> (i % 31)) & 1 : Math.imul(seed, i + 1) >> 3;
        const back = parseNpy(writeNpy({ dtype, shape: dims, data }), DEFAULT_LIMITS);
        expect([back.dtype, back.shape]).toEqual([dtype, dims]);
        expect(new Uint8Array((back.data as NumericArray).slice().buffer)).toEqual(bytes);
      }),
    );
  });

  it("of text comes back", () => {
    const text = fc.string({ unit: "binary" }).filter((s) => !s.endsWith("\0"));
    fc.assert(
      fc.property(fc.array(text), (data) => {
        const back = parseNpy(writeNpy({ dtype: "string", shape: [data.length], data }), DEFAULT_LIMITS);
        expect(back).toEqual({ dtype: "string", shape: [data.length], data });
      }),
    );
  });

  it("that NumPy would not hold is refused", () => {
    expect(() => writeNpy({ dtype: "bfloat16", shape: [1], data: new Uint16Array(1) })).toThrow(
      "unsupported/npy-dtype",
    );
    expect(() => writeNpy({ dtype: "string", shape: [1], data: ["a\0"] })).toThrow("unsupported/npy-text");
    expect(() => writeNpy({ dtype: "float32", shape: [2], data: new Float32Array(1) })).toThrow("mismatch/shape");
  });
});
