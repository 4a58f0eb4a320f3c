/** How the live check judges what is off by more than the contract allows: by made-up tensors, whose faults it must see. */
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Tensor, valuesOf } from "../src/core/tensor.ts";
import { withDType } from "../src/core/cast.ts";
import { compareTensors, DEFAULT_TOLERANCE } from "../src/verify/compare.ts";
import { truthExcess } from "../src/verify/truth-rule.ts";
import { ROOT } from "./source-files.ts";

interface Excess {
  readonly excess: number;
  readonly beyond: { readonly keras?: string; readonly half?: string; readonly condition?: string };
  readonly wrong: string | null;
}
interface Made {
  readonly calls: number;
  readonly half: boolean;
  readonly folder: string;
}
interface Check {
  nearOf(lib: object): object;
  compareAll(
    lib: object,
    found: readonly Tensor[],
    expected: readonly Tensor[],
    tolerance: object,
  ): { readonly ok: boolean };
  checkExcess(
    lib: object,
    model: object,
    values: unknown,
    made: Made,
    exact: unknown,
    backend: string,
    asked: {
      readonly moves: (request: { readonly times: number; readonly digit: number }) => Promise<unknown>;
      readonly twin: () => Promise<unknown>;
    },
  ): Promise<Excess>;
}
interface Judging {
  isTrueOutput(lib: object, found: Tensor, first: Tensor, exact: Tensor, half?: boolean): boolean;
}
interface Reported {
  add(library: string, made: object, result: object): void;
  print(): void;
}

const lib = { compareTensors, DEFAULT_TOLERANCE, truthExcess, valuesOf, withDType };
const floats = (data: readonly number[]): Tensor => ({ dtype: "float32", shape: [1, data.length], data: Float32Array.from(data) }); // prettier-ignore
const doubles = (data: readonly number[]): Tensor => ({ dtype: "float64", shape: [1, data.length], data: Float64Array.from(data) }); // prettier-ignore

const script = async <T>(name: string): Promise<T> => (await import(join(ROOT, "scripts/oracle", name))) as T;
let check: Check;
let judging: Judging;
let Report: new (seed: number, total: number) => Reported;
beforeAll(async () => {
  check = await script("check.mjs");
  judging = await script("judging.mjs");
  ({ Report } = await script<{ Report: typeof Report }>("report.mjs"));
});
afterEach(() => vi.restoreAllMocks());

type Numbers = (all: readonly number[]) => number[];

/** A model of eight weights, all 1, and an output of each; `found` is what an engine makes of the right ones. */
function judged(
  of: (w: number, i: number) => number,
  found: Numbers,
  keras: Numbers = (all) => [...all],
): Promise<Excess> {
  const right = [1, 1, 1, 1, 1, 1, 1, 1].map(of);
  return judgedAs({ exact: right, keras: keras(right), found: floats(found(right)) }, (digit, round) =>
    right.map((_, i) => of(1 + ((i + round) % 3 === 0 ? -digit : digit), i)),
  );
}

interface Results {
  readonly exact: readonly number[];
  readonly keras: readonly number[];
  readonly found: Tensor;
}

/**
 * `moved`: what Keras makes of weights that moved by a digit; `coarse`: the dtype that policies of 16 bits have; `alike`: what
 * a model in float64 gives that has their casts, null where there is none.
 */
async function judgedAs(
  { exact, keras, found }: Results,
  moved: (digit: number, round: number) => readonly number[],
  coarse?: "float16" | "bfloat16",
  alike: readonly number[] | null = null,
): Promise<Excess> {
  const model = {
    outputs: [{ dtype: found.dtype }],
    graph: { values: new Map([[0, { dtype: coarse ?? "float32" }]]) },
    predict: () => Promise.resolve([found]),
    resetStates: () => undefined,
  };
  let answers = new Map<string, Tensor>();
  const asked = {
    moves: ({ times, digit }: { readonly times: number; readonly digit: number }) => {
      answers = new Map(Array.from({ length: times }, (_, round) => [`moves${round}/0`, floats(moved(digit, round))]));
      return Promise.resolve();
    },
    twin: () => {
      if (alike === null) return Promise.reject(new Error("none"));
      answers = new Map([["truth/0", doubles(alike)]]);
      return Promise.resolve();
    },
  };
  const own = { ...lib, values: () => Promise.resolve(answers) };
  const half = coarse !== undefined;
  const values = new Map([["outputs/0", floats(keras)]]);
  return check.checkExcess(own, model, values, { calls: 1, half, folder: "" }, [doubles(exact)], "wasm", asked);
}

