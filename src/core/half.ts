/** Numbers to the 16-bit formats, rounded once, halves to even (IEEE 754). */

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
// The word with the exponent, whichever way the machine stores numbers.
scratch[0] = 1;
const HIGH = words[1] === 0 ? 0 : 1;

/** Nearest integer, halves to the even one. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : Math.ceil(x);
  return down % 2 === 0 ? down : down + 1;
}

function encode(value: number, fractionBits: number, bias: number): number {
  scratch[0] = value;
  const sign = words[HIGH]! >>> 31 ? 1 << 15 : 0;
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(value)) return sign | infinity | (1 << (fractionBits - 1));
  const size = Math.abs(value);
  const exponent = Math.max(((words[HIGH]! >>> 20) & 0x7ff) - 1023, 1 - bias);
  if (exponent > bias) return sign | infinity;
  // In units of the last place; a sum that reaches the next power of two carries into the exponent by itself.
  const units = roundHalfEven(size * 2 ** (fractionBits - exponent));
  return sign | (units + ((exponent + bias - 1) << fractionBits));
}

/** The binary16 bits nearest to a number. */
export function toFloat16(value: number): number {
  return encode(value, 10, 15);
}

/** The bfloat16 bits nearest to a number. */
export function toBfloat16(value: number): number {
  return encode(value, 7, 127);
}
