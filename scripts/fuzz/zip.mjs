/** Edits of zips: records and their fields, names, sizes, members' contents with checksums mended. */
import { unzipSync, zipSync } from "fflate";
import { anyBytes, peek, poke, strange } from "./bytes.mjs";

const START = 0x04034b50;
const CENTRAL_START = 0x02014b50;
const END_START = 0x06054b50;

/** Records with their fields' places. */
export function recordsOf(bytes, lib) {
  const layouts = new Map([
    [START, lib.LOCAL],
    [CENTRAL_START, lib.CENTRAL],
    [END_START, lib.END],
  ]);
  const records = [];
  for (let at = 0; at + 22 <= bytes.length; at++) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
    const signature = peek(bytes, at, 4);
    const layout = layouts.get(signature);
    if (layout === undefined) continue;
    let place = at;
    const fields = {};
    for (const [name, width] of layout) {
      fields[name] = { at: place, width };
      place += width;
    }
    records.push({
      signature,
      at,
      fields,
      name: { at: place, length: peek(bytes, at + (signature === START ? 26 : 28), 2) },
    });
  }
  return records;
}

function field(bytes, rng, records) {
  const out = bytes.slice();
  const { fields } = rng.pick(records);
  const { at, width } = fields[rng.pick(Object.keys(fields))];
  poke(out, at, width, strange(rng, peek(bytes, at, width), bytes.length));
  return out;
}

/** Two records exchange the value of one field. */
function swap(bytes, rng, records) {
  const out = bytes.slice();
  const one = rng.pick(records);
  const alike = records.filter((r) => r.signature === one.signature);
  const key = rng.pick(Object.keys(one.fields));
  const [a, b] = [one.fields[key], rng.pick(alike).fields[key]];
  const kept = peek(bytes, a.at, a.width);
  poke(out, a.at, a.width, peek(bytes, b.at, b.width));
  poke(out, b.at, b.width, kept);
  return out;
}

const NAMES = [
  "../",
  "/",
  "\\",
  "..\\",
  "a//",
  "\0",
  "C:",
  "\u00ff",
  "config.json",
  "metadata.json",
  "model.weights.h5",
];

/** Another name of the same length, in one record or in both. */
function rename(bytes, rng, records) {
  const named = records.filter((r) => r.signature !== END_START && r.name.length > 0);
  if (named.length === 0) return bytes;
  const out = bytes.slice();
  const one = rng.pick(named);
  const old = bytes.slice(one.name.at, one.name.at + one.name.length);
  const next = old.slice();
  const text = rng.pick(NAMES);
  for (let i = 0; i < Math.min(text.length, next.length); i++) next[i] = text.charCodeAt(i);
  const both = rng.chance(0.6);
  for (const { name } of named) {
    const found = bytes.subarray(name.at, name.at + name.length);
    if (name !== one.name && !(both && found.length === old.length && found.every((b, i) => b === old[i]))) continue;
    if (name.at + next.length <= out.length) out.set(next, name.at);
  }
  return out;
}

/** Some edit of the archive's own structure. */
export function editZip(bytes, rng, lib) {
  const records = recordsOf(bytes, lib);
  if (records.length === 0) return anyBytes(bytes, rng);
  const edit = rng.weighed([
    [4, field],
    [2, swap],
    [2, rename],
    [2, (b, r) => anyBytes(b, r)],
  ]);
  return edit(bytes, rng, records);
}

/**
 * The archive with the contents of members edited and everything else right. `edit`: name, bytes → bytes. What has no members
 * is damaged as bytes, unless it only stands for a `folder`.
 */
export function editMembers(bytes, rng, folder, edit) {
  let files;
  try {
    files = unzipSync(bytes);
  } catch {
    return anyBytes(bytes, rng);
  }
  const names = Object.keys(files);
  if (names.length === 0) return folder ? bytes : anyBytes(bytes, rng);
  const chosen = rng.pick(names);
  files[chosen] = edit(chosen, files[chosen]);
  if (rng.chance(0.05)) delete files[rng.pick(names)];
  if (rng.chance(0.05)) files[rng.pick(["extra", "a/b", "../x", "assets/x.txt"])] = new Uint8Array(3);
  return zipSync(files, { level: rng.chance(0.8) ? 0 : 6, mtime: new Date(1980, 1, 1) });
}
