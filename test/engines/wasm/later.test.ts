/** Rules that are loaded when a plan first asks for them. */
import { expect, it, vi } from "vitest";
import { fail, FormatError } from "../../../src/core/error.ts";
import type { compile } from "../../../src/engines/wasm/compile.ts";
import { FixedMemory, Linker } from "../../../src/engines/wasm/link.ts";
import { checkLoaded, loaded, withRules } from "../../../src/engines/wasm/rules/later.ts";
import { GraphBuilder } from "../../../src/graph/builder.ts";
import type { Ops } from "../../../src/ops/builder.ts";
import type { Sym } from "../../../src/ops/types.ts";

it("are missing at once, and there for a plan that waits for them", async () => {
  expect(() => loaded("random")).toThrow(expect.objectContaining({ code: "mismatch/not-prepared", found: "random" }));
  let plans = 0;
  const rules = await withRules(() => (plans++, [loaded("random"), loaded("resize"), loaded("random")]));
  expect(rules[0]).toBe(rules[2]);
  // One that fails for each kind that is missing, and the one that is made.
  expect(plans).toBe(3);
  expect(loaded("resize")).toBe(rules[1]);
});

it("come all at once to a plan that asks for them together", async () => {
  let plans = 0;
  await withRules(() => (plans++, checkLoaded(["join", "random", "reduce"])));
  expect(plans).toBe(2);
});

it("are no reason to plan again what fails by itself", async () => {
  let plans = 0;
  const planned = withRules(() => (plans++, fail("limit/memory")));
  await expect(planned).rejects.toThrow(FormatError);
  expect(plans).toBe(1);
});

it("come to several plans at the same time", async () => {
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const plan = (ms: number) => withRules(async () => (await wait(ms), loaded("lookup").gatherRule));
  const [a, b] = await Promise.all([plan(0), plan(1)]);
  expect(a).toBe(b);
});

/** What a plan asks for when it begins: before composites are spelt out, which is not done twice. */
it.each<[kinds: string, make: (op: Ops, x: Sym) => Sym]>([
  ["attention", (op, x) => op.activation(x, { fn: "softmax" })],
  ["reduce", (op, x) => op.activation(x, { fn: "log_softmax" })],
  ["reduce", (op, x) => op.layerNorm(x, null, null, { axes: [1], epsilon: 1e-3, rms: false })],
  ["lookup halves", (op, x) => op.cumsum(op.cast(x, "float16"), 1)],
])("of %s are asked for at once, and that is all", async (kinds, make) => {
  vi.resetModules();
  const fresh = {
    ...(await import("../../../src/engines/wasm/compile.ts")),
    ...(await import("../../../src/engines/wasm/rules/later.ts")),
  };
  const b = new GraphBuilder();
  const graph = b.finish([make(b.op, b.input([2, 3], "float32"))]);
  const plan = (from: typeof compile) => from(graph, [[2, 3]], new Linker({ relaxed: false }), new FixedMemory());
  expect(() => plan(fresh.compile)).toThrow(expect.objectContaining({ code: "mismatch/not-prepared", found: kinds }));
  let plans = 0;
  await fresh.withRules(() => (plans++, plan(fresh.compile)));
  expect(plans).toBe(2);
});