/** Eight signs, of which one changes with the last digit of its weight. */
const sign = (w: number, i: number): number => (i === 3 ? Math.sign(w - 1 + 1e-9) : 1);
/** Eight numbers, of which one is infinite with another last digit of its weight. */
const pole = (w: number, i: number): number => (i === 3 ? 1 / (1 + 2 ** -23 - w) : 1);
const at = (place: number, value: number) => (all: readonly number[]): number[] => all.map((n, i) => (i === place ? value : n)); // prettier-ignore

describe("a backend that is off by more than allowed", () => {
  it("passes where each number is one that weights of another last digit give", async () => {
    const result = await judged(sign, at(3, -1));
    expect(result).toMatchObject({ wrong: null, beyond: { condition: expect.stringContaining("off by 2 of 1") } });
    expect(result.excess).toBeGreaterThan(1);
  });

  it("passes where it is near Keras's result", async () => {
    const { wrong, beyond } = await judged(() => 1, at(0, 1 + 6e-6), at(0, 1 + 1e-6));
    expect([wrong, Object.keys(beyond)]).toEqual([null, ["keras"]]);
  });

  const FAULTS: readonly (readonly [string, (w: number, i: number) => number, Numbers])[] = [
    ["another number moves", sign, (all) => all.map((n, i) => (i === 3 ? n : 0))],
    ["another moves, less than that one", sign, at(5, 0.5)],
    ["that one moves, and another with it", sign, (all) => all.map((_, i) => (i === 3 ? -1 : i === 6 ? 1.1 : 1))],
    ["that one moves further", sign, at(3, -2)],
    ["that one is no number", sign, at(3, Number.NaN)],
    ["one moves to infinity, all are no numbers", pole, (all) => all.map(() => Number.NaN)],
    ["one moves to infinity, another is wrong", pole, at(0, 100)],
    ["one moves to infinity, as that one is", pole, at(3, Infinity)],
  ];
  it.each(FAULTS)("is wrong where %s", async (_, of, found) => {
    const { wrong, beyond } = await judged(of, found);
    expect([wrong, beyond]).toEqual([expect.stringContaining("output 0 off by"), {}]);
  });
});

