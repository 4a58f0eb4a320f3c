/** The files that the fuzz starts from: every fixture, by what it is. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { unzipSync, zipSync } from "fflate";

const bytesOf = (path) => new Uint8Array(readFileSync(path));

/** Fixture folders: `{ name, model, weights?, io }` with files by path; an unzipped model is a folder. */
export function fixtureFolders(root) {
  return ["layers", "models", "formats"].flatMap((part) =>
    Object.keys(JSON.parse(readFileSync(join(root, part, "cases.json"), "utf8"))).map((name) => {
      const folder = join(root, part, name);
      const names = readdirSync(folder).filter((file) => file !== "io.npz");
      const weights = names.find((file) => file.endsWith("weights.h5"));
      const architecture = names.find((file) => file.endsWith(".json"));
      const apart = weights !== undefined && architecture !== undefined;
      const model = apart ? architecture : (names.find((file) => /^model\b/.test(file)) ?? names[0]);
      return {
        name: `${part}/${name}`,
        model: join(folder, model),
        ...(apart && { weights: join(folder, weights) }),
        ...(existsSync(join(folder, "io.npz")) && { io: join(folder, "io.npz") }),
      };
    }),
  );
}

const filesBelow = (folder) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [
        join(parentPath, name).slice(folder.length + 1),
        bytesOf(join(parentPath, name)),
      ]),
  );

/** What content is, as far as edits care. */
export function kindOf(bytes) {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return "zip";
  if (bytes[0] === 0x93 && bytes[1] === 0x4e) return "npy";
  if (bytes[0] === 0x7b || bytes[0] === 0x22) return "json";
  // A user block may come first; its length is a power of two.
  for (let at = 0; at < bytes.length; at = at === 0 ? 512 : at * 2)
    if (bytes[at] === 0x89 && bytes[at + 1] === 0x48 && bytes[at + 2] === 0x44) return "hdf5";
  return "bytes";
}

/** Files to damage: `{ name, kind, use, read(), weights?() }`; `use` says what opens them; a folder comes as a zip. */
export function damageBases(root) {
  const bases = [];
  for (const { name, model, weights, io } of fixtureFolders(root)) {
    if (statSync(model).isDirectory()) {
      bases.push({
        name,
        use: "folder",
        read: () => zipSync(filesBelow(model), { level: 0, mtime: new Date(1980, 1, 1) }),
      });
    } else if (/\.(keras|h5|hdf5|json|backup|model)$/.test(model)) {
      const read = () => bytesOf(model);
      bases.push({ name, use: "model", read, ...(weights && { weights: () => bytesOf(weights) }) });
      if (weights) bases.push({ name: `${name} weights`, use: "weights", read: () => bytesOf(weights), model: read });
    }
    if (io) bases.push({ name: `${name} io`, use: "npz", read: () => bytesOf(io) });
  }
  const below = (folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(h5|npz|zip|keras)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  for (const path of below("hdf5"))
    bases.push({ name: path.slice(root.length + 1), use: "hdf5", read: () => bytesOf(path) });
  for (const path of below("codecs")) {
    const name = path.slice(root.length + 1);
    if (name === "codecs/npy.zip") {
      for (const [member, bytes] of Object.entries(unzipSync(bytesOf(path))))
        if (member.endsWith(".npy")) bases.push({ name: `codecs/npy/${member}`, use: "npy", read: () => bytes });
    } else bases.push({ name, use: "npz", read: () => bytesOf(path) });
  }
  const broken = unzipSync(bytesOf(join(root, "broken/files.zip")));
  for (const [name, bytes] of Object.entries(broken)) {
    if (/\.(keras|h5|json)$/.test(name) && !/\//.test(name))
      bases.push({ name: `broken/${name}`, use: "model", read: () => bytes });
  }
  return bases;
}
