/** Random numbers of a seed: the same on both engines, even, and other ones for another seed or stream. */
import { expect, it } from "vitest";
import { openReference } from "../../src/engines/reference/session.ts";
import { openWasm } from "../../src/engines/wasm/session.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";

const COUNT = 1 << 16;

function graph() {
  const builder = new GraphBuilder();
  const seed = builder.input([], "int32");
  return builder.finish([0, 1].map((stream) => builder.op.random(seed, [COUNT], stream, "float32")));
}

const of = (seed: number) => [{ dtype: "int32" as const, shape: [], data: Int32Array.of(seed) }];

it("random numbers are the same on both engines", async () => {
  const [reference, wasm] = [await openReference(graph()), await openWasm(graph())];
  for (const seed of [0, 1, -5]) expect(await wasm.run(of(seed))).toEqual(await reference.run(of(seed)));
});

it("random numbers are even, and of others independent", async () => {
  const session = await openWasm(graph());
  const runs = [...(await session.run(of(7))), ...(await session.run(of(8)))].map(({ data }) => data as Float32Array);
  const error = 1 / Math.sqrt(COUNT);
  for (const data of runs) {
    const bins = new Array<number>(64).fill(0);
    for (const x of data) bins[Math.floor(x * 64)]!++;
    const expected = COUNT / 64;
    // 63 degrees of freedom: above 120 once in 10^5.
    expect(bins.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)).toBeLessThan(120);
    for (const other of [...runs.filter((r) => r !== data), data.subarray(1)]) {
      let product = 0;
      for (let i = 0; i < other.length; i++) product += (data[i]! - 0.5) * (other[i]! - 0.5);
      expect(Math.abs(product / other.length) * 12).toBeLessThan(5 * error);
    }
  }
});
