/** Every operation against NumPy, TensorFlow and Keras; the numbers come from fixtures/make/ops_reference.py. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { DType } from "../../src/core/dtype.ts";
import { tensor } from "../../src/core/tensor.ts";
import { GraphBuilder } from "../../src/graph/builder.ts";
import { type OpName, SIGNATURES, type Slots } from "../../src/ops/signatures.ts";
import { flatSlots } from "../../src/ops/slots.ts";
import type { Attrs, Sym } from "../../src/ops/types.ts";
import { reference } from "../../src/engines/reference/backend.ts";
import { slotsOf } from "../support/slots.ts";

interface Stored {
  readonly shape: number[];
  readonly dtype: DType;
  readonly data: (number | "nan" | "inf" | "-inf")[];
}

interface Case {
  readonly op: OpName;
  readonly attrs: Attrs;
  /** In the order of the signature; null where an optional operand is absent. */
  readonly inputs: (Stored | null)[];
  readonly outputs: Stored[];
  readonly tolerance?: number;
}

const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
const numbers = (stored: Stored): number[] => stored.data.map((v) => (typeof v === "number" ? v : WORDS[v]));
const cases = JSON.parse(readFileSync(new URL("reference.json", import.meta.url), "utf8")) as Case[];

/** The step that the script writes in Python: two states, an output that is neither. */
function emitRnn(b: GraphBuilder, x: readonly (Sym | null)[], attrs: Attrs): readonly Sym[] {
  const [sequence, mask, ...states] = x as [Sym, Sym | null, ...Sym[]];
  const settings = {
    axis: attrs["axis"] === 0 ? 0 : 1,
    goBackwards: attrs["goBackwards"] === true,
    zeroOutputForMask: attrs["zeroOutputForMask"] === true,
  } as const;
  const out = b.rnn({ x: sequence, mask, states }, settings, (xt, [h, c]) => {
    const s = b.op.tanh(b.op.add(xt, b.op.multiply(h!, 0.5)));
    return { y: b.op.multiply(s, 2), states: [s, b.op.add(c!, s)] };
  });
  return [out.sequence, out.last, ...out.states];
}

async function run({ op, attrs, inputs }: Case, known: boolean) {
  const b = new GraphBuilder();
  const x = inputs.map((stored) =>
    stored === null ? null : b.input(known ? stored.shape : stored.shape.map(() => null), stored.dtype),
  );
  const y = op === "rnn" ? emitRnn(b, x, attrs) : flatSlots(b.emitAny(op, slotsOf(op, x) as Slots<Sym>, attrs));
  const session = await reference.open(b.finish(y));
  const given = inputs
    .filter((stored) => stored !== null)
    .map((stored) => tensor(numbers(stored), stored.shape, stored.dtype));
  return { shapes: y.map((s) => s.shape), outputs: await session.run(given, { precision: "float64" }) };
}

function expectClose(found: readonly number[], wanted: readonly number[], tolerance: number): void {
  const off = wanted.findIndex((w, i) => {
    const f = found[i]!;
    if (Object.is(f, w) || f === w) return false;
    return !(Math.abs(f - w) <= tolerance * Math.max(1, Math.abs(w)));
  });
  expect(off < 0 ? "equal" : `element ${off}: ${found[off]} for ${wanted[off]}`).toBe("equal");
}

describe.each([...new Set(cases.map((c) => c.op))])("%s", (name) => {
  const own = cases
    .filter((c) => c.op === name)
    .map((c) => [JSON.stringify([c.attrs, c.inputs.map((x) => x?.shape)]), c] as const);
  test.each(own)("%s", async (_, c) => {
    const { shapes, outputs } = await run(c, true);
    expect(shapes).toEqual(c.outputs.map((y) => y.shape));
    outputs.forEach((y, i) => {
      expect([y.shape, y.dtype]).toEqual([c.outputs[i]!.shape, c.outputs[i]!.dtype]);
      expectClose(Array.from(y.data as Float64Array, Number), numbers(c.outputs[i]!), c.tolerance ?? 1e-12);
    });
  });
});

test("lengths unknown while tracing give the same shapes", async () => {
  const weights = new Set([
    "conv",
    "convTranspose",
    "pool",
    "lstmCell",
    "gruCell",
    "simpleRnnCell",
    "convLstmCell",
    "batchNorm",
  ]);
  for (const c of cases.filter((one) => !weights.has(one.op))) {
    const { outputs } = await run(c, false);
    expect(outputs.map((y) => y.shape)).toEqual(c.outputs.map((y) => y.shape));
  }
});

test("every operation is covered", () => {
  const elsewhere = [
    "full",
    "iota",
    "reshape",
    "expandDims",
    "squeeze",
    "broadcastTo",
    "slice",
    "scan",
    "late",
    // Of gradients: test/train/operations.test.ts.
    "stopGradient",
    "random",
    "scatterAdd",
    // Against orders by JavaScript's own sort: test/layers/orders.test.ts.
    "argsort",
    // Of texts: see the fixtures of `layers/text`.
    "text",
  ];
  expect(
    Object.keys(SIGNATURES).filter((name) => !elsewhere.includes(name) && !cases.some((c) => c.op === name)),
  ).toEqual([]);
});
