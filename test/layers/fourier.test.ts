/** Fourier transforms of lengths of every kind (primes, powers, products), against their sums in float64. */
import { expect, it } from "vitest";
import { tensor } from "../../src/index.ts";
import { load } from "../../src/node.ts";
import { nodeModel } from "../support/node-model.ts";

const SHORT = Array.from({ length: 48 }, (_, i) => i + 1);

const model = (name: string, n: number, count: number, config: Readonly<Record<string, unknown>>): Uint8Array =>
  nodeModel({
    module: "keras.src.ops.math",
    class: name,
    config,
    inputs: Object.fromEntries(["re", "im"].slice(0, count).map((part) => [part, [n]])),
    isList: count === 2,
    outputs: name === "IRFFT" ? 1 : 2,
  });

/** Numbers in [-1, 1) that float32 holds. */
const drawn = (n: number, salt: number): number[] =>
  Array.from({ length: n }, (_, i) => ((((i + 1) * 7919 + salt * 104729) % 2048) - 1024) / 1024);

/** Σ x·exp(sign·2πi·jk/n). */
function sums(re: readonly number[], im: readonly number[], n: number, sign: 1 | -1): [number[], number[]] {
  const cos = Array.from({ length: n }, (_, p) => Math.cos((2 * Math.PI * p) / n));
  const sin = Array.from({ length: n }, (_, p) => sign * Math.sin((2 * Math.PI * p) / n));
  const at = (k: number, a: readonly number[], b: readonly number[], way: 1 | -1): number =>
    a.reduce((sum, v, j) => sum + v * cos[(j * k) % n]! + way * b[j]! * sin[(j * k) % n]!, 0);
  const places = Array.from({ length: n }, (_, k) => k);
  return [places.map((k) => at(k, re, im, -1)), places.map((k) => at(k, im, re, 1))];
}

function expectNear(found: Iterable<number>, wanted: readonly number[], scale: number, what: string): void {
  const all = [...found];
  expect(all, what).toHaveLength(wanted.length);
  const worst = Math.max(...wanted.map((v, i) => Math.abs(v - all[i]!)));
  expect(worst, what).toBeLessThanOrEqual(scale);
}

it("lengths up to 48, powers of two and of ten, primes, and primes' doubles", { timeout: 60_000 }, async () => {
  for (const n of [...SHORT, 67, 101, 128, 202, 257, 600, 1000, 1018, 1024, 2039, 5000]) {
    const [re, im] = [drawn(n, 1), drawn(n, 2)];
    const scale = Math.min(4e-7 * n, 4e-4); // of sums of n numbers below 1, in float32
    const [a, b] = sums(re, im, n, -1);
    const whole = await load(model("FFT", n, 2, {}));
    const first = await load(model("RFFT", n, 1, { fft_length: null }));
    const [c, d] = sums(re, re.map(() => 0), n, -1); // prettier-ignore
    for (const backend of n > 202 ? (["wasm"] as const) : (["reference", "wasm"] as const)) {
      const [x, y] = await whole.predict([tensor(re, [1, n]), tensor(im, [1, n])], { backend });
      expectNear(x!.data as Float32Array, a, scale, `FFT ${n} real`);
      expectNear(y!.data as Float32Array, b, scale, `FFT ${n} imaginary`);
      const half = Math.floor(n / 2) + 1;
      const [p, q] = await first.predict(tensor(re, [1, n]), { backend });
      expectNear(p!.data as Float32Array, c.slice(0, half), scale, `RFFT ${n} real`);
      expectNear(q!.data as Float32Array, d.slice(0, half), scale, `RFFT ${n} imaginary`);
    }
  }
});

it("the inverse of a first half: its mirror is the rest, and the ends' imaginary parts count nothing", async () => {
  for (const n of [...SHORT.slice(1), 101, 128, 202, 600]) {
    const half = Math.floor(n / 2) + 1;
    const [re, im] = [drawn(half, 3), drawn(half, 4)];
    const mirror = (part: readonly number[], way: 1 | -1): number[] =>
      Array.from({ length: n }, (_, k) => (k < half ? part[k]! : way * part[n - k]!));
    const quiet = im.map((v, k) => (k === 0 || 2 * k === n ? 0 : v));
    const wanted = sums(mirror(re, 1), mirror(quiet, -1), n, 1)[0].map((v) => v / n);
    const inverse = await load(model("IRFFT", half, 2, { fft_length: n }));
    for (const backend of ["reference", "wasm"] as const) {
      const [y] = await inverse.predict([tensor(re, [1, half]), tensor(im, [1, half])], { backend });
      expectNear(y!.data as Float32Array, wanted, 1e-6, `IRFFT ${n}`);
    }
  }
});

it("a length is refused by its largest prime factor", async () => {
  await expect(load(model("RFFT", 8, 1, { fft_length: 2 ** 16 + 1 }))).rejects.toThrow(/limit\/size.*32768/s);
  await expect(load(model("RFFT", 8, 1, { fft_length: 2 ** 19 }))).rejects.toThrow(/limit\/size/);
  await expect(load(model("RFFT", 8, 1, { fft_length: 2 ** 13 - 1 }))).resolves.toBeDefined();
  await expect(load(model("RFFT", 8, 1, { fft_length: 2 ** 14 }))).resolves.toBeDefined();
});
