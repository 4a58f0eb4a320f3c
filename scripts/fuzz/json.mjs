/** Edits of a JSON text by its tokens. Objects are lists of entries, so that a key may come twice. */

/** Numbers that Python writes and JSON has not stand as themselves. */
const PYTHON = /(?<![\w"])(-?Infinity|NaN)(?![\w"])/g;
const MARK = "\u0001";

function toTree(value) {
  if (Array.isArray(value)) return value.map(toTree);
  if (value === null || typeof value !== "object") return value;
  return { entries: Object.entries(value).map(([key, one]) => [key, toTree(one)]) };
}

function print(tree) {
  if (Array.isArray(tree)) return `[${tree.map(print).join(", ")}]`;
  if (Array.isArray(tree?.entries))
    return `{${tree.entries.map(([key, one]) => `${JSON.stringify(key)}: ${print(one)}`).join(", ")}}`;
  if (tree?.raw !== undefined) return tree.raw;
  if (typeof tree === "string" && tree.startsWith(MARK)) return tree.slice(1);
  return JSON.stringify(tree);
}

/** Every place of a tree, as what holds it and where. */
function places(tree, into = []) {
  const holder = Array.isArray(tree) ? tree : tree?.entries;
  holder?.forEach((one, i) => {
    into.push({ tree, at: i });
    places(Array.isArray(tree) ? one : one[1], into);
  });
  return into;
}

const get = ({ tree, at }) => (Array.isArray(tree) ? tree[at] : tree.entries[at][1]);
function set({ tree, at }, value) {
  if (Array.isArray(tree)) tree[at] = value;
  else tree.entries[at][1] = value;
}

const RAW = [
  "NaN",
  "Infinity",
  "-Infinity",
  "1e999",
  "-0",
  "-0.0",
  "1.0",
  "123456789012345678901234567890",
  "01",
  "+1",
  "1e",
  ".5",
];
const STRINGS = [
  "",
  "a",
  "same",
  "valid",
  "relu",
  "float16",
  "int32",
  "string",
  "__proto__",
  "constructor",
  "toString",
  "\u0000",
  "\ud800",
  "../x",
  "Lambda",
  "Dense",
  "InputLayer",
];
const deep = (n) => "[".repeat(n) + "]".repeat(n);

function other(rng, old, all) {
  return rng.weighed([
    [4, () => rng.pick([0, 1, -1, 2, 3, 5, 1.5, 1e9, -1e9, 2 ** 31, 2 ** 53, 1e300])],
    [2, () => rng.pick([true, false, null])],
    [2, () => ({ raw: rng.pick(RAW) })],
    [2, () => rng.pick(STRINGS)],
    [2, () => structuredClone(get(rng.pick(all)))],
    [1, () => rng.pick([[], { entries: [] }, [[]], [null], { raw: deep(300) }])],
    [1, () => [old]],
    [1, () => (typeof old === "number" ? String(old) : typeof old === "string" ? old.repeat(2) : [old, old])],
  ])();
}

const EDITS = [
  [8, (place, rng, all) => set(place, other(rng, get(place), all))],
  [2, ({ tree, at }) => (Array.isArray(tree) ? tree : tree.entries).splice(at, 1)],
  [
    1,
    ({ tree, at }) =>
      (Array.isArray(tree) ? tree : tree.entries).push(
        structuredClone((Array.isArray(tree) ? tree : tree.entries)[at]),
      ),
  ],
  [1, (place) => Array.isArray(get(place)) && set(place, [])],
  [
    1,
    (place, rng, all) => {
      const second = rng.pick(all);
      const kept = structuredClone(get(place));
      set(place, structuredClone(get(second)));
      set(second, kept);
    },
  ],
  // An entry of another object, in this one.
  [
    3,
    ({ tree }, rng, all) => {
      const objects = all.filter((place) => !Array.isArray(place.tree));
      if (Array.isArray(tree) || objects.length === 0) return;
      const { tree: from, at } = rng.pick(objects);
      const entry = structuredClone(from.entries[at]);
      const old = tree.entries.findIndex(([key]) => key === entry[0]);
      tree.entries.splice(old < 0 ? tree.entries.length : old, old < 0 ? 0 : 1, entry);
    },
  ],
  [1, ({ tree, at }, rng) => Array.isArray(tree) || (tree.entries[at][0] = rng.pick([...STRINGS, tree.entries[0][0]]))],
  [1, (place, rng) => Array.isArray(get(place)) && get(place).reverse() && rng.bits()],
];

function edited(text, rng, edits) {
  const tree = toTree(JSON.parse(text.replace(PYTHON, (word) => JSON.stringify(MARK + word))));
  for (let i = 0; i < edits; i++) {
    const all = places(tree);
    if (all.length === 0) break;
    rng.weighed(EDITS)(rng.pick(all), rng, all);
  }
  return print(tree);
}

/** The text after some edits; the text itself where it is no JSON, or nested deeper than the stack. */
export function editJson(text, rng, edits = 1) {
  try {
    return edited(text, rng, edits);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return text;
    throw error;
  }
}
