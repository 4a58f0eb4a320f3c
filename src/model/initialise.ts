/**
 * First values of weights in models built from code: Keras's 16 initialisers, under its names and options, drawn from the
 * documented generator (core/random.ts). Source: keras/src/initializers/random_initializers.py, constant_initializers.py.
 */
import { JsonNumber, type JsonNode } from "../codecs/json.ts";
import type { DType } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { Random } from "../core/random.ts";
import { seedBits } from "./seed.ts";
import { showShape, sizeOf, type Tensor } from "../core/tensor.ts";
import { type InitializerName, INITIALIZERS } from "../layers/initializers.ts";
import { orthogonal } from "./orthogonal.ts";
import { stft } from "./stft.ts";
import { withDType } from "../core/cast.ts";

/** Options of one initialiser. */
class Options {
  readonly #config: ReadonlyMap<string, JsonNode>;

  constructor(config: ReadonlyMap<string, JsonNode>) {
    this.#config = config;
  }
  number(key: string, initial: number): number {
    const value = this.#config.get(key);
    return value instanceof JsonNumber ? value.value : initial;
  }
  optionalText(key: string, initial: string): string | null {
    return this.#config.get(key) === null ? null : this.text(key, initial);
  }
  flag(key: string): boolean {
    return this.#config.get(key) === true;
  }
  text(key: string, initial: string): string {
    const value = this.#config.get(key);
    return typeof value === "string" ? value : initial;
  }
}

type Fill = (shape: readonly number[], options: Options, random: Random) => Float64Array;

const drawn = (shape: readonly number[], draw: () => number): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, draw);

/** Inputs and outputs of one unit. Source: `compute_fans`. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  const field = shape.slice(0, -2).reduce((a, b) => a * b, 1);
  return { fanIn: shape.at(-2)! * field, fanOut: shape.at(-1)! * field };
}

/** The standard deviation of a normal cut at two, as a fraction of the uncut one's. */
const TRUNCATED = 0.87962566103423978;

function scaled(scale: number, mode: string, distribution: string): Fill {
  return (shape, _options, random) => {
    const { fanIn, fanOut } = fans(shape);
    const fan = mode === "fan_in" ? fanIn : mode === "fan_out" ? fanOut : (fanIn + fanOut) / 2;
    const variance = scale / Math.max(1, fan);
    if (distribution === "uniform") {
      const limit = Math.sqrt(3 * variance);
      return drawn(shape, () => limit * (2 * random.uniform() - 1));
    }
    if (distribution === "untruncated_normal") return drawn(shape, () => Math.sqrt(variance) * random.normal());
    return drawn(shape, () => (Math.sqrt(variance) / TRUNCATED) * random.truncatedNormal());
  };
}

const constant = (shape: readonly number[], value: number): Float64Array => new Float64Array(sizeOf(shape)).fill(value);

function identity(shape: readonly number[], gain: number): Float64Array {
  if (shape.length !== 2) fail("mismatch/shape", { message: "Identity", expected: "2 axes", found: showShape(shape) });
  const [rows, columns] = shape as [number, number];
  return Float64Array.from({ length: rows * columns }, (_, i) => (Math.floor(i / columns) === i % columns ? gain : 0));
}

const FILLS: Readonly<Record<InitializerName, Fill>> = {
  Zeros: (shape) => constant(shape, 0),
  Ones: (shape) => constant(shape, 1),
  Constant: (shape, o) => constant(shape, o.number("value", 0)),
  Identity: (shape, o) => identity(shape, o.number("gain", 1)),
  RandomNormal: (shape, o, r) => drawn(shape, () => o.number("mean", 0) + o.number("stddev", 0.05) * r.normal()),
  TruncatedNormal: (shape, o, r) =>
    drawn(shape, () => o.number("mean", 0) + o.number("stddev", 0.05) * r.truncatedNormal()),
  RandomUniform: (shape, o, r) => {
    const [low, high] = [o.number("minval", -0.05), o.number("maxval", 0.05)];
    return drawn(shape, () => low + (high - low) * r.uniform());
  },
  VarianceScaling: (shape, o, r) =>
    scaled(o.number("scale", 1), o.text("mode", "fan_in"), o.text("distribution", "truncated_normal"))(shape, o, r),
  GlorotUniform: scaled(1, "fan_avg", "uniform"),
  GlorotNormal: scaled(1, "fan_avg", "truncated_normal"),
  HeUniform: scaled(2, "fan_in", "uniform"),
  HeNormal: scaled(2, "fan_in", "truncated_normal"),
  LecunUniform: scaled(1, "fan_in", "uniform"),
  LecunNormal: scaled(1, "fan_in", "truncated_normal"),
  Orthogonal: (shape, o, r) => orthogonal(shape, o.number("gain", 1), r),
  STFT: (shape, o) =>
    stft(shape, {
      side: o.text("side", "real"),
      window: o.optionalText("window", "hann"),
      scaling: o.optionalText("scaling", "density"),
      periodic: o.flag("periodic"),
    }),
};

/** What Keras also calls them. */
const ALIASES = { Normal: "RandomNormal", Uniform: "RandomUniform", One: "Ones", Zero: "Zeros", Stft: "STFT" } as const;

const pascal = (name: string): string => name.replace(/(^|_)([a-z0-9])/g, (_, __, c: string) => c.toUpperCase());

/** Values for a weight from its initialiser's config; without a seed there, from the running generator. */
export function initialise(init: JsonNode, shape: readonly number[], dtype: DType): Tensor {
  const config = init instanceof Map ? init.get("config") : undefined;
  const written = init instanceof Map ? init.get("class_name") : init;
  const called = pascal(typeof written === "string" ? written : "Zeros").replace(/(V2|Initializer)$/, "");
  const name = Object.hasOwn(ALIASES, called) ? ALIASES[called as keyof typeof ALIASES] : called;
  if (!Object.hasOwn(FILLS, name))
    return fail("unsupported/initializer", { expected: `one of ${INITIALIZERS.join(", ")}`, found: name });
  const fill = FILLS[name as InitializerName];
  const options = config instanceof Map ? config : new Map<string, JsonNode>();
  const seed = options.get("seed");
  const random = new Random(seed instanceof JsonNumber ? seed.value : seedBits());
  const values = fill(shape, new Options(options), random);
  return withDType({ dtype: "float64", shape, data: values }, dtype);
}
