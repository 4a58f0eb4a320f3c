/** What may pass of results that are further from exact ones than the contract allows: judged number by number. */

/** An error is one that rounding makes within so many times the tolerance. */
const ROUNDING = 4;
/** With policies of 16 bits: within this part of the largest output. */
export const ROUNDING_HALF = 0.03;

/** What engines that round half precision at other places may be apart, of the largest number: some of its steps; null without it. */
export function coarseness({ graph }) {
  const dtypes = new Set([...graph.values.values()].map(({ dtype }) => dtype));
  return dtypes.has("bfloat16") ? 2 ** -5 : dtypes.has("float16") ? 2 ** -8 : null;
}

/** |a − b|; Infinity where only one of them is a number of its kind. */
function apart(a, b) {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const far = Math.abs(Number(a) - Number(b));
  return Number.isNaN(far) ? Infinity : far;
}

const isRounding = ({ DEFAULT_TOLERANCE: { rtol, atol } }, { maxAbs }, magnitude, half) =>
  maxAbs <= (half ? ROUNDING_HALF * magnitude : ROUNDING * (atol + rtol * magnitude));

/** Whether two results are no further apart than rounding makes them. */
export function isNearly(lib, found, first) {
  const { shapeOk, dtypeOk, magnitude, maxAbs } = lib.compareTensors("", found, first, lib.DEFAULT_TOLERANCE);
  return shapeOk && dtypeOk && isRounding(lib, { maxAbs }, magnitude, false);
}

/**
 * Whether what another program computes is as near to float64 as the contract asks: no further than twice the error of the first
 * one, which counts only while it is itself of rounding size, or 5e-7 of the largest number (of 16-bit dtypes, as many of their
 * steps). A first result that is off by more says nothing about others.
 */
export function isTrueOutput(lib, found, first, exact, half = false) {
  const { shapeOk, dtypeOk, magnitude, truth } = lib.compareTensors("", found, first, lib.DEFAULT_TOLERANCE, exact);
  if (!shapeOk || !dtypeOk || truth === undefined) return false;
  return isRounding(lib, truth.expected, magnitude, half) && truth.excess <= 1;
}

/**
 * How far each of Keras's numbers moves in `moves`, its own results as weights and inputs move by their last digit. One that
 * becomes infinite or NaN did not move by any distance.
 */
export function distances({ valuesOf }, keras, moves) {
  const far = keras.map((tensor) => new Float64Array(valuesOf(tensor).length));
  for (const moved of moves)
    for (const [i, all] of far.entries()) {
      const [was, is] = [valuesOf(keras[i]), valuesOf(moved[i])];
      all.forEach((most, k) => {
        const one = apart(is[k], was[k]);
        if (one > most && one < Infinity) all[k] = one;
      });
    }
  return far;
}

/**
 * Whether each number that is off by more than rounding makes is no further from the one `wanted`, exact or Keras's, than
 * `far`, which is how far Keras's moves: then nobody could tell the model from one that gives it. `steps`: what rounding to
 * 16 bits makes, where policies say so.
 */
export function isWithin(lib, found, keras, wanted, far, steps = 0) {
  const { magnitude, truth } = lib.compareTensors("", found, keras, lib.DEFAULT_TOLERANCE, wanted);
  if (truth === undefined) return false;
  const own = steps === 0 && isRounding(lib, truth.expected, magnitude, false) ? truth.expected : { maxAbs: 0 };
  const [ours, right] = [lib.valuesOf(found), lib.valuesOf(wanted)];
  return far.every((most, k) => {
    const maxAbs = apart(ours[k], right[k]);
    return maxAbs <= Math.max(most, steps) || lib.truthExcess({ maxAbs }, own, magnitude, found.dtype) <= 1;
  });
}
