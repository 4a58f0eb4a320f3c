/**
 * Hashes of texts that TensorFlow's layers use: FarmHash's Fingerprint64 and SipHash-2-4 with a key.
 * Source: google/farmhash src/farmhash.cc (`farmhashna::Hash64`), tensorflow/core/platform/fingerprint.h.
 */
const WORD = 64;
const wrap = (x: bigint): bigint => BigInt.asUintN(WORD, x);
const K0 = 0xc3a5c85c97cb3127n;
const K1 = 0xb492b66fbe98f273n;
const K2 = 0x9ae16a3b2f90404fn;

const right = (x: bigint, by: number): bigint => wrap((x >> BigInt(by)) | (x << BigInt(WORD - by)));
const left = (x: bigint, by: number): bigint => right(x, WORD - by);
const shiftMix = (x: bigint): bigint => x ^ (x >> 47n);

function mix(u: bigint, v: bigint, mul: bigint): bigint {
  const a = shiftMix(wrap((u ^ v) * mul));
  return wrap(shiftMix(wrap((v ^ a) * mul)) * mul);
}

type Pair = readonly [bigint, bigint];

class Bytes {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  constructor(text: string) {
    this.#bytes = new TextEncoder().encode(text);
    this.length = this.#bytes.length;
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.length);
  }
  at(i: number): bigint {
    return BigInt(this.#bytes[i]!);
  }
  u32(i: number): bigint {
    return BigInt(this.#view.getUint32(i, true));
  }
  u64(i: number): bigint {
    return this.#view.getBigUint64(i, true);
  }
}

function upTo16(s: Bytes): bigint {
  const n = s.length;
  const mul = wrap(K2 + BigInt(2 * n));
  if (n >= 8) {
    const [a, b] = [wrap(s.u64(0) + K2), s.u64(n - 8)];
    return mix(wrap(right(b, 37) * mul + a), wrap((right(a, 25) + b) * mul), mul);
  }
  if (n >= 4) return mix(wrap(BigInt(n) + (s.u32(0) << 3n)), s.u32(n - 4), mul);
  if (n === 0) return K2;
  const y = s.at(0) + (s.at(n >> 1) << 8n);
  const z = BigInt(n) + (s.at(n - 1) << 2n);
  return wrap(shiftMix(wrap(y * K2) ^ wrap(z * K0)) * K2);
}

function upTo64(s: Bytes): bigint {
  const n = s.length;
  const mul = wrap(K2 + BigInt(2 * n));
  const a = wrap(s.u64(0) * (n <= 32 ? K1 : K2));
  const [b, c, d] = [s.u64(8), wrap(s.u64(n - 8) * mul), wrap(s.u64(n - 16) * K2)];
  const y = wrap(right(wrap(a + b), 43) + right(c, 30) + d);
  const z = mix(y, wrap(a + right(wrap(b + K2), 18) + c), mul);
  if (n <= 32) return z;
  const [e, f] = [wrap(s.u64(16) * mul), s.u64(24)];
  const [g, h] = [wrap((y + s.u64(n - 32)) * mul), wrap((z + s.u64(n - 24)) * mul)];
  return mix(wrap(right(wrap(e + f), 43) + right(g, 30) + h), wrap(e + right(wrap(f + a), 18) + g), mul);
}

function weak(s: Bytes, at: number, seedA: bigint, seedB: bigint): Pair {
  const [w, x, y, z] = [s.u64(at), s.u64(at + 8), s.u64(at + 16), s.u64(at + 24)];
  const c = wrap(seedA + w);
  const a = wrap(c + x + y);
  const b = wrap(right(wrap(seedB + c + z), 21) + right(a, 44));
  return [wrap(a + z), wrap(b + c)];
}

/** Fingerprint64 of a text's UTF-8 bytes. */
export function farmHash64(text: string): bigint {
  const s = new Bytes(text);
  const n = s.length;
  if (n <= 16) return upTo16(s);
  if (n <= 64) return upTo64(s);
  let x = 81n;
  let y = wrap(x * K1 + 113n);
  let z = wrap(shiftMix(wrap(y * K2 + 113n)) * K2);
  let [v, w]: [Pair, Pair] = [[0n, 0n], [0n, 0n]]; // prettier-ignore
  x = wrap(x * K2 + s.u64(0));
  const round = (at: number, mul: bigint, nine: bigint): void => {
    x = wrap(right(wrap(x + y + v[0] + s.u64(at + 8)), 37) * mul);
    y = wrap(right(wrap(y + v[1] + s.u64(at + 48)), 42) * mul);
    x ^= wrap(w[1] * nine);
    y = wrap(y + v[0] * nine + s.u64(at + 40));
    z = wrap(right(wrap(z + w[0]), 33) * mul);
    v = weak(s, at, wrap(v[1] * mul), wrap(x + w[0]));
    w = weak(s, at + 32, wrap(z + w[1]), wrap(y + s.u64(at + 16)));
    [z, x] = [x, z];
  };
  const end = Math.floor((n - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) round(at, K1, 1n);
  const mul = wrap(K1 + ((z & 0xffn) << 1n));
  const last = (n - 1) & 63;
  const first = wrap(w[0] + BigInt(last));
  v = [wrap(v[0] + first), v[1]];
  w = [wrap(first + v[0]), w[1]];
  round(end + last - 63, mul, 9n);
  return mix(wrap(mix(v[0], w[0], mul) + shiftMix(y) * K0 + z), wrap(mix(v[1], w[1], mul) + x), mul);
}

/** SipHash-2-4 of a text's UTF-8 bytes. */
export function sipHash64(text: string, [k0, k1]: Pair): bigint {
  const s = new Bytes(text);
  let [a, b, c, d] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      [a, c] = [wrap(a + b), wrap(c + d)];
      [b, d] = [left(b, 13) ^ a, left(d, 16) ^ c];
      a = left(a, 32);
      [c, a] = [wrap(c + b), wrap(a + d)];
      [b, d] = [left(b, 17) ^ c, left(d, 21) ^ a];
      c = left(c, 32);
    }
  };
  const take = (m: bigint): void => {
    d ^= m;
    rounds(2);
    a ^= m;
  };
  const whole = s.length - (s.length % 8);
  for (let at = 0; at < whole; at += 8) take(s.u64(at));
  let rest = BigInt(s.length & 0xff) << 56n;
  for (let i = whole; i < s.length; i++) rest |= s.at(i) << BigInt(8 * (i - whole));
  take(rest);
  c ^= 0xffn;
  rounds(4);
  return a ^ b ^ c ^ d;
}

const CAT = 0xc6a4a7935bd1e995n;

/** Two fingerprints as one: FingerprintCat64. */
export function joined(first: bigint, second: bigint): bigint {
  const start = first ^ CAT ^ wrap(shiftMix(wrap(second * CAT)) * CAT);
  return shiftMix(wrap(shiftMix(wrap(start * CAT)) * CAT));
}
