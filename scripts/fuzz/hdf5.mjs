/** Edits of HDF5 by its structure: messages, addresses, sizes, texts of equal length; checksums are mended afterwards. */
import { anyBytes, number, peek, poke, sameLength, strange, textsOf } from "./bytes.mjs";

const SIGNED = [
  "TREE",
  "SNOD",
  "HEAP",
  "GCOL",
  "OHDR",
  "OCHK",
  "FRHP",
  "FHDB",
  "FHIB",
  "BTHD",
  "BTLF",
  "BTIN",
  "FAHD",
  "FADB",
  "EAHD",
  "EAIB",
  "EASB",
  "EADB",
];
/** Signed blocks that have no checksum at the end of their first version. */
const UNSUMMED = new Set(["TREE", "SNOD", "HEAP", "GCOL", "FHDB"]);
const LONGEST = 4096;
const CONTINUATION = 0x10;
const LAYOUT = 0x08;

/** Of big-endian words, modulo 65535. */
function fletcher32(bytes) {
  let [low, high] = [0, 0];
  for (let i = 0; i < bytes.length; i += 2) {
    low = (low + (bytes[i] << 8) + (bytes[i + 1] ?? 0)) % 65535;
    high = (high + low) % 65535;
  }
  return (high * 65536 + low) >>> 0;
}

function headerMessages1(bytes, base, at, messages, seen = new Set()) {
  const walk = (start, size) => {
    if (seen.has(start)) return;
    seen.add(start);
    for (let p = start; p + 8 <= Math.min(start + size, bytes.length);) {
      const length = peek(bytes, p + 2, 2);
      const type = peek(bytes, p, 2);
      messages.push({ at: p, body: p + 8, size: length, type, head: 8 });
      if (type === CONTINUATION) walk(base + peek(bytes, p + 8, 8), peek(bytes, p + 16, 8));
      p += 8 + length;
    }
  };
  walk(at + 16, peek(bytes, at + 8, 4));
}

function headerMessages2(bytes, at, messages) {
  const isChunk = bytes[at + 1] === 0x43; // OCHK
  const flags = bytes[at + 5];
  const width = 1 << (flags & 3);
  const fixed = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const start = isChunk ? at + 4 : at + fixed + width;
  const size = isChunk ? 256 : peek(bytes, at + fixed, width);
  // Whether a continuation tracks creation order stands in its header: most files do not.
  const head = !isChunk && flags & 4 ? 6 : 4;
  for (let p = start; p + head <= Math.min(start + size, bytes.length);) {
    const length = peek(bytes, p + 1, 2);
    if (bytes[p] > 0x18 || p + head + length > bytes.length) break;
    messages.push({ at: p, body: p + head, size: length, type: bytes[p], head });
    p += head + length;
  }
}

/** Where `bytes[start…end]` has its lookup3 right behind it. */
function summedEnd(bytes, start, lib) {
  if (bytes[start + 1] === 0x48) {
    // OHDR says its size.
    const flags = bytes[start + 5];
    const fixed = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    return start + fixed + width + peek(bytes, start + fixed, width);
  }
  const last = Math.min(bytes.length - 4, start + LONGEST);
  for (let end = start + 8; end <= last; end++) {
    if (peek(bytes, end, 4) === lib.lookup3(bytes.subarray(start, end))) return end;
  }
  return null;
}

function chunkSums(bytes, base, at, sums) {
  if (bytes[at + 4] !== 1 || bytes[at + 5] !== 0) return;
  const count = peek(bytes, at + 6, 2);
  for (let rank = 1; rank <= 5; rank++) {
    const key = 8 + 8 * (rank + 1);
    const chunks = Array.from({ length: count }, (_, i) => {
      const p = at + 24 + i * (key + 8);
      return { start: base + peek(bytes, p + key, 8), size: peek(bytes, p, 4) };
    });
    if (!chunks.every(({ start, size }) => start > 0 && size > 4 && start + size <= bytes.length)) continue;
    for (const { start, size } of chunks) {
      const end = start + size - 4;
      if (fletcher32(bytes.subarray(start, end)) === peek(bytes, end, 4))
        sums.push({ kind: "fletcher", start, end, at: end });
    }
  }
}