describe("outputs that are small", () => {
  const small = (all: readonly number[]): number[] => all.map((n) => n * 1e-8);

  it("are wrong where they differ, however little that is", async () => {
    const result = await judged(() => 1e-8, (all) => all.map((n, i) => (i === 2 ? 2 * n : n))); // prettier-ignore
    expect(result).toMatchObject({ wrong: expect.stringContaining("output 0 off by"), beyond: {} });
    const near = check.nearOf(lib);
    const one = (found: readonly number[]) =>
      check.compareAll(lib, [floats(small(found))], [floats(small([1, 2]))], near);
    expect([one([1, 2]).ok, one([1, 2.00001]).ok, one([1, 2.1]).ok, one([2, 1]).ok]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("with policies of 16 bits, where exact is Keras's float64 twin", () => {
  const ones = [1, 1, 1, 1];
  /** One number is moved by a mask or a cast that the twin has not. */
  const cast = [0.6, 1, 1, 1];
  const CASES: readonly (readonly [string, readonly number[], readonly number[], boolean])[] = [
    ["near both", [1.004, 1, 1, 1], [1, 1.004, 1, 1], true],
    ["near Keras, which is far from its twin", cast, [0.61, 1, 1, 1.01], true],
    ["the twin's, and not Keras's", cast, ones, false],
    ["half way between them", cast, [0.8, 1, 1, 1], false],
    ["near Keras in that number, and wrong in another", cast, [0.6, 1, 1, 0.7], false],
    ["within four times of a large error of Keras's", [1.03, 1, 1, 1], [1, 1.2, 1, 1], false],
    ["no number", cast, [Number.NaN, 1, 1, 1], false],
    ["further from both than Keras, whose own error is small", [1.001, 1, 1, 1], [1.02, 1, 1, 1], false],
  ];
  it.each(CASES)("%s", async (_, keras, found, isRight) => {
    const result = await judgedAs({ exact: ones, keras, found: floats(found) }, () => keras, "bfloat16");
    expect([result.wrong === null, result.beyond]).toEqual([isRight, {}]);
  });

  it("of float16, whose steps are shorter", async () => {
    const keras = [0.98, 1, 1, 1];
    const about = { exact: ones, keras, found: floats(ones) };
    expect((await judgedAs(about, () => keras, "bfloat16")).wrong).toBeNull();
    expect((await judgedAs(about, () => keras, "float16")).wrong).toContain("from Keras by 0.0");
  });

  it("passes where Keras moves as far", async () => {
    const about = { exact: ones, keras: cast, found: floats([1.3, 1, 1, 1]) };
    const { wrong, beyond } = await judgedAs(about, (digit, round) => (round === 5 ? [1 + 80 * digit, 1, 1, 1] : cast), "bfloat16"); // prettier-ignore
    expect([wrong, Object.keys(beyond)]).toEqual([null, ["condition"]]);
    expect((await judgedAs(about, () => cast, "bfloat16")).wrong).not.toBeNull();
  });

  it.each([
    ["the other one's", ones, true],
    ["neither", [1, 1, 0.9, 1], false],
    ["and that one, with its casts, is Keras's", cast, false],
    ["and there is none", null, false],
  ] as const)("the twin's, and %s", async (_, alike, isRight) => {
    const about = { exact: ones, keras: cast, found: floats(ones) };
    const { wrong, beyond } = await judgedAs(about, () => cast, "bfloat16", alike);
    expect([wrong === null, Object.keys(beyond)]).toEqual([isRight, isRight ? ["twin"] : []]);
  });

  it.each([[1.004, true], [1.5, false]] as const)("outputs of bfloat16: %f", async (n, isRight) => {
    const found = withDType(floats([n, 1, 1, 1]), "bfloat16");
    expect((await judgedAs({ exact: ones, keras: ones, found }, () => ones, "bfloat16")).wrong === null).toBe(isRight);
  }); // prettier-ignore
});

describe("what another library computes is true", () => {
  const exact = doubles([0, 1, 1, 1, 1]);
  it.each([
    ["within twice the first one's error", [0, 1 + 1e-5, 1, 1, 1], [0, 1, 1 - 1.9e-5, 1, 1], true],
    ["beyond it", [0, 1 + 1e-5, 1, 1, 1], [0, 1, 1 - 2.2e-5, 1, 1], false],
    ["by the floor where the first one is exact", [0, 1, 1, 1, 1], [0, 1, 1 + 4e-7, 1, 1], true],
    ["beyond the floor", [0, 1, 1, 1, 1], [0, 1, 1 + 7e-7, 1, 1], false],
    ["beside a first one that is wrong itself", [1, 1, 1, 1, 1], [0, -1, -1, -1, -1], false],
    ["as wrong as the first one", [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], false],
    ["beside a first one that is no number", [Number.NaN, 1, 1, 1, 1], [0, 5, 1, 1, 1], false],
    ["of another shape", [0, 1, 1, 1, 1], [0, 1, 1, 1], false],
  ] as const)("%s: %j, %j: %s", (_, first, found, isTrue) => {
    expect(judging.isTrueOutput(lib, floats(found), floats(first), exact)).toBe(isTrue);
  });

  it("with policies of 16 bits, whose rounding is coarser", () => {
    const [first, found] = [floats([0, 1 + 2e-3, 1, 1, 1]), floats([0, 1, 1 + 3e-3, 1, 1])];
    expect([false, true].map((half) => judging.isTrueOutput(lib, found, first, exact, half))).toEqual([false, true]);
    expect(judging.isTrueOutput(lib, floats([0, -1, 1, 1, 1]), floats([1, 1, 1, 1, 1]), exact, true)).toBe(false);
  });
});

it("the report counts apart why such models pass", () => {
  const report = new Report(1, 6);
  for (const beyond of [
    { keras: "a" },
    { condition: "b" },
    { condition: "c", keras: "d" },
    { half: "e" },
    { twin: "f" },
    {},
  ]) {
    const result = { maxRel: 0, refused: [], wasm: { excess: 2, beyond, wrong: null } };
    report.add("keras3", { classes: [], seed: 1, container: "h5" }, result);
  }
  const said = vi.spyOn(console, "log").mockImplementation(() => undefined);
  report.print();
  const [text] = said.mock.calls[0] as [string];
  expect(text).toContain("wasm backend: 6 models; with an output that passes though off by more than allowed: 5\n");
  expect([...text.matchAll(/^ {2}\S.*: (\d)$/gm)].map(([, n]) => Number(n))).toEqual([2, 1, 1, 2]);
});
