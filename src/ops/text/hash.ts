/**
 * Hashes of texts that TensorFlow's layers use: FarmHash's Fingerprint64 and SipHash-2-4 with a key.
 * Source: google/farmhash src/farmhash.cc (`farmhashna::Hash64`), tensorflow/core/platform/fingerprint.h.
 */

/** A number of 64 bits as two of 32: BigInts take ten times as long. */
export interface Word {
  readonly high: number;
  readonly low: number;
}

const word = (high: number, low: number): Word => ({ high: high | 0, low: low | 0 });
const small = (n: number): Word => word(0, n);

/** The lower 64 bits of a whole number. */
export const wordOf = (x: bigint): Word => word(Number(BigInt.asIntN(32, x >> 32n)), Number(BigInt.asIntN(32, x)));

/** What is left of a number without sign when divided. */
export function remainder({ high, low }: Word, by: number): number {
  // What stands between is a whole number below 2^53.
  if (by <= 2 ** 21) return (((high >>> 0) % by) * 2 ** 32 + (low >>> 0)) % by;
  return Number(((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)) % BigInt(by));
}

function add(a: Word, b: Word): Word {
  const low = (a.low >>> 0) + (b.low >>> 0);
  return word(a.high + b.high + (low >= 2 ** 32 ? 1 : 0), low);
}

const xor = (a: Word, b: Word): Word => word(a.high ^ b.high, a.low ^ b.low);

function times(a: Word, b: Word): Word {
  const [a0, a1, b0, b1] = [a.low & 0xffff, a.low >>> 16, b.low & 0xffff, b.low >>> 16];
  const first = a0 * b0;
  const second = a1 * b0 + (first >>> 16);
  const third = a0 * b1 + (second & 0xffff);
  const carried = a1 * b1 + (second >>> 16) + (third >>> 16);
  return word(carried + Math.imul(a.high, b.low) + Math.imul(a.low, b.high), (third << 16) | (first & 0xffff));
}

/** Turned by 1 to 63 places but 32. */
function right({ high, low }: Word, by: number): Word {
  const [n, rest] = [by & 31, 32 - (by & 31)];
  const [near, far] = [(high >>> n) | (low << rest), (low >>> n) | (high << rest)];
  return by < 32 ? word(near, far) : word(far, near);
}

const left = (x: Word, by: number): Word => right(x, 64 - by);
const turned = ({ high, low }: Word): Word => word(low, high);
const shiftMix = ({ high, low }: Word): Word => word(high, low ^ (high >>> 15));

const K0 = wordOf(0xc3a5c85c97cb3127n);
const K1 = wordOf(0xb492b66fbe98f273n);
const K2 = wordOf(0x9ae16a3b2f90404fn);

function mix(u: Word, v: Word, mul: Word): Word {
  const a = shiftMix(times(xor(u, v), mul));
  return times(shiftMix(times(xor(v, a), mul)), mul);
}

type Pair = readonly [Word, Word];

const encoder = new TextEncoder();
/** The bytes of one text after another, where they are few. */
const few = new Uint8Array(256);

class Bytes {
  readonly length: number;
  readonly #bytes: Uint8Array;
  constructor(text: string) {
    let n = 0;
    for (; n < text.length && n < few.length; n++) {
      const code = text.charCodeAt(n);
      if (code > 0x7f) break;
      few[n] = code;
    }
    this.#bytes = n === text.length ? few : encoder.encode(text);
    this.length = n === text.length ? n : this.#bytes.length;
  }
  at(i: number): number {
    return this.#bytes[i]!;
  }
  u32(i: number): number {
    return this.at(i) | (this.at(i + 1) << 8) | (this.at(i + 2) << 16) | (this.at(i + 3) << 24);
  }
  u64(i: number): Word {
    return word(this.u32(i + 4), this.u32(i));
  }
}

function upTo16(s: Bytes): Word {
  const n = s.length;
  const mul = add(K2, small(2 * n));
  if (n >= 8) {
    const [a, b] = [add(s.u64(0), K2), s.u64(n - 8)];
    return mix(add(times(right(b, 37), mul), a), times(add(right(a, 25), b), mul), mul);
  }
  if (n >= 4) {
    const first = s.u32(0);
    return mix(add(small(n), word(first >>> 29, first << 3)), small(s.u32(n - 4)), mul);
  }
  if (n === 0) return K2;
  const y = small(s.at(0) + (s.at(n >> 1) << 8));
  const z = small(n + (s.at(n - 1) << 2));
  return times(shiftMix(xor(times(y, K2), times(z, K0))), K2);
}

