/**
 * Book-keeping of a file's content. A reader claims what it uses; whatever is left when it is done becomes an extra, so
 * nothing in a file is passed over in silence.
 */
import type { Hdf5Dataset, Hdf5Group } from "../codecs/hdf5.ts";
import type { Extra, ExtraKind, Ledger } from "../formats/archive.ts";
import { attributeBytes, attributePath } from "../formats/h5-values.ts";

export type Claim = "used" | ExtraKind;

/** What has been claimed of one file so far. */
export class Claims {
  readonly #paths = new Map<string, Claim>();
  readonly #trees: { readonly path: string; readonly kind: ExtraKind }[] = [];
  readonly #usedGroups = new Set<string>();
  readonly #objects: string[] = [];
  readonly #extras: Extra[] = [];
  #used = 0;
  #other = 0;

  /** Claims an HDF5 object before `sweep`. */
  object(path: string, claim: Claim): void {
    this.#paths.set(path, claim);
    if (claim === "used") this.#useGroups(path);
  }

  /** Claims an attribute before `sweep`. */
  attribute(owner: string, name: string, claim: Claim): void {
    this.#paths.set(attributePath(owner, name), claim);
    if (claim === "used") this.#useGroups(owner);
  }

  /** Says what everything at and below `path` is, unless claimed. */
  tree(path: string, kind: ExtraKind): void {
    this.#trees.push({ path, kind });
  }

  /** Books something whole: a zip member, a file of a folder. */
  book(path: string, byteLength: number, claim: Claim): void {
    if (claim === "used") {
      this.#objects.push(path);
      this.#used += byteLength;
    } else {
      this.#extras.push({ kind: claim, path, byteLength });
      this.#other += byteLength;
    }
  }

  /**
   * Books every group, dataset and attribute of an HDF5 tree. A group is used when something below it is; an unclaimed
   * group is structure, any other unclaimed thing unknown.
   */
  sweep(root: Hdf5Group, prefix = ""): void {
    const open: (Hdf5Group | Hdf5Dataset)[] = [root];
    for (let object = open.pop(); object !== undefined; object = open.pop()) {
      const { path, attributes } = object;
      const tree = this.#treeOf(path);
      if (object.kind === "dataset") {
        this.book(prefix + path, object.byteLength, this.#paths.get(path) ?? tree ?? "unknown");
      } else if (path !== "") {
        const claim = this.#usedGroups.has(path) ? "used" : (this.#paths.get(path) ?? tree ?? "structure");
        this.book(prefix + path, 0, claim);
      }
      for (const attribute of attributes.values()) {
        const own = attributePath(path, attribute.name);
        this.book(prefix + own, attributeBytes(attribute), this.#paths.get(own) ?? tree ?? "unknown");
      }
      if (object.kind === "group") for (const child of [...object.children.values()].reverse()) open.push(child);
    }
  }

  extras(): readonly Extra[] {
    return this.#extras;
  }

  /** `size`: bytes of the whole file. */
  ledger(size: number): Ledger {
    const overhead = size - this.#used - this.#other;
    return { size, used: this.#used, extras: this.#other, overhead, objects: this.#objects };
  }

  #useGroups(path: string): void {
    for (let at = path.length; at > 0 && !this.#usedGroups.has(path.slice(0, at)); at = path.lastIndexOf("/", at - 1)) {
      this.#usedGroups.add(path.slice(0, at));
    }
  }

  #treeOf(path: string): ExtraKind | undefined {
    return this.#trees.find((tree) => path === tree.path || path.startsWith(`${tree.path}/`))?.kind;
  }
}
