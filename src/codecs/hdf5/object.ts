/** What an object header's messages add up to: a group, a dataset, or something that is refused by name. */
import { fail } from "../../core/error.ts";
import { readAttributes, type Spare } from "./attribute.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { DatasetParts } from "./dataset.ts";
import { readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import type { Walk } from "./file.ts";
import { readFillValue, readOldFillValue } from "./fill-value.ts";
import { readFilters } from "./filters.ts";
import type { StringHeap } from "./global-heap.ts";
import { readLayout } from "./layout.ts";
import { type Link, readLinks } from "./link.ts";
import { MESSAGE, type HeaderMessage, readObjectHeader } from "./object-header.ts";
import { readSymbolTable } from "./symbol-table.ts";
import type { Hdf5Attribute } from "./types.ts";

/** A group: its links, unfollowed. */
export interface GroupContent {
  readonly kind: "group";
  readonly links: readonly Link[];
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
}

/** A dataset: its type, shape and where its values are. */
export interface DatasetContent extends DatasetParts {
  readonly kind: "dataset";
}

export type Content = GroupContent | DatasetContent;

/** Reads the object at `address`, but neither its children nor its values. */
export async function readObject(walk: Walk, heap: StringHeap, address: number, spare?: Spare): Promise<Content> {
  const messages = await readObjectHeader(walk, address);
  const attributes = await readAttributes(
    walk,
    heap,
    bodies(messages, MESSAGE.attribute),
    body(messages, MESSAGE.attributeInfo),
    spare,
  );
  const table = body(messages, MESSAGE.symbolTable);
  if (table !== undefined) return { kind: "group", links: await readSymbolTable(walk, table), attributes };
  const linkInfo = body(messages, MESSAGE.linkInfo);
  const links = bodies(messages, MESSAGE.link);
  if (linkInfo !== undefined || links.length > 0 || body(messages, MESSAGE.groupInfo) !== undefined) {
    return { kind: "group", links: await readLinks(walk, linkInfo, links), attributes };
  }
  return { kind: "dataset", ...readDatasetParts(walk, messages), attributes };
}

/** The messages of one type. A body that is kept elsewhere is refused. */
function bodies(messages: readonly HeaderMessage[], type: number): Cursor[] {
  return messages
    .filter((message) => message.type === type)
    .map((message) => (message.shared ? refuseShared(message) : message.body));
}

function body(messages: readonly HeaderMessage[], type: number): Cursor | undefined {
  return bodies(messages, type)[0];
}

function refuseShared({ type, body: { origin } }: HeaderMessage): never {
  if (type === MESSAGE.datatype)
    fail("unsupported/committed-datatype", { source: "hdf5", message: "a committed datatype", offset: origin });
  fail("unsupported/shared-message", { source: "hdf5", message: `a shared message of type ${type}`, offset: origin });
}

function readDatasetParts(walk: Walk, messages: readonly HeaderMessage[]): Omit<DatasetParts, "attributes"> {
  const space = body(messages, MESSAGE.dataspace);
  const type = body(messages, MESSAGE.datatype);
  const layout = body(messages, MESSAGE.layout);
  if (layout === undefined && space === undefined && type !== undefined) {
    fail("unsupported/committed-datatype", {
      source: "hdf5",
      message: "a committed datatype among groups and datasets",
      offset: type.origin,
    });
  }
  if (space === undefined || type === undefined || layout === undefined) {
    const missing = [space ?? "dataspace", type ?? "datatype", layout ?? "data layout"].filter(
      (part) => typeof part === "string",
    );
    malformed(`an object that is neither a group nor a dataset: it has no ${missing.join(", no ")}`);
  }
  if (body(messages, MESSAGE.externalFiles) !== undefined) {
    fail("unsupported/external-storage", { source: "hdf5", message: "values are kept in another file" });
  }
  const filters = body(messages, MESSAGE.filters);
  const fill = body(messages, MESSAGE.fillValue);
  const oldFill = body(messages, MESSAGE.oldFillValue);
  return {
    type: readDatatype(type),
    space: readDataspace(space, walk.file.limits.rank),
    layout: readLayout(layout),
    filters: filters === undefined ? [] : readFilters(filters),
    fill: fill !== undefined ? readFillValue(fill) : oldFill !== undefined ? readOldFillValue(oldFill) : null,
  };
}
