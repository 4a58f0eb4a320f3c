/**
 * Writes an HDF5 file as h5py does by default (`libver="earliest"`): superblock 0, object headers of version 1, symbol
 * tables, contiguous values. Everything is planned first, so that the size is known; values are asked for one dataset at a
 * time while the file is put out.
 * Follows the HDF5 File Format Specification 3.0: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
 */
import { located } from "../../core/error.ts";
import { storedSize, valueCount } from "./types.ts";
import { FileArena } from "./write/arena.ts";
import { Builder } from "./write/builder.ts";
import { StringHeapWriter } from "./write/global-heap.ts";
import {
  attributeMessage,
  checkSame,
  datasetMessages,
  encodeHeader,
  type EncodedMessage,
  symbolTableMessage,
} from "./write/messages.ts";
import { GROUP_CACHED, INTERNAL_K, LEAF_K, type Placed, placeTable, type Table } from "./write/symbol-table.ts";
import { flatten } from "./write/tree.ts";
import type { WriteDataset, WriteGroup } from "./write/types.ts";
import { storedValues } from "./write/values.ts";

/** A file that is laid out, to be written as a stream. */
export interface Hdf5Plan {
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** The file from start to end. */
  chunks(): AsyncIterable<Uint8Array>;
}

const SIGNATURE = "\x89HDF\r\n\x1a\n";
const SUPERBLOCK_SIZE = 96;

/**
 * Lays the file out: superblock, values, metadata. Throws `limit/attribute` for an attribute of over 64 KiB,
 * `unsupported/name`, `unsupported/datatype`, `mismatch/size` where values do not fill their shape.
 */
export function planHdf5(root: WriteGroup): Hdf5Plan {
  const items = flatten(root);
  const addresses: number[] = [];
  let end = SUPERBLOCK_SIZE;
  for (const { node } of items) {
    addresses.push(end);
    if (node.kind === "dataset" && node.type.class !== "vlen-string") end += padded(node.byteLength);
  }
  const arena = new FileArena(end);
  const heap = new StringHeapWriter(arena);
  const members = items.map(() => new Map<string, Placed>());
  let placedRoot: Placed | undefined;
  for (let i = items.length - 1; i >= 0; i--) {
    const { node, parent, name, path } = items[i]!;
    placedRoot = located({ source: "hdf5", pathPrefix: path || "/" }, () =>
      node.kind === "group"
        ? placeGroup(arena, heap, node, members[i]!)
        : placeDataset(arena, heap, node, addresses[i]!),
    );
    members[parent]?.set(name, placedRoot);
  }
  const superblock = encodeSuperblock(placedRoot!.header, placedRoot!.table!, arena.end);
  return {
    size: arena.end,
    async *chunks() {
      yield superblock;
      for (const { node, path } of items) {
        if (node.kind === "group" || node.type.class === "vlen-string") continue;
        yield* storedValues(path, node.type, node.byteLength, node.data());
        const padding = padded(node.byteLength) - node.byteLength;
        if (padding > 0) yield new Uint8Array(padding);
      }
      yield* arena.blocks;
    },
  };
}

const padded = (size: number): number => Math.ceil(size / 8) * 8;

type Attributes = WriteGroup["attributes"];

function attributeMessages(attributes: Attributes, heap: StringHeapWriter): EncodedMessage[] {
  return [...attributes].map(([name, attribute]) => attributeMessage(name, attribute, heap));
}

function placeGroup(
  arena: FileArena,
  heap: StringHeapWriter,
  group: WriteGroup,
  members: ReadonlyMap<string, Placed>,
): Placed {
  const table = placeTable(arena, members);
  const messages = [symbolTableMessage(table), ...attributeMessages(group.attributes, heap)];
  return { header: arena.place(encodeHeader(messages)), table };
}

function placeDataset(arena: FileArena, heap: StringHeapWriter, dataset: WriteDataset, dataAddress: number): Placed {
  const { type, shape, strings, attributes } = dataset;
  const size = storedSize(type) * valueCount(shape);
  let address = dataAddress;
  if (type.class === "vlen-string") {
    checkSame("a dataset", valueCount(shape), strings?.length ?? 0, "strings");
    address = arena.place(heap.references(strings ?? []));
  } else {
    checkSame("a dataset", size, dataset.byteLength, "bytes");
  }
  const messages = [...datasetMessages(type, shape, address, size), ...attributeMessages(attributes, heap)];
  return { header: arena.place(encodeHeader(messages)) };
}

/** Version 0; the entry of the root group ends it. */
function encodeSuperblock(rootHeader: number, { tree, heap }: Table, end: number): Uint8Array {
  return new Builder()
    .ascii(SIGNATURE)
    .u8(0, 0, 0, 0, 0, 8, 8, 0)
    .u16(LEAF_K)
    .u16(INTERNAL_K)
    .u32(0)
    .u64(0) // base address
    .u64(null) // free space
    .u64(end)
    .u64(null) // driver information
    .u64(0)
    .u64(rootHeader)
    .u32(GROUP_CACHED)
    .u32(0)
    .u64(tree)
    .u64(heap)
    .done();
}
