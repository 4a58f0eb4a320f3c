/** The fixtures as paths inside fixtures/: what a browser needs to fetch them. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Every file of a folder, by its path below `root`. */
function filesBelow(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

function caseIn(root, folder) {
  const names = readdirSync(join(root, folder)).filter((name) => name !== "io.npz");
  const weights = names.find((name) => name.endsWith("weights.h5"));
  const architecture = names.find((name) => name.endsWith(".json"));
  const io = `${folder}/io.npz`;
  if (weights !== undefined && architecture !== undefined)
    return { files: [`${folder}/${architecture}`], weights: `${folder}/${weights}`, folder: false, io };
  const model = names.find((name) => /^model\b/.test(name)) ?? names[0];
  const path = `${folder}/${model}`;
  const isFolder = statSync(join(root, path)).isDirectory();
  return { files: isFolder ? filesBelow(root, path) : [path], folder: isFolder, io };
}

/** Cases whose name contains `text`. */
export function casesIn(root, text) {
  return ["layers", "models", "formats"]
    .flatMap((part) =>
      Object.keys(JSON.parse(readFileSync(join(root, part, "cases.json"), "utf8"))).map((name) => `${part}/${name}`),
    )
    .filter((name) => name.includes(text))
    .map((name) => ({ name, ...caseIn(root, name) }));
}
