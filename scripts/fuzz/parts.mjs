/** The parts of the fuzz by name, over a library and the fixtures. */
import { readFileSync } from "node:fs";
import { fixtureFolders } from "./bases.mjs";
import { Configs } from "./configs.mjs";
import { Inputs } from "./inputs.mjs";
import { Readers } from "./readers.mjs";
import { Training } from "./training.mjs";

export const PARTS = ["inputs", "configs", "readers", "training"];

/** `corpus`: the file that holds the fixtures' configs. */
export function openPart(name, lib, root, corpus) {
  if (name === "readers") return new Readers(lib, root);
  if (name === "inputs") return new Inputs(lib, fixtureFolders(root));
  if (name === "training") return new Training(lib);
  return new Configs(lib, JSON.parse(readFileSync(corpus, "utf8")));
}

/** Trials of smaller inputs for one find. */
const TRIALS = 120;

/** The smallest input found that still fails in the same way. */
export async function minimised(part, input, find, trials = TRIALS) {
  let best = input;
  for (let progress = true; progress;) {
    progress = false;
    for (const candidate of part.smaller(best)) {
      if (trials-- <= 0) return best;
      const { find: again } = await part.run(candidate).catch(() => ({ find: null }));
      if (again === null || kindOfFind(again) !== kindOfFind({ ...find, about: "" })) continue;
      best = candidate;
      progress = true;
      break;
    }
  }
  return best;
}

/** Finds that say the same but for numbers and names, of inputs that are alike, are of one kind. */
export function kindOfFind({ kind, message, about = "" }) {
  const said = message.replace(/["'`][^"'`]*["'`]|\[[\d, ]*\]|-?\d[\d.e+-]*|Infinity|NaN/g, "#").slice(0, 120);
  return `${kind} ${said}${about}`;
}
