/** Files of the HDF5 library (2.0, through h5wasm), with random shapes, chunks and compression, read as it wrote them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { openHdf5 } from "../../../src/codecs/hdf5.ts";
import { DEFAULT_LIMITS } from "../../../src/core/limits.ts";
import { bytesSource } from "../../../src/core/source.ts";
import { madeByLibrary } from "./judge.ts";

const ARRAYS = {
  "<f": Float32Array,
  "<d": Float64Array,
  "<i": Int32Array,
  "<B": Uint8Array,
  "<h": Int16Array,
} as const;

const axis = fc.record({
  length: fc.integer({ min: 1, max: 40 }),
  chunk: fc.integer({ min: 1, max: 12 }),
  grows: fc.boolean(),
});
const array = fc.record({
  dtype: fc.constantFrom(...(Object.keys(ARRAYS) as (keyof typeof ARRAYS)[])),
  axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
  chunked: fc.boolean(),
  deflated: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1000 }),
});

it.each(["earliest", "latest"] as const)(
  "reads arrays of libver %s",
  async (libver) => {
    await fc.assert(
      fc.asyncProperty(fc.array(array, { minLength: 1, maxLength: 4 }), async (arrays) => {
        const expected = arrays.map(({ dtype, axes, seed }) => {
          const size = axes.reduce((product, { length }) => product * length, 1);
          const values = new ARRAYS[dtype](size);
          return values.map((_, i) => (i * seed) % 101);
        });
        const bytes = await madeByLibrary((file) => {
          arrays.forEach(({ dtype, axes, chunked, deflated }, i) => {
            file.create_dataset({
              name: `array_${i}`,
              data: expected[i]!,
              shape: axes.map(({ length }) => length),
              dtype,
              ...(chunked
                ? {
                    chunks: axes.map(({ length, chunk }) => Math.min(length, chunk)),
                    maxshape: axes.map(({ length, grows }) => (grows ? null : length)),
                  }
                : {}),
              ...(chunked && deflated ? { compression: "gzip" as const, compression_opts: [6] } : {}),
            });
            file.create_attribute(`attribute_${i}`, expected[i]!.slice(0, 50));
          });
        }, libver);
        const root = await openHdf5(bytesSource(bytes), DEFAULT_LIMITS);
        for (const [i, values] of expected.entries()) {
          const raw = new Uint8Array(values.buffer);
          const dataset = root.children.get(`array_${i}`);
          if (dataset?.kind !== "dataset") throw new Error("no dataset");
          expect(dataset.shape).toEqual(arrays[i]!.axes.map(({ length }) => length));
          expect(await dataset.read()).toEqual(raw);
          expect(root.attributes.get(`attribute_${i}`)?.raw).toEqual(raw.slice(0, 50 * values.BYTES_PER_ELEMENT));
        }
      }),
      { numRuns: 30 },
    );
  },
  60_000,
);

it("reads a file with many groups, whatever the library's version", async () => {
  for (const libver of ["earliest", "latest"] as const) {
    const bytes = await madeByLibrary((file) => {
      for (let i = 0; i < 400; i++) file.create_group(`layer_${i}`).create_attribute("name", `ü ${i}`);
    }, libver);
    const root = await openHdf5(bytesSource(bytes), DEFAULT_LIMITS);
    expect(root.children.size).toBe(400);
    expect(root.children.get("layer_377")?.attributes.get("name")?.strings).toEqual(["ü 377"]);
  }
});
