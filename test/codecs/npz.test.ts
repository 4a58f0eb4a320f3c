import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openNpz, readNpz, writeNpz } from "../../src/codecs/npz.ts";
import { FormatError } from "../../src/core/error.ts";
import { DEFAULT_LIMITS } from "../../src/core/limits.ts";
import { bytesSource } from "../../src/core/source.ts";
import { tensor } from "../../src/core/tensor.ts";
import { forgeZip } from "./zip-forge.ts";

const FOLDER = new URL("../../fixtures/codecs/npz/", import.meta.url);
const seed = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));
const read = (bytes: Uint8Array, limits = DEFAULT_LIMITS) => readNpz(bytesSource(bytes, "io.npz"), limits);

const CONTENT = new Map([
  [
    "inputs/0",
    tensor([
      [0, 1, 2],
      [3, 4, 5],
    ]),
  ],
  ["outputs/0", tensor(new Float64Array(300))],
  ["größe", tensor(7n, [])],
]);

describe("npz", () => {
  it.each(["stored.npz", "deflated.npz"])("reads %s", async (name) => expect(await read(seed(name))).toEqual(CONTENT));

  it("writes what numpy.savez writes", () => {
    expect(writeNpz(CONTENT)).toEqual(seed("stored.npz"));
    expect(writeNpz(new Map())).toEqual(seed("empty.npz"));
  });

  it("gives back any tensors", async () => {
    const values = fc.array(fc.float()).map((list) => tensor(Float32Array.from(list)));
    const tensors = fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b/c", "__proto__", "x.npy"), values), {
      selector: ([name]) => name,
    });
    await fc.assert(
      fc.asyncProperty(tensors, async (pairs) => {
        expect(await read(writeNpz(new Map(pairs)))).toEqual(new Map(pairs));
      }),
    );
  });

  it("reads no array as a whole to open it, or to go through it", async () => {
    const values = Uint32Array.from({ length: 3 << 20 }, (_, i) => i * 2654435761);
    const inside = bytesSource(writeNpz(new Map([["a", tensor(values)]])), "io.npz");
    let longest = 0;
    const source = {
      ...inside,
      read: (offset: number, length: number) => {
        longest = Math.max(longest, length);
        return inside.read(offset, length);
      },
    };
    const array = (await openNpz(source, DEFAULT_LIMITS)).get("a")!;
    let at = 0;
    for await (const piece of array.slices()) {
      expect(Buffer.compare(piece, new Uint8Array(values.buffer, at, piece.length))).toBe(0);
      at += piece.length;
    }
    expect(at).toBe(values.byteLength);
    expect(longest).toBeLessThanOrEqual(1 << 22);
  });

  it("names the array at fault", async () => {
    const broken = forgeZip([{ name: "a.npy", data: "no array" }]);
    await expect(read(broken)).rejects.toThrow("error[malformed/npy] npy: io.npz: a.npy: expected the bytes");
    await expect(read(forgeZip([{ name: "readme" }]))).rejects.toThrow("unsupported/npz-member");
    await expect(read(seed("stored.npz"), { ...DEFAULT_LIMITS, totalTensorBytes: 2000 })).rejects.toThrow(
      "limit/total-tensor-bytes",
    );
  });

  it("refuses or reads what is damaged", async () => {
    const bytes = seed("deflated.npz");
    for (let at = 0; at < bytes.length; at++) {
      const result = await read(bytes.with(at, bytes[at]! ^ (1 << (at % 8)))).catch((error: unknown) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(FormatError);
      else expect([...(result as Map<string, unknown>).values()]).toEqual([...CONTENT.values()]);
    }
  });
});
