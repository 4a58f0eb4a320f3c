/** Instructions by type: each function takes its operands' code and gives its own. Addresses have a static offset. */
import { type Code, float32Bytes, float64Bytes, int32Bytes, signed, signed32, unsigned } from "./code.ts";

const op1 =
  (byte: Code) =>
  (a: Code): Code => [a, byte];
const op2 =
  (byte: Code) =>
  (a: Code, b: Code): Code => [a, b, byte];
const load =
  (byte: Code, align: number) =>
  (address: Code, offset = 0): Code => [address, byte, align, unsigned(offset)];
const store =
  (byte: Code, align: number) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, byte, align, unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, signed32(value)],
  load: load(0x28, 2), load8u: load(0x2d, 0), store: store(0x36, 2),
  eqz: op1(0x45), eq: op2(0x46), ne: op2(0x47), ltS: op2(0x48), ltU: op2(0x49), gtS: op2(0x4a), gtU: op2(0x4b),
  leS: op2(0x4c), leU: op2(0x4d), geS: op2(0x4e), geU: op2(0x4f),
  add: op2(0x6a), sub: op2(0x6b), mul: op2(0x6c), divS: op2(0x6d), divU: op2(0x6e), remS: op2(0x6f), remU: op2(0x70),
  and: op2(0x71), or: op2(0x72), xor: op2(0x73), shl: op2(0x74), shrS: op2(0x75), shrU: op2(0x76),
  wrap: op1(0xa7), reinterpret: op1(0xbc),
  /** Of a float64: truncated, saturating. */
  truncF64: op1([0xfc, 2]),
}; // prettier-ignore

export const i64 = {
  const: (value: bigint): Code => [0x42, signed(BigInt.asIntN(64, value))],
  load: load(0x29, 3), store: store(0x37, 3),
  eqz: op1(0x50), eq: op2(0x51), ne: op2(0x52), ltS: op2(0x53), gtS: op2(0x55), leS: op2(0x57),
  add: op2(0x7c), sub: op2(0x7d), mul: op2(0x7e), and: op2(0x83), or: op2(0x84), xor: op2(0x85),
  shl: op2(0x86), shrS: op2(0x87), shrU: op2(0x88),
  extendS: op1(0xac), extendU: op1(0xad), reinterpret: op1(0xbd),
  truncF64: op1([0xfc, 6]), truncF64U: op1([0xfc, 7]),
}; // prettier-ignore

export const f32 = {
  const: (value: number): Code => [0x43, float32Bytes(value)],
  load: load(0x2a, 2), store: store(0x38, 2),
  add: op2(0x92), sub: op2(0x93), mul: op2(0x94), div: op2(0x95), demote: op1(0xb6), reinterpret: op1(0xbe),
}; // prettier-ignore

export const f64 = {
  const: (value: number): Code => [0x44, float64Bytes(value)],
  load: load(0x2b, 3), store: store(0x39, 3),
  eq: op2(0x61), ne: op2(0x62), lt: op2(0x63), gt: op2(0x64), le: op2(0x65), ge: op2(0x66),
  abs: op1(0x99), neg: op1(0x9a), ceil: op1(0x9b), floor: op1(0x9c), trunc: op1(0x9d), nearest: op1(0x9e), sqrt: op1(0x9f),
  add: op2(0xa0), sub: op2(0xa1), mul: op2(0xa2), div: op2(0xa3), min: op2(0xa4), max: op2(0xa5), copysign: op2(0xa6),
  fromI32: op1(0xb7), fromU32: op1(0xb8), fromI64: op1(0xb9), fromU64: op1(0xba), promote: op1(0xbb), reinterpret: op1(0xbf),
}; // prettier-ignore

const simd = (code: number): Code => [0xfd, unsigned(code)].flat();
const v1 = (code: number) => op1(simd(code));
const v2 = (code: number) => op2(simd(code));
const lanes = (bytes: readonly number[]): Code => [simd(0x0c), Array.from({ length: 16 / bytes.length }, () => bytes)];

