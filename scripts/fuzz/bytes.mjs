/** Edits that know nothing of what the bytes mean. Each takes bytes and draws, and gives new bytes. */

export const INTERESTING = [0, 1, 2, 3, 7, 8, 15, 16, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff];
const WIDE = [0x80000000, 0xfffffff8, 0xffffffff, 2 ** 32, 2 ** 40, 2 ** 53, 2 ** 63, 2 ** 64 - 1];

/** Writes a little-endian number of `width` bytes; what does not fit wraps. */
export function poke(bytes, at, width, value) {
  let rest = BigInt.asUintN(64, BigInt(Math.trunc(value)));
  for (let i = 0; i < width && at + i < bytes.length; i++) {
    bytes[at + i] = Number(rest & 255n);
    rest >>= 8n;
  }
}

export function peek(bytes, at, width) {
  let value = 0;
  for (let i = width - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}

/** A number beside the one that is there, or one of those that break things. */
export function strange(rng, old, size) {
  return rng.weighed([
    [3, () => old + rng.pick([-8, -4, -1, 1, 4, 8])],
    [3, () => rng.pick(INTERESTING)],
    [2, () => rng.pick(WIDE)],
    [1, () => old * 2],
    [1, () => size - rng.int(64)],
  ])();
}

/** Replaces a number in place. */
export function number(bytes, rng, at = rng.int(bytes.length), width = rng.pick([1, 2, 4, 8])) {
  const out = bytes.slice();
  poke(out, at, width, strange(rng, peek(bytes, at, width), bytes.length));
  return out;
}

function flip(bytes, rng) {
  const out = bytes.slice();
  for (let n = rng.between(1, 4); n > 0; n--) out[rng.int(out.length)] ^= 1 << rng.int(8);
  return out;
}

const truncate = (bytes, rng) => bytes.slice(0, rng.int(bytes.length));

function extend(bytes, rng) {
  const out = new Uint8Array(bytes.length + rng.between(1, 64));
  out.set(bytes);
  if (rng.chance(0.5)) out.set(bytes.subarray(0, out.length - bytes.length), bytes.length);
  return out;
}

function range(bytes, rng) {
  const length = Math.min(bytes.length, 1 << rng.int(8));
  return { at: rng.int(bytes.length - length + 1), length };
}

function copy(bytes, rng) {
  const out = bytes.slice();
  const { at, length } = range(bytes, rng);
  out.copyWithin(rng.int(bytes.length), at, at + length);
  return out;
}

function blank(bytes, rng) {
  const { at, length } = range(bytes, rng);
  return bytes.slice().fill(rng.pick([0, 0xff, 0x20]), at, at + length);
}

function remove(bytes, rng) {
  const { at, length } = range(bytes, rng);
  const out = new Uint8Array(bytes.length - length);
  out.set(bytes.subarray(0, at));
  out.set(bytes.subarray(at + length), at);
  return out;
}

/** Any of these. */
export function anyBytes(bytes, rng) {
  if (bytes.length === 0) return extend(bytes, rng);
  const edit = rng.weighed([
    [4, flip],
    [4, number],
    [1, truncate],
    [1, extend],
    [2, copy],
    [1, blank],
    [1, remove],
  ]);
  return edit(bytes, rng);
}

/** Runs of printable characters, as `[start, end]`. */
export function textsOf(bytes, shortest = 4) {
  const found = [];
  let start = 0;
  for (let i = 0; i <= bytes.length; i++) {
    if (bytes[i] >= 0x20 && bytes[i] < 0x7f) continue;
    if (i - start >= shortest) found.push([start, i]);
    start = i + 1;
  }
  return found;
}

const TOKEN = /"[^"\\]{0,60}"|-?\d+(?:\.\d+)?(?:e-?\d+)?|true|false|null|\[\]|[A-Za-z_]\w+/g;
const TOKENS = [
  "0",
  "1",
  "2",
  "-1",
  "9",
  "99",
  "1e9",
  "1e99",
  "-1e9",
  "0.5",
  "NaN",
  "true",
  "false",
  "null",
  "[]",
  "{}",
];
const QUOTED = [
  '""',
  '"a"',
  '"same"',
  '"relu"',
  '"valid"',
  '"int32"',
  '"bool"',
  '"string"',
  '"float16"',
  '"Dense"',
  '"__proto__"',
];

/** Replaces a word or value inside a text by another of its kind or of the same text, padded to the same length. */
export function sameLength(bytes, rng, texts = textsOf(bytes)) {
  if (texts.length === 0) return anyBytes(bytes, rng);
  const total = texts.reduce((sum, [from, to]) => sum + to - from, 0);
  let at = rng.int(total);
  const [from, to] = texts.find(([a, b]) => (at -= b - a) < 0);
  // A window is enough: configs are long.
  const start = Math.max(from, rng.between(from, to - 1) - 200);
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(to, start + 400)));
  const tokens = [...text.matchAll(TOKEN)];
  const out = bytes.slice();
  if (tokens.length === 0 || rng.chance(0.15)) {
    out[rng.between(from, to - 1)] = rng.between(0x20, 0x7e);
    return out;
  }
  const old = rng.pick(tokens);
  const others = [...TOKENS, ...QUOTED, ...tokens.map(([token]) => token)].filter(
    (token) => token.length <= old[0].length && token !== old[0],
  );
  const next = rng.pick(others) ?? "9";
  for (let i = 0; i < old[0].length; i++) out[start + old.index + i] = i < next.length ? next.charCodeAt(i) : 0x20;
  return out;
}
