/**
 * Which values of which options random models have had, counted over runs: cells of class × option × kind of value, made of the
 * registry of layers and operations. What has no model yet is asked for.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";

/** Values with which a field is asked what it allows, and with which an empty cell is tried. */
// prettier-ignore
const PROBES = [
  null, true, false, -2, -1, 0, 1, 2, 3, 4, 8, -0.5, 0.3, 0.5, 1.5, [], [0], [1], [2], [0, 0], [1, 1], [2, 2], [1, 2], [2, 1],
  [0, 1], [1, 0], [-1, 1], [0, 0, 0], [1, 1, 1], [2, 2, 2], [1, 2, 1], [0, 1, 0], [2, 3], [0.1, 0.4], [0.5, 0.5], [-0.5, 0.5],
  [[1, 0], [0, 1]], [[0, 1], [1, 1], [1, 0]], [null, 1], [null, 1, 1], [1, 2, 3], [-2, -1],
  "a", "int32", "float32", "constant", "nearest", "reflect", "wrap", "bilinear", "horizontal", "vertical", "hann", "lower", "character", "xyxy",
];
/** Dtypes of inputs that a class is tried with, and those of which the ends are tried: what is not finite, the largest numbers. */
// prettier-ignore
const DTYPES = ["float32", "float64", "float16", "bfloat16", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32"];
const CORNERS = ["float32", "int8", "uint8", "int32", "int64"];
/** How often a cell is tried before what Keras answers is taken for good. */
const TRIES = 8;
/** What the makers of models say where they know none. */
const NOTHING = "nothing makes one";
const GIVEN = { initializer: "random_normal", regularizer: "l2", constraint: "non_neg" };

const flat = (text) => String(text).replaceAll("_", "").toLowerCase();

/** JSON as a file has it, as plain JSON. */
function plain(node) {
  if (Array.isArray(node)) return node.map(plain);
  if (node instanceof Map) return Object.fromEntries([...node].map(([key, value]) => [key, plain(value)]));
  return node !== null && typeof node === "object" ? node.value : node;
}

/** What kind of value an option has, in words. */
function kindOf(field, value, parsed) {
  const initial = plain(field.default);
  const nameOf = (x) => flat(x?.class_name ?? x);
  if (field.kind === "activation") return String(parsed?.fn ?? "linear").replace("_keras2", "");
  if (field.kind === "layer" || field.kind === "layers") return value === null ? "none" : "given";
  if (field.kind !== "value") return value === null ? "none" : nameOf(value) === nameOf(initial) ? "default" : "given";
  if (field.expected.startsWith("anything"))
    return JSON.stringify(value) === JSON.stringify(initial) ? "default" : "other";
  if (field.expected.startsWith("true or false")) return String(Boolean(value));
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return field.expected.startsWith("one of") ? value.toLowerCase() : "text";
  const numbers = [value].flat(3);
  if (numbers.some((n) => typeof n !== "number")) return numbers.includes(null) ? "with null" : "other";
  if (numbers.length === 0) return "[]";
  if (new Set(numbers).size > 1) return "several";
  const [n] = numbers;
  return n < 0 ? "<0" : n === 0 || n === 1 ? String(n) : n < 1 ? "0…1" : ">1";
}

/** Sections of a table of names (src/exporters/names): classes with the options that the library knows. */
function known(table) {
  const [first, ...lines] = table.trim().split("\n");
  const sections = new Map();
  let section;
  for (const line of lines) {
    const [head, ...options] = line.split(" ");
    if (head === "#") sections.set(options[0], (section = new Map()));
    else
      for (const name of head.split(","))
        section.set(name, new Set(options.includes("*") ? [...options, ...first.split(" ")] : options));
  }
  return sections;
}

export class Coverage {
  #cells = { keras3: new Map(), "tf-keras": new Map() };
  #required = new Map();

  /** `file`: where counts are kept from run to run. */
  static async of(lib, file = null) {
    const made = new Coverage();
    made.lib = lib;
    made.file = file;
    const empty = () => ({ counts: {}, refused: {}, otherwise: {} });
    made.data =
      file !== null && existsSync(file)
        ? JSON.parse(readFileSync(file, "utf8"))
        : { keras3: empty(), "tf-keras": empty() };
    for (const [library, table] of Object.entries(lib.names)) made.#list(library, known(table));
    return made;
  }

  #list(library, sections) {
    const activations = [...sections.get("activations")].flatMap(([name, more]) => [name, ...more]);
    for (const def of this.lib.LAYERS) {
      const options = sections.get(def.module ?? "layers")?.get(def.class) ?? sections.get("layers").get(def.class);
      if (options === undefined || (library === "tf-keras" && def.kind === "operation")) continue;
      for (const [option, field] of Object.entries(def.config)) {
        if (
          !options.has(option) ||
          (field.only === "keras2" && library === "keras3") ||
          (field.only === "keras3" && library !== "keras3")
        )
          continue;
        const cells = this.#probed(field, activations, library === "keras3" ? "keras3" : "tf-keras");
        if (cells.size > 0) this.#cells[library].set(`${def.class}.${option}`, cells);
        if (field.required) this.#required.set(`${def.class}.${option}`, [...cells.values()].flat());
      }
      this.#cells[library].set(`${def.class}.inputs`, new Map(DTYPES.map((dtype) => [dtype, [dtype]])));
      const corners = CORNERS.map((dtype) => [dtype, [[dtype, "corners"]]]);
      this.#cells[library].set(`${def.class}.values`, new Map(corners));
    }
  }

  /** The kinds of values that a field allows, with values to try. */
  #probed(field, activations, semantics) {
    const cells = new Map();
    const words = /^one of (.*?)(, or null)?$/.exec(field.expected)?.[1].split(", ") ?? [];
    const older = new Set(field.olderValues ?? []);
    const probes =
      field.kind === "activation"
        ? activations
        : field.kind === "value"
          ? [...PROBES, ...words.filter((word) => !older.has(word))]
          : [plain(field.default), GIVEN[field.kind] ?? null];
    const areAxes = field.expected.includes("axes");
    for (const probe of probes) {
      if (areAxes && new Set([probe].flat()).size < [probe].flat().length) continue; // an axis twice
      try {
        const parsed = field.parse(this.lib.fromPlain(probe), { path: "", semantics });
        if (typeof probe === "string" && words.length > 0 && !words.includes(probe)) continue;
        const kind = kindOf(field, probe, parsed);
        cells.set(kind, [...(cells.get(kind) ?? []), probe]);
      } catch {
        continue; // not allowed
      }
    }
    if (field.expected.startsWith("anything") && cells.has("other")) cells.set("default", [plain(field.default)]);
    return cells;
  }

  /** What is in a model; `aims`: what its maker wanted in it. */
  cellsOf(library, model, aims) {
    const found = [];
    for (const node of this.lib.allNodes(model.data.root)) {
      if (node.raw === null || node.def === null) continue;
      for (const [option, field] of Object.entries(node.def.config)) {
        const name = `${node.def.class}.${option}`;
        if (!this.#cells[library].has(name) || !node.options.has(option)) continue;
        found.push([name, kindOf(field, plain(node.options.get(option)), node.config[option])]);
      }
    }
    const had = new Set(found.map(([name, kind]) => `${name}=${kind}`));
    const inputs = aims.flatMap((aim) => /^(.*\.(?:inputs|values))=(.*)$/.exec(aim)?.slice(1, 3) ?? []);
    for (let i = 0; i < inputs.length; i += 2) found.push([inputs[i], inputs[i + 1]]);
    return { found, otherwise: aims.filter((aim) => !had.has(aim) && !/\.(inputs|values)=/.test(aim)) };
  }

  /** Counts what was in a model that is equal. */
  count(library, { found, otherwise }) {
    const data = this.data[library];
    for (const [name, kind] of found) {
      data.counts[name] ??= {};
      data.counts[name][kind] = (data.counts[name][kind] ?? 0) + 1;
    }
    for (const aim of otherwise) data.otherwise[aim] = (data.otherwise[aim] ?? 0) + 1;
  }

  /** What the library refused of what was tried. */
  refuse(library, refusals, isSwept = false) {
    const { refused } = this.data[library];
    for (const [cell, why] of refusals)
      refused[cell] = { tries: (refused[cell]?.tries ?? 0) + (isSwept ? TRIES : 1), why };
  }

  #state(library, name, kind) {
    const { counts, refused, otherwise } = this.data[library];
    const cell = `${name}=${kind}`;
    if (counts[name]?.[kind] > 0) return "drawn";
    if (refused[cell]?.tries >= TRIES && otherwise[cell] === undefined) {
      const { why } = refused[cell];
      return why === NOTHING ? "empty" : /^(NotCompared|Tie|no argument)/.test(why) ? "untold" : "refused";
    }
    return otherwise[cell] > 0 ? "otherwise" : "empty";
  }

  /** The empty cells by class, and what the class cannot be without. */
  wanted(library, withInputs = false) {
    const classes = {};
    for (const [name, cells] of this.#cells[library]) {
      const [cls, option] = name.split(".");
      if (!withInputs && (option === "inputs" || option === "values")) continue;
      for (const [kind, probes] of cells)
        if (this.#state(library, name, kind) === "empty") {
          classes[cls] ??= { required: {}, cells: [] };
          classes[cls].cells.push([option, kind, probes]);
        }
    }
    for (const [name, probes] of this.#required) {
      const [cls, option] = name.split(".");
      if (classes[cls] !== undefined) classes[cls].required[option] = probes;
    }
    return classes;
  }

  /** Values of options that classes cannot be without. */
  required(library) {
    const classes = {};
    for (const [name, probes] of this.#required) {
      const [cls, option] = name.split(".");
      if (!this.#cells[library].has(name)) continue;
      classes[cls] ??= {};
      classes[cls][option] = probes;
    }
    return classes;
  }

  /**
   * The empty cells as models: each a few rounds, a class with values of its options. The same table gives the same models.
   */
  rounds(library, most = 20) {
    const [byOption, byInput] = [new Map(), new Map()];
    const add = (groups, key, round) => groups.set(key, [...(groups.get(key) ?? []), round]);
    for (const [cls, { cells }] of Object.entries(this.wanted(library, true))) {
      const seen = new Map();
      const rounds = [];
      for (const cell of cells) {
        const [option, kind] = cell;
        if (option === "inputs" || option === "values") {
          add(byInput, `${option} ${kind}`, [cls, [cell]]);
          continue;
        }
        const at = seen.get(option) ?? 0;
        seen.set(option, at + 1);
        (rounds[at] ??= []).push(cell);
      }
      for (const round of rounds) add(byOption, "", [cls, round]);
    }
    const models = [];
    for (const group of [...byOption.values(), ...byInput.values()])
      for (let i = 0; i < group.length; i += most) models.push(group.slice(i, i + most));
    return models;
  }

  save() {
    if (this.file === null) return;
    writeFileSync(this.file, JSON.stringify(this.data, null, 1));
  }

  /** The table, and every cell that no model has, with what the library says. */
  print() {
    for (const [library, options] of Object.entries(this.#cells)) {
      const { counts, refused } = this.data[library];
      const states = { drawn: [], refused: [], untold: [], otherwise: [], empty: [] };
      let line = "";
      let last = "";
      for (const [name, cells] of options) {
        const [cls, option] = name.split(".");
        if (cls !== last) {
          if (line !== "") console.log(line);
          line = `${library} ${cls}:`;
          last = cls;
        }
        const shown = [...cells.keys()].map((kind) => {
          const state = this.#state(library, name, kind);
          states[state].push(`${name}=${kind}`);
          return `${kind} ${counts[name]?.[kind] ?? { refused: "-", untold: "-", otherwise: "-", empty: "EMPTY" }[state]}`;
        });
        line += ` ${option} (${shown.join(", ")})`;
      }
      if (line !== "") console.log(line);
      const all = Object.values(states).flat().length;
      console.log(
        `${library}: ${all} cells, ${states.drawn.length} drawn, ${states.refused.length} refused by the library, ${states.untold.length} not compared for a reason, ${states.otherwise.length} that it writes as others, ${states.empty.length} empty`,
      );
      for (const cell of states.refused) console.log(`  refused ${cell}: ${refused[cell].why}`);
      for (const cell of states.untold) console.log(`  not compared ${cell}: ${refused[cell].why}`);
      if (states.otherwise.length > 0) console.log(`  written as others: ${states.otherwise.join(", ")}`);
      if (states.empty.length > 0) console.log(`  empty: ${states.empty.join(", ")}`);
    }
  }
}
