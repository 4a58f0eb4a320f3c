/** What an object header's messages add up to: a group, a dataset, or something that is refused by name. */
import { fail } from "../../core/error.ts";
import { readAttribute } from "./attribute.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { DatasetParts } from "./dataset.ts";
import { readDataspace } from "./dataspace.ts";
import { readDatatype } from "./datatype.ts";
import type { Walk } from "./file.ts";
import { readFillValue, readOldFillValue } from "./fill-value.ts";
import type { StringHeap } from "./global-heap.ts";
import { readLayout } from "./layout.ts";
import type { Link } from "./link.ts";
import { MESSAGE, type Message, readObjectHeader } from "./object-header.ts";
import { readSymbolTable } from "./symbol-table.ts";
import type { Hdf5Attribute, Hdf5Type } from "./types.ts";

export interface GroupContent {
  readonly kind: "group";
  readonly links: readonly Link[];
  readonly attributes: ReadonlyMap<string, Hdf5Attribute>;
}

export interface DatasetContent extends Omit<DatasetParts, "path"> {
  readonly kind: "dataset";
}

export type Content = GroupContent | DatasetContent;

/** Reads the object at `address`, but neither its children nor its values. */
export async function readObject(walk: Walk, heap: StringHeap, address: number): Promise<Content> {
  const messages = await readObjectHeader(walk, address);
  const attributes = await readAttributes(walk, heap, messages);
  const table = find(messages, MESSAGE.symbolTable);
  if (table !== undefined)
    return { kind: "group", links: await readSymbolTable(walk, plain(table, "symbol table")), attributes };
  return { kind: "dataset", ...readDatasetParts(walk, messages), attributes };
}

function find(messages: readonly Message[], type: number): Message | undefined {
  return messages.find((message) => message.type === type);
}

/** The body of a message that is stored in place. */
function plain({ shared, body }: Message, what: string): Cursor {
  if (shared) fail("unsupported/shared-message", { source: "hdf5", message: `a shared ${what}`, offset: body.origin });
  return body;
}

async function readAttributes(
  walk: Walk,
  heap: StringHeap,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, Hdf5Attribute>> {
  const attributes = new Map<string, Hdf5Attribute>();
  for (const message of messages) {
    if (message.type !== MESSAGE.attribute) continue;
    const attribute = await readAttribute(plain(message, "attribute"), walk.file.limits, heap, committed);
    if (attributes.has(attribute.name)) malformed(`two attributes named ${attribute.name}`, message.body.origin);
    attributes.set(attribute.name, attribute);
  }
  return attributes;
}

async function committed(body: Cursor): Promise<Hdf5Type> {
  fail("unsupported/shared-message", { source: "hdf5", message: "a committed datatype", offset: body.origin });
}

function readDatasetParts(walk: Walk, messages: readonly Message[]): Omit<DatasetParts, "path" | "attributes"> {
  const space = find(messages, MESSAGE.dataspace);
  const type = find(messages, MESSAGE.datatype);
  const layout = find(messages, MESSAGE.layout);
  if (layout === undefined && space === undefined && type !== undefined) {
    fail("unsupported/committed-datatype", {
      source: "hdf5",
      message: "a committed datatype stands in place of a group or dataset",
      offset: type.body.origin,
    });
  }
  if (space === undefined || type === undefined || layout === undefined) {
    const missing = [space ?? "dataspace", type ?? "datatype", layout ?? "data layout"].filter(
      (part) => typeof part === "string",
    );
    malformed(`an object that is neither a group nor a dataset: it has no ${missing.join(", no ")}`);
  }
  if (find(messages, MESSAGE.externalFiles) !== undefined) {
    fail("unsupported/external-storage", { source: "hdf5", message: "values are kept in another file" });
  }
  const values = readLayout(plain(layout, "data layout"));
  if (values.kind === "virtual") {
    fail("unsupported/virtual-dataset", { source: "hdf5", message: "values are kept in other datasets" });
  }
  const fill = find(messages, MESSAGE.fillValue);
  const oldFill = find(messages, MESSAGE.oldFillValue);
  return {
    type: readDatatype(plain(type, "datatype")),
    space: readDataspace(plain(space, "dataspace"), walk.file.limits.rank),
    layout: values,
    fill:
      fill !== undefined
        ? readFillValue(plain(fill, "fill value"))
        : oldFill !== undefined
          ? readOldFillValue(plain(oldFill, "fill value"))
          : null,
  };
}