function upTo64(s: Bytes): Word {
  const n = s.length;
  const mul = add(K2, small(2 * n));
  const a = times(s.u64(0), n <= 32 ? K1 : K2);
  const [b, c, d] = [s.u64(8), times(s.u64(n - 8), mul), times(s.u64(n - 16), K2)];
  const y = add(add(right(add(a, b), 43), right(c, 30)), d);
  const z = mix(y, add(add(a, right(add(b, K2), 18)), c), mul);
  if (n <= 32) return z;
  const [e, f] = [times(s.u64(16), mul), s.u64(24)];
  const [g, h] = [times(add(y, s.u64(n - 32)), mul), times(add(z, s.u64(n - 24)), mul)];
  return mix(add(add(right(add(e, f), 43), right(g, 30)), h), add(add(e, right(add(f, a), 18)), g), mul);
}

function weak(s: Bytes, at: number, seedA: Word, seedB: Word): Pair {
  const [w, x, y, z] = [s.u64(at), s.u64(at + 8), s.u64(at + 16), s.u64(at + 24)];
  const c = add(seedA, w);
  const a = add(add(c, x), y);
  const b = add(right(add(add(seedB, c), z), 21), right(a, 44));
  return [add(a, z), add(b, c)];
}

/** Fingerprint64 of a text's UTF-8 bytes. */
export function farmHash64(text: string): Word {
  const s = new Bytes(text);
  const n = s.length;
  if (n <= 16) return upTo16(s);
  if (n <= 64) return upTo64(s);
  let x = small(81);
  let y = add(times(x, K1), small(113));
  let z = times(shiftMix(add(times(y, K2), small(113))), K2);
  let [v, w]: [Pair, Pair] = [[small(0), small(0)], [small(0), small(0)]]; // prettier-ignore
  x = add(times(x, K2), s.u64(0));
  const round = (at: number, mul: Word, nine: number): void => {
    x = times(right(add(add(add(x, y), v[0]), s.u64(at + 8)), 37), mul);
    y = times(right(add(add(y, v[1]), s.u64(at + 48)), 42), mul);
    x = xor(x, times(w[1], small(nine)));
    y = add(add(y, times(v[0], small(nine))), s.u64(at + 40));
    z = times(right(add(z, w[0]), 33), mul);
    v = weak(s, at, times(v[1], mul), add(x, w[0]));
    w = weak(s, at + 32, add(z, w[1]), add(y, s.u64(at + 16)));
    [z, x] = [x, z];
  };
  const end = Math.floor((n - 1) / 64) * 64;
  for (let at = 0; at < end; at += 64) round(at, K1, 1);
  const mul = add(K1, small((z.low & 0xff) << 1));
  const last = (n - 1) & 63;
  const first = add(w[0], small(last));
  v = [add(v[0], first), v[1]];
  w = [add(first, v[0]), w[1]];
  round(end + last - 63, mul, 9);
  const start = add(add(mix(v[0], w[0], mul), times(shiftMix(y), K0)), z);
  return mix(start, add(mix(v[1], w[1], mul), x), mul);
}

const [STATE0, STATE1, STATE2, STATE3] = [0x736f6d6570736575n, 0x646f72616e646f6dn, 0x6c7967656e657261n, 0x7465646279746573n].map(wordOf) as [Word, Word, Word, Word]; // prettier-ignore

/** SipHash-2-4 of a text's UTF-8 bytes. */
export function sipHash64(text: string, [k0, k1]: Pair): Word {
  const s = new Bytes(text);
  let [a, b, c, d] = [xor(k0, STATE0), xor(k1, STATE1), xor(k0, STATE2), xor(k1, STATE3)];
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      a = add(a, b);
      c = add(c, d);
      b = xor(left(b, 13), a);
      d = xor(left(d, 16), c);
      a = add(turned(a), d);
      c = add(c, b);
      b = xor(left(b, 17), c);
      d = xor(left(d, 21), a);
      c = turned(c);
    }
  };
  const take = (m: Word): void => {
    d = xor(d, m);
    rounds(2);
    a = xor(a, m);
  };
  const whole = s.length - (s.length % 8);
  for (let at = 0; at < whole; at += 8) take(s.u64(at));
  const rest = [0, s.length << 24];
  for (let i = whole; i < s.length; i++) rest[i - whole < 4 ? 0 : 1]! |= s.at(i) << (8 * ((i - whole) % 4));
  take(word(rest[1]!, rest[0]!));
  c = xor(c, small(0xff));
  rounds(4);
  return xor(xor(a, b), xor(c, d));
}

const CAT = wordOf(0xc6a4a7935bd1e995n);

/** Two fingerprints as one: FingerprintCat64. */
export function joined(first: Word, second: Word): Word {
  const start = xor(xor(first, CAT), times(shiftMix(times(second, CAT)), CAT));
  return shiftMix(times(shiftMix(times(start, CAT)), CAT));
}
