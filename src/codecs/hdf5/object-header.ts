/**
 * Object headers: the list of messages that makes an object a group or a dataset. Versions 1 and 2, with continuations.
 * HDF5 File Format Specification IV.A "Data Object Headers".
 */
import { fail } from "../../core/error.ts";
import { checkBlock } from "./checksum.ts";
import { type Cursor, malformed } from "./cursor.ts";
import type { Walk } from "./file.ts";

export const MESSAGE = {
  nil: 0x00,
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  oldFillValue: 0x04,
  fillValue: 0x05,
  link: 0x06,
  externalFiles: 0x07,
  layout: 0x08,
  groupInfo: 0x0a,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

const LAST_KNOWN_MESSAGE = 0x18;
/** Version 1 counts messages in 16 bits. */
const MAX_MESSAGES = 0xffff;
const SHARED = 0x02;
const MUST_UNDERSTAND = 0x80;

/** One message of an object header. */
export interface HeaderMessage {
  readonly type: number;
  /** The body is not here but in another object (committed datatype) or a shared heap. */
  readonly shared: boolean;
  readonly body: Cursor;
}

interface Block {
  readonly address: number;
  readonly size: number;
}

/** All messages of the object at `address`, in order, continuations and padding left out. */
export async function readObjectHeader(walk: Walk, address: number): Promise<HeaderMessage[]> {
  walk.enter(address, "object header");
  const first = await walk.read(address, 1);
  return first.u8() === 1 ? readVersion1(walk, address) : readVersion2(walk, address);
}

function continuation(body: Cursor): Block {
  return { address: body.address(), size: body.length() };
}

function keep(messages: HeaderMessage[], type: number, flags: number, body: Cursor): void {
  if (type > LAST_KNOWN_MESSAGE && (flags & MUST_UNDERSTAND) !== 0) {
    fail("unsupported/message", {
      source: "hdf5",
      message: "a header message of unknown type that must be understood",
      found: String(type),
      offset: body.origin,
    });
  }
  if (messages.length >= MAX_MESSAGES) malformed("an object header of too many messages", body.origin);
  if (type !== MESSAGE.nil) messages.push({ type, shared: (flags & SHARED) !== 0, body });
}

const PREFIX_1 = 16;
const MESSAGE_HEADER_1 = 8;

async function readVersion1(walk: Walk, address: number): Promise<HeaderMessage[]> {
  const prefix = await walk.read(address, PREFIX_1);
  prefix.version("object header", 1);
  prefix.skip(1);
  const count = prefix.u16(); // a little wrong in files of old libraries
  prefix.skip(4); // reference count
  const blocks: Block[] = [{ address: address + PREFIX_1, size: prefix.u32() }];
  const messages: HeaderMessage[] = [];
  let room = 0;
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    room += Math.floor(block.size / MESSAGE_HEADER_1);
    const cursor = await walk.read(block.address, block.size);
    while (cursor.remaining >= MESSAGE_HEADER_1) {
      const type = cursor.u16();
      const size = cursor.u16();
      const flags = cursor.u8();
      cursor.skip(3);
      const body = cursor.part(size);
      if (type !== MESSAGE.continuation) keep(messages, type, flags, body);
      else blocks.push(enterBlock(walk, continuation(body)));
    }
    if (cursor.remaining > 0) malformed("an object header ends inside a message", cursor.position);
  }
  if (count > room) malformed("an object header counts more messages than fit into it", address + 2);
  return messages;
}

function enterBlock(walk: Walk, block: Block): Block {
  walk.enter(block.address, "object header continuation");
  return block;
}

async function readVersion2(walk: Walk, address: number): Promise<HeaderMessage[]> {
  const prefix = await walk.read(address, 6);
  prefix.expect("OHDR");
  prefix.version("object header", 2);
  const flags = prefix.u8();
  const sizeWidth = 1 << (flags & 3);
  const fixed = 6 + ((flags & 0x20) !== 0 ? 16 : 0) + ((flags & 0x10) !== 0 ? 4 : 0);
  const sizeField = await walk.read(address + fixed, sizeWidth);
  const size = sizeField.uint(sizeWidth);
  const start = fixed + sizeWidth;
  const headerSize = (flags & 4) !== 0 ? 6 : 4;

  const blocks: Block[] = [];
  const messages: HeaderMessage[] = [];
  const readMessages = (cursor: Cursor): void => {
    while (cursor.remaining >= headerSize) {
      const type = cursor.u8();
      const length = cursor.u16();
      const messageFlags = cursor.u8();
      if (headerSize === 6) cursor.skip(2); // creation order of an attribute
      const body = cursor.part(length);
      if (type !== MESSAGE.continuation) keep(messages, type, messageFlags, body);
      else blocks.push(enterBlock(walk, continuation(body)));
    }
  };
  const first = await walk.read(address, start + size + 4);
  checkBlock(first.bytes, "object header", first.origin);
  first.skip(start);
  readMessages(first.part(size));
  for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
    const cursor = await walk.read(block.address, block.size);
    cursor.expect("OCHK");
    if (cursor.remaining < 4) malformed("an object header continuation ends too early", cursor.position);
    checkBlock(cursor.bytes, "object header continuation", cursor.origin);
    readMessages(cursor.part(cursor.remaining - 4));
  }
  return messages;
}
