/** The engine refuses memory: an error that says so, and everything else stays usable. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { allocate } from "../../../src/core/dtype.ts";
import { tensor } from "../../../src/core/tensor.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Graph } from "../../../src/ops/types.ts";
import { wasm } from "../../../src/engines/wasm/backend.ts";
import { random } from "./ops.ts";
import { lstm } from "../../graph/build.ts";

const refused = expect.objectContaining({ code: "limit/memory" });
const refusal = (): never => {
  throw new RangeError("WebAssembly.Memory.grow(): Maximum memory size exceeded");
};

function graphOf(): Graph {
  const b = new GraphBuilder();
  const { sequence } = lstm(b, b.input([null, null, 5], "float32"), 6);
  return b.finish([sequence]);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("a memory that does not grow", () => {
  test("fails the run that needs it; the session goes on with what it has, and with more later", async () => {
    const session = await wasm.open(graphOf());
    const small = [random([1, 3, 5])];
    const large = [random([40, 200, 5])];
    const before = await session.run(small);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(refusal);
    await expect(session.run(large)).rejects.toThrow(refused);
    expect(await session.run(small)).toEqual(before);
    grow.mockRestore();
    const [found] = await session.run(large);
    expect(found!.shape).toEqual([40, 200, 6]);
    expect(await session.run(small)).toEqual(before);
  });

  test("fails one model and leaves the others alone", async () => {
    const other = await wasm.open(graphOf());
    const x = [random([2, 3, 5])];
    const before = await other.run(x);
    const grow = vi.spyOn(WebAssembly.Memory.prototype, "grow").mockImplementation(refusal);
    const session = await wasm.open(graphOf());
    await expect(session.run([random([64, 400, 5])])).rejects.toThrow(refused);
    expect(await other.run(x)).toEqual(before);
    grow.mockRestore();
    expect(await session.run(x)).toEqual(before);
  });
});

test("values beyond what a memory can hold are refused before any is taken", async () => {
  const b = new GraphBuilder();
  const x = b.input([1], "float32");
  const session = await wasm.open(b.finish([b.op.sum(b.op.exp(b.op.broadcastTo(x, [70_000, 70_000])), [0, 1])]));
  await expect(session.run([tensor([1], [1])])).rejects.toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^limit\//) }),
  );
});

test("so are arrays that the engine has no room for", () => {
  expect(() => allocate("float32", 2 ** 50)).toThrow(refused);
});
