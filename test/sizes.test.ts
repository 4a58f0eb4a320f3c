/**
 * Every layer and operation with inputs of every rank and lengths of 0, on both backends, against what Keras 3 and tf-keras
 * do with them (fixtures/sizes, made by fixtures/make/size_cases.py): the same dtypes, shapes and numbers, or refused.
 */
import { describe, expect, it } from "vitest";
import { fromPlain } from "../src/codecs/json.ts";
import type { DType } from "../src/core/dtype.ts";
import { FormatError } from "../src/core/error.ts";
import { sizeOf, type Tensor } from "../src/core/tensor.ts";
import { tensor } from "../src/node.ts";
import { tableModel, tableOf } from "./support/tables.ts";

/** null: refused; "odd": Keras's kernel gives an empty tensor another shape than Keras declares. */
type Outcome = readonly (readonly [dtype: DType, shape: readonly number[], numbers: number | null])[] | null | "odd";
interface Case {
  readonly config: unknown;
  /** By rank; `config` where there is none. */
  readonly configs?: Readonly<Record<string, unknown>>;
  readonly count: number;
  readonly results: Readonly<Record<string, Outcome>>;
  readonly numbers: readonly (readonly (number | "nan" | "inf" | "-inf")[])[];
}

const RTOL = 1e-5;
const ATOL = 1e-6;

type Found = readonly Tensor[] | string;