export const v128 = {
  /** Of 16 bytes. */
  const: (bytes: readonly number[]): Code => lanes(bytes),
  load: load(simd(0x00), 2), load32Splat: load(simd(0x09), 2), load32Zero: load(simd(0x5c), 2), load64Zero: load(simd(0x5d), 2),
  load8x8s: load(simd(0x01), 2), load16x4s: load(simd(0x03), 2), load16x4u: load(simd(0x04), 2),
  store: store(simd(0x0b), 2),
  store32Lane: (address: Code, value: Code, lane: number, offset = 0): Code => [address, value, simd(0x5a), 2, unsigned(offset), lane],
  store64Lane: (address: Code, value: Code, lane: number, offset = 0): Code => [address, value, simd(0x5b), 2, unsigned(offset), lane],
  anyTrue: v1(0x53), not: v1(0x4d), and: v2(0x4e), andNot: v2(0x4f), or: v2(0x50), xor: v2(0x51),
  /** Bits of `a` where the mask is set, else of `b`. */
  select: (a: Code, b: Code, mask: Code): Code => [a, b, mask, simd(0x52)],
  shuffle: (a: Code, b: Code, bytes: readonly number[]): Code => [a, b, simd(0x0d), bytes],
}; // prettier-ignore

export const f32x4 = {
  const: (value: number): Code => lanes(float32Bytes(value)),
  splat: v1(0x13),
  lane: (a: Code, lane: number): Code => [a, simd(0x1f), lane],
  eq: v2(0x41), ne: v2(0x42), lt: v2(0x43), gt: v2(0x44), le: v2(0x45), ge: v2(0x46),
  ceil: v1(0x67), floor: v1(0x68), trunc: v1(0x69), nearest: v1(0x6a), abs: v1(0xe0), neg: v1(0xe1), sqrt: v1(0xe3),
  add: v2(0xe4), sub: v2(0xe5), mul: v2(0xe6), div: v2(0xe7), min: v2(0xe8), max: v2(0xe9),
  /** `b < a ? b : a` and `a < b ? b : a`: one instruction each, but not symmetric in NaN and zeros. */
  pmin: v2(0xea), pmax: v2(0xeb),
  fromI32x4: v1(0xfa),
  relaxedMadd: (a: Code, b: Code, c: Code): Code => [a, b, c, simd(0x105)],
  relaxedNmadd: (a: Code, b: Code, c: Code): Code => [a, b, c, simd(0x106)],
}; // prettier-ignore

export const i16x8 = {
  /** Of int32, what is too large cut. */
  narrow: v2(0x85),
  /** Sums of two successive products, as int32. */
  dot: v2(0xba),
};

export const i32x4 = {
  /** Four numbers. */
  lanes: (of: readonly number[]): Code => lanes(of.flatMap(int32Bytes)),
  const: (value: number): Code => lanes(int32Bytes(value)),
  splat: v1(0x11),
  allTrue: v1(0xa3), eq: v2(0x37), ne: v2(0x38), ltS: v2(0x39), gtS: v2(0x3b), leS: v2(0x3d), geS: v2(0x3f), abs: v1(0xa0), add: v2(0xae), sub: v2(0xb1), mul: v2(0xb5), minS: v2(0xb6),
  shl: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xab)],
  shrS: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xac)],
  shrU: (a: Code, bits: number): Code => [a, i32.const(bits), simd(0xad)],
  truncF32x4: v1(0xf8),
  /** The lower four of eight. */
  extendLow: v1(0xa7),
}; // prettier-ignore

export const f64x2 = {
  const: (value: number): Code => lanes(float64Bytes(value)),
  splat: v1(0x14),
  lane: (a: Code, lane: number): Code => [a, simd(0x21), lane],
  add: v2(0xf0), sub: v2(0xf1), mul: v2(0xf2), div: v2(0xf3),
  /** The two lower float32 lanes. */
  promoteLow: v1(0x5f), demote: v1(0x5e),
}; // prettier-ignore

const EMPTY = 0x40;
const END = 0x0b;

/** Statements; a `br` of depth 0 leaves the innermost block or restarts the innermost loop. */
export const block = (body: Code): Code => [0x02, EMPTY, body, END];
export const loop = (body: Code): Code => [0x03, EMPTY, body, END];
export const br = (depth: number): Code => [0x0c, unsigned(depth)];
export const brIf = (depth: number, condition: Code): Code => [condition, 0x0d, unsigned(depth)];
export const when = (condition: Code, then: Code, otherwise?: Code): Code => [
  condition,
  0x04,
  EMPTY,
  then,
  otherwise === undefined ? [] : [0x05, otherwise],
  END,
];
/** `a` where the condition holds, else `b`; both are evaluated. */
export const select = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b];
/** Only for what it does. */
export const drop = (value: Code): Code => [value, 0x1a];
export const returns = (value: Code = []): Code => [value, 0x0f];
export const trap: Code = 0x00;
export const memoryFill = (to: Code, byte: Code, bytes: Code): Code => [to, byte, bytes, 0xfc, 0x0b, 0];
export const memoryCopy = (to: Code, from: Code, bytes: Code): Code => [to, from, bytes, 0xfc, 0x0a, 0, 0];
