/**
 * Opens an HDF5 file: every group, dataset and attribute is read and checked at once, values are read on demand. The reader
 * sees one source and cannot open another file: links and values that live elsewhere are refused.
 * Follows the HDF5 File Format Specification 3.0: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import { fail, located } from "../../core/error.ts";
import type { Limits } from "../../core/limits.ts";
import type { Source } from "../../core/source.ts";
import { appendAll } from "./append.ts";
import type { Spare } from "./attribute.ts";
import { refuseOver } from "./budget.ts";
import { StoredDataset } from "./dataset.ts";
import { malformed } from "./cursor.ts";
import { type Hdf5File, Walk } from "./file.ts";
import { StringHeap } from "./global-heap.ts";
import type { Link } from "./link.ts";
import { type Content, type DatasetContent, readObject } from "./object.ts";
import { readSuperblock } from "./superblock.ts";
import type { Hdf5Dataset, Hdf5Group } from "./types.ts";

/** Groups nested deeper are refused, so that callers may walk the tree recursively. */
const MAX_DEPTH = 512;

interface Pending {
  readonly link: Link;
  readonly path: string;
  readonly depth: number;
  readonly into: Map<string, Hdf5Group | Hdf5Dataset>;
}

/**
 * Reads the tree of all objects. Throws `malformed/*`, `unsupported/*` and `limit/*` with the object's path, except below
 * what is `spare`.
 */
export async function openHdf5(source: Source, limits: Limits, spare?: Spare): Promise<Hdf5Group> {
  const { file, root } = await located({ source: "hdf5" }, () => readSuperblock(source, limits));
  const tree = new TreeReader(file, spare);
  const top = new Map<string, Hdf5Group | Hdf5Dataset>();
  const pending: Pending[] = [{ link: { kind: "hard", name: "", address: root }, path: "", depth: 0, into: top }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const item = next;
    try {
      const children = await located({ source: "hdf5", pathPrefix: item.path || "/" }, () => tree.readInto(item));
      appendAll(pending, children.reverse());
    } catch (error) {
      if (spare?.has(item.path) !== true) throw error;
      spare.damaged(error);
    }
  }
  const group = top.get("");
  if (group?.kind !== "group") malformed("the root is not a group");
  return group;
}

class TreeReader {
  readonly #file: Hdf5File;
  readonly #walk: Walk;
  readonly #heap: StringHeap;
  /** Where each object was first found: datasets may have several names, groups may not. */
  readonly #paths = new Map<number, string>();
  readonly #datasets = new Map<number, DatasetContent>();
  readonly #spare: Spare | undefined;
  #bytes = 0;

  constructor(file: Hdf5File, spare: Spare | undefined) {
    this.#spare = spare;
    this.#file = file;
    this.#walk = new Walk(file);
    this.#heap = new StringHeap(this.#walk);
  }

  /** Reads one object into its parent's children; gives its own children to read next. */
  async readInto({ link, path, depth, into }: Pending): Promise<Pending[]> {
    const { limits } = this.#file;
    if (into.has(link.name)) malformed("two links of one name in a group");
    if (link.kind !== "hard")
      fail(`unsupported/${link.kind}-link`, { source: "hdf5", message: "not a hard link", found: `${link.kind} link` });
    const parts = this.#datasets.get(link.address) ?? (await this.#readNew(link.address, path));
    if (parts.kind === "dataset") {
      this.#datasets.set(link.address, parts);
      const dataset = new StoredDataset(this.#file, path, parts);
      this.#bytes += dataset.byteLength;
      refuseOver(
        "total-tensor-bytes",
        this.#bytes,
        limits.totalTensorBytes,
        "all datasets together exceed limits.totalTensorBytes",
      );
      into.set(link.name, dataset);
      return [];
    }
    refuseOver("depth", depth, MAX_DEPTH, "groups are nested too deep");
    const children = new Map<string, Hdf5Group | Hdf5Dataset>();
    into.set(link.name, { kind: "group", path, attributes: parts.attributes, children });
    return parts.links.map((child) => ({
      link: child,
      path: join(path, child.name),
      depth: depth + 1,
      into: children,
    }));
  }

  async #readNew(address: number, path: string): Promise<Content> {
    const earlier = this.#paths.get(address);
    if (earlier !== undefined) {
      const isAncestor = earlier === "" || path.startsWith(`${earlier}/`);
      const message = `the group is ${earlier || "the root"} again`;
      fail(isAncestor ? "malformed/cycle" : "unsupported/hard-link", { source: "hdf5", message });
    }
    this.#paths.set(address, path);
    return readObject(this.#walk, this.#heap, address, path === "" ? this.#spare : undefined);
  }
}

function join(path: string, name: string): string {
  if (name.includes("/") || name === ".") malformed(`${name} cannot be the name of a link`);
  return path === "" ? name : `${path}/${name}`;
}