/** What Keras computes and keraport refuses by name. */
const REFUSED: readonly (readonly [names: RegExp, codes: RegExp])[] = [
  // Inputs without channels, which its 2D adaptive pooling takes for images of one row.
  [/^Adaptive\w+2D/, /^mismatch\/rank$/],
  // Products of two axes, where nothing is in them.
  [/^Dot\//, /^mismatch\/shape$/],
  // Inputs without channels, which tf-keras's 3D upsampling takes.
  [/^UpSampling3D/, /^mismatch\/rank$/],
  // Sorting, and queries, along an axis of unknown length.
  [/^ops\.(median|dot_product_attention)/, /^unsupported\/layer$/],
  // What is cut, turned or taken apart along an axis of unknown length; matrices with no elements.
  [/^(array_split|argpartition|norm|i?rfft|depth_to_space|cross|lstsq)\(/, /^unsupported\/layer$/],
  [/^(pinv|linalg\.matrix_rank|det)\(/, /^(unsupported\/layer|mismatch\/shape)$/],
];
/**
 * What TensorFlow refuses and Keras computes on other backends; a crop of what only a run shows to be too short; in tf-keras
 * a softmax over the batch alone and negative indices; sums of no diagonal, products of many axes, lengths that only a run shows.
 */
const ANSWERED =
  /^(Embedding\/plain |ops\.pad(\/\w+)? |Cropped1D\/padded 2x\?x2|(Activation\/softmax|Softmax\/\w+) 2$|trace\(x,offset=1|lu_factor\(|(image\.crop_images|kron)\(.* 2x4x2$|append\(.* 2$)/;
/** Where TensorFlow gives numbers of which there are none: a window of three steps over two zeros. */
const ODD = /^Conv1D\/causal 2x(4x)?\?x2$/;

/** What a backend makes of a shape, or of the last of several batches of one model: outputs or the code of the refusal. */
async function run(
  { config, configs, count }: Case,
  key: string,
  semantics: "keras3" | "tf-keras",
  backend: "reference" | "wasm",
  batches?: readonly number[],
): Promise<Found> {
  const lengths = key.split("x");
  const declared = lengths.map((n, i) => (i === 0 || n === "?" ? null : Number(n)));
  const shape = lengths.map((n) => (n === "?" ? 0 : Number(n)));
  try {
    const model = tableModel(configs?.[lengths.length] ?? config, semantics, (options, className) => {
      if (className === "InputLayer")
        options.set(options.has("batch_shape") ? "batch_shape" : "batch_input_shape", fromPlain(declared));
    });
    const given = (form: readonly number[]): Tensor[] =>
      Array.from({ length: count }, (_, place) =>
        tensor(
          Array.from({ length: sizeOf(form) }, (_v, i) => Math.sin(i * 1.7 + place) * 2),
          [...form],
        ),
      );
    let found: readonly Tensor[] = [];
    for (const batch of batches ?? [shape[0]!])
      found = await model.predict(given([batch, ...shape.slice(1)]), { backend });
    return found;
  } catch (error) {
    if (error instanceof FormatError && !error.code.startsWith("internal/")) return error.code;
    throw error;
  }
}

const far = (a: number, b: number, limit: number): boolean => !(Object.is(a, b) || Math.abs(a - b) <= limit || a === b);

/** How what was found differs from what Keras gives; null where it does not. */
function against(found: Found, wanted: Outcome, numbers: Case["numbers"]): string | null {
  if (wanted === "odd") return null;
  // Where nothing comes out nothing can be wrong: kernels that refuse empty tensors need not be followed.
  if (wanted === null) return typeof found === "string" || found.some((y) => y.data.length === 0) ? null : "answers";
  if (typeof found === "string") return found;
  if (found.length !== wanted.length) return `${found.length} outputs`;
  for (const [i, [dtype, shape, place]] of wanted.entries()) {
    const y = found[i]!;
    if (y.dtype !== dtype || y.shape.join() !== shape.join()) return `${y.dtype}[${y.shape}] for ${dtype}[${shape}]`;
    if (place === null) continue;
    const values = numbers[place]!.map((v) =>
      v === "nan" ? NaN : v === "inf" ? Infinity : v === "-inf" ? -Infinity : v,
    );
    const limit = ATOL + RTOL * Math.max(0, ...values.filter(Number.isFinite).map(Math.abs));
    const at = values.findIndex((v, k) => far(Number(y.data[k]), v, limit));
    if (at >= 0) return `${String(y.data[at])} for ${values[at]}`;
  }
  return null;
}

/** How two engines differ. */
function apart(wasm: Found, reference: Found): string | null {
  if (typeof wasm === "string" || typeof reference === "string")
    return wasm === reference ? null : `wasm ${String(wasm)}, reference ${String(reference)}`;
  const outcome = reference.map(({ dtype, shape }, i) => [dtype, shape, i] as const);
  return against(
    wasm,
    outcome,
    reference.map(({ data }) => Array.from(data as ArrayLike<number>, Number)),
  );
}

for (const [file, semantics] of [
  ["keras3", "keras3"],
  ["tf_keras", "tf-keras"],
] as const) {
  describe(file, () => {
    it.each(Object.entries(tableOf<Case>(`sizes/${file}.json.gz`)))("%s", async (name, entry) => {
      const wrong: string[] = [];
      for (const [key, wanted] of Object.entries(entry.results)) {
        const reference = await run(entry, key, semantics, "reference");
        const wasm = await run(entry, key, semantics, "wasm");
        const engines = apart(wasm, reference);
        if (engines !== null) wrong.push(`${key}: engines: ${engines}`);
        if (!/[0?]/.test(key) && typeof reference !== "string") {
          const after = await run(entry, key, semantics, "wasm", [2, 5]);
          const other = apart(after, await run(entry, key, semantics, "reference", [5]));
          if (other !== null) wrong.push(`${key}: another batch: ${other}`);
        }
        const keras = ODD.test(`${name} ${key}`) ? null : against(reference, wanted, entry.numbers);
        const isRefused = REFUSED.some(([names, code]) => names.test(name) && code.test(String(reference)));
        const isAnswered = wanted === null && ANSWERED.test(`${name} ${key}`);
        if (keras !== null && !isRefused && !isAnswered) wrong.push(`${key}: keras: ${keras}`);
      }
      expect(wrong).toEqual([]);
    });
  });
}