/** What can be edited in a file, and which checksums hold in it. */
export function mapHdf5(bytes, lib) {
  let base = 0;
  while (base + 8 <= bytes.length && peek(bytes, base, 4) !== 0x46444889) base = Math.max(512, base * 2);
  if (base + 96 > bytes.length) return null;
  const version = bytes[base + 8];
  const messages = [];
  const blocks = [];
  const sums = [];
  for (let at = 0; at + 8 <= bytes.length; at++) {
    const name = String.fromCharCode(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
    if (SIGNED.includes(name)) blocks.push({ name, at });
  }
  const headers = new Set();
  if (version < 2) headers.add(base + peek(bytes, base + 64 + 4 * version, 8));
  for (const { name, at } of blocks) {
    if (name === "SNOD") {
      for (let i = 0; i < peek(bytes, at + 6, 2); i++) headers.add(base + peek(bytes, at + 16 + 40 * i, 8));
    } else if (name === "OHDR" || name === "OCHK") headerMessages2(bytes, at, messages);
    else if (name === "TREE") chunkSums(bytes, base, at, sums);
    else if (name === "FHDB") {
      // The checksum counts as zeros in its own block; sizes are powers of two.
      for (const place of [15, 16, 17, 21]) {
        for (let size = 256; size <= 65536; size *= 2) {
          const zeroed = bytes.slice(at, at + size).fill(0, place, place + 4);
          if (zeroed.length === size && lib.lookup3(zeroed) === peek(bytes, at + place, 4))
            sums.push({ kind: "inside", start: at, end: at + size, at: at + place });
        }
      }
    }
    if (UNSUMMED.has(name)) continue;
    const end = summedEnd(bytes, at, lib);
    if (end !== null) sums.push({ kind: "lookup3", start: at, end, at: end });
  }
  for (const at of headers) if (at + 16 < bytes.length && bytes[at] === 1) headerMessages1(bytes, base, at, messages);
  if (version >= 2) sums.push({ kind: "lookup3", start: base, end: base + 44, at: base + 44 });
  const targets = new Set([...blocks.map(({ at }) => at - base), ...[...headers].map((at) => at - base)]);
  for (const { type, body } of messages) if (type === LAYOUT) targets.add(peek(bytes, body + 2, 8));
  targets.delete(0);
  const pointers = [];
  for (let at = base + 8; at + 8 <= bytes.length; at++) {
    if (bytes[at + 7] === 0 && targets.has(peek(bytes, at, 8))) pointers.push(at);
  }
  return { base, messages: messages.filter(({ size }) => size > 0), blocks, pointers, sums, texts: textsOf(bytes, 5) };
}

/** The checksums of a map, made right for bytes that were edited. */
function mended(bytes, { sums }, lib) {
  const out = bytes.slice();
  for (const { kind, start, end, at } of sums) {
    if (at + 4 > out.length || end > out.length) continue;
    if (kind === "inside") out.fill(0, at, at + 4);
    const part = out.subarray(start, end);
    poke(out, at, 4, kind === "fletcher" ? fletcher32(part) : lib.lookup3(part));
  }
  return out;
}

/** Writes what fits: an edit before may have cut the file. */
function put(out, part, at) {
  if (at < out.length) out.set(part.subarray(0, out.length - at), at);
}

/** Two messages change places, types, or one is written over the other. */
function messageSwap(bytes, rng, { messages }) {
  const out = bytes.slice();
  const [a, b] = [rng.pick(messages), rng.pick(messages)];
  const length = Math.min(a.size, b.size);
  const [from, to] = [bytes.slice(a.body, a.body + length), bytes.slice(b.body, b.body + length)];
  const width = a.head === 8 ? 2 : 1;
  const how = rng.int(5);
  if (how !== 3) put(out, from, b.body);
  if (how < 2) put(out, to, a.body);
  if (how === 1 || how === 3 || how === 2) poke(out, b.at, width, a.type);
  if (how === 1) poke(out, a.at, width, b.type);
  if (how === 4) poke(out, b.at, width, rng.pick([0, a.type, rng.int(26), 0x10]));
  return out;
}

function messageSize(bytes, rng, { messages }) {
  const out = bytes.slice();
  const { at, head } = rng.pick(messages);
  const place = head === 8 ? at + 2 : at + 1;
  poke(out, place, 2, strange(rng, peek(bytes, place, 2), bytes.length));
  return out;
}

/** A number inside a message: versions, ranks, lengths, classes, flags. */
function messageField(bytes, rng, { messages }) {
  const { body, size } = rng.pick(messages);
  return number(bytes, rng, body + rng.int(Math.min(size, 48)), rng.pick([1, 1, 2, 4, 8]));
}

/** An address takes another's place, or leads nowhere, or in a circle. */
function addressSwap(bytes, rng, { pointers, base }) {
  const out = bytes.slice();
  const [a, b] = [rng.pick(pointers), rng.pick(pointers)];
  const [one, two] = [bytes.slice(a, a + 8), bytes.slice(b, b + 8)];
  const how = rng.int(4);
  if (how === 0) put(out, one, b);
  if (how < 2) put(out, two, a);
  if (how === 2)
    poke(out, a, 8, rng.pick([0, base, 2 ** 64 - 1, bytes.length, bytes.length - 8, a - base, rng.int(bytes.length)]));
  if (how === 3) poke(out, a, 8, peek(bytes, a, 8) + rng.pick([-8, 8, 16, -1, 1, 24]));
  return out;
}

/** A number in the head of a block. */
function blockField(bytes, rng, { blocks, base }) {
  const at = rng.chance(0.15) || blocks.length === 0 ? base : rng.pick(blocks).at;
  return number(bytes, rng, Math.min(bytes.length - 1, at + 4 + rng.int(60)), rng.pick([1, 1, 2, 4, 8]));
}

/** Some edit of an HDF5 file. */
export function editHdf5(bytes, rng, map) {
  if (map === null || map.messages.length === 0 || map.pointers.length === 0) return anyBytes(bytes, rng);
  const edit = rng.weighed([
    [4, messageSwap],
    [1, messageSize],
    [4, messageField],
    [3, addressSwap],
    [2, blockField],
    [5, (b, r) => sameLength(b, r, map.texts)],
    [1, anyBytes],
  ]);
  return edit(bytes, rng, map);
}

/** A file after some edits; most with its checksums mended. */
export function editedHdf5(bytes, rngs, map, lib, mend) {
  const out = rngs.reduce((at, rng) => editHdf5(at, rng, map), bytes);
  return mend && map !== null ? mended(out, map, lib) : out;
}
