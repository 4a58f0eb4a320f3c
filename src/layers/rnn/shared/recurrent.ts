/**
 * What all recurrent layers share: the loop over time with its states and masks.
 * Source: keras/src/layers/rnn/rnn.py (3.15), tf_keras/layers/rnn/base_rnn.py.
 */
import type { JsonNode, JsonObject } from "../../../codecs/json.ts";
import { isFloat, itemSize } from "../../../core/dtype.ts";
import { fail } from "../../../core/error.ts";
import { CALL_RULES } from "../../../core/semantics.ts";
import { showShape } from "../../../core/tensor.ts";
import type { Size, Sym } from "../../../ops/types.ts";
import type { Context, KwArgs } from "../../define.ts";
import { bool, type Config, keras2Only } from "../../fields.ts";
import { maskOf, symsOf } from "../../common/args.ts";

/** Options of every recurrent layer. `unroll` changes only what Keras gets wrong, see `recurrent`; `time_major` is Keras 2's: x[T, B, …]. */
export const recurrentFields = {
  return_sequences: bool(false),
  return_state: bool(false),
  go_backwards: bool(false),
  stateful: bool(false),
  unroll: bool(false),
  zero_output_for_mask: bool(false),
};

/** Keras 2's option for x[T, B, …]. */
export const timeMajor = { time_major: keras2Only(bool(false)) };

/** The config of a cell that the file does not spell out: the layer's own options, under the cell's class. */
export function cellConfig(className: string, name: string, fields: object, options: JsonObject): JsonObject {
  const config: JsonObject = new Map<string, JsonNode>([["name", name]]);
  for (const key of ["trainable", "dtype", ...Object.keys(fields)]) {
    const value = options.get(key);
    if (value !== undefined) config.set(key, value);
  }
  return new Map<string, JsonNode>([
    ["class_name", className],
    ["config", config],
  ]);
}

type RecurrentConfig = Config<typeof recurrentFields> & { readonly time_major?: boolean };

/** y and, with return_state, the final states. x[B, T, …], mask[B, T] or [B, T, …], as y; with return_sequences y[B, T, …], else y[B, …]. */
export function recurrent(cx: Context, c: RecurrentConfig, x: readonly Sym[], kw: KwArgs): readonly Sym[] {
  const [input, ...inbound] = x;
  // Before Keras 3 a layer of whole numbers leaves floats as they are, and its states are like them.
  const isCut = isFloat(cx.compute) || CALL_RULES[cx.semantics].cutsFloats;
  const compute = isCut ? cx.compute : input!.dtype;
  const sequence = cx.op.cast(input!, compute);
  const axis = c.time_major ? 0 : 1;
  const cell = cx.cell(cx.child("cell"));
  const stateDType = isCut ? cell.dtype : compute;
  const shapes = cell.states(cx.op.take(sequence, axis, 0));
  const handed = inbound.length > 0 ? inbound : symsOf(kw["initial_state"]);
  // tf-keras casts the sequence alone, and no cell mixes dtypes: but TensorFlow multiplies bfloat16 and float32.
  const isSimple = cx.child("cell").class === "SimpleRNNCell" && stateDType === "float32";
  const isMixed = (s: Sym): boolean => s.dtype !== stateDType && !(isSimple && s.dtype === "bfloat16");
  const other = cx.semantics === "tf-keras" ? handed.find(isMixed) : undefined;
  if (other !== undefined)
    fail("unsupported/dtype", { message: "initial_state", expected: stateDType, found: other.dtype });
  const given = handed.map((s) => cx.op.cast(s, stateDType));
  if (symsOf(kw["constants"]).length > 0 || given.length > shapes.length) {
    fail("unsupported/constants", { message: "a recurrent layer with constants" });
  }
  if (given.length > 0 && given.length < shapes.length) {
    fail("mismatch/initial-state", { expected: `${shapes.length} states`, found: String(given.length) });
  }
  given.forEach((state, i) => {
    if (state.shape.length !== shapes[i]!.length) {
      fail("mismatch/shape", {
        message: `initial state ${i}`,
        expected: `${shapes[i]!.length} axes`,
        found: showShape(state.shape),
      });
    }
  });
  // Where x leaves the batch open, that on which the layer was built.
  const rows = (of: Size | undefined): Size => (typeof of === "number" ? of : (cx.built[0]?.[0] ?? of!));
  const slots = c.stateful ? shapes.map(([batch, ...rest], i) => cx.state(String(i), [rows(batch), ...rest])) : [];
  // Kept in variables: of what an earlier call left in them there is no gradient.
  const kept = slots.map((slot) => cx.op.cast(cx.op.stopGradient(slot.get()), stateDType));
  const init =
    given.length > 0 && kept.length > 0 && cx.semantics === "tf-keras"
      ? keptUnlessZero(cx, kept, given)
      : shapes.map((shape, i) => given[i] ?? kept[i] ?? cx.op.full(shape, 0, stateDType));
  const asGiven = maskOf(kw);
  const mask = asGiven && cx.op.cast(asGiven, "bool");
  // Unrolled, Keras repeats a mask along the axes that it has.
  if (mask !== undefined && (mask.shape.length < 2 || (c.unroll && mask.shape.slice(2).some((n) => n !== 1)))) {
    fail("unsupported/mask", {
      expected: "a mask over batch and time",
      found: `a mask of shape ${showShape(mask.shape)}`,
    });
  }
  // Unrolled, Keras zeroes the masked steps at the end, and then by the mask as it was, not turned around.
  const late = c.unroll && c.go_backwards && c.zero_output_for_mask && mask !== undefined;
  const loop = {
    x: sequence,
    init,
    axis,
    goBackwards: c.go_backwards,
    zeroOutputForMask: c.zero_output_for_mask && !late,
  } as const;
  // Under a mask Keras mixes no dtypes.
  const casts = mask === undefined && CALL_RULES[cx.semantics].castsStates && isFloat(stateDType);
  const made = cx.rnn(mask === undefined ? loop : { ...loop, mask }, (xt, states) => {
    const after = cell.step(xt, states);
    // A stack casts its cells' states as the next step begins; those that are given out must lose nothing by it here.
    const isSeen = c.return_state || c.stateful;
    const next = (s: Sym): Sym =>
      casts && isFloat(s.dtype) && (!isSeen || itemSize(s.dtype) < itemSize(stateDType))
        ? cx.op.cast(s, stateDType)
        : s;
    return { y: after.y, states: after.states.map(next) };
  });
  const own = (y: Sym): Sym => cx.op.cast(y, compute);
  const result = { sequence: own(made.sequence), last: own(made.last), states: made.states.map(own) };
  slots.forEach((slot, i) => slot.set(result.states[i]!));
  const whole = c.return_sequences ? result.sequence : result.last;
  const y = late ? zeroed(cx, whole, c.return_sequences ? mask : cx.op.take(mask, axis, 0)) : whole;
  return c.return_state ? [y, ...result.states] : [y];
}

/** tf-keras looks at the states that a layer keeps first: initial states count only while all of those are zero. */
function keptUnlessZero(cx: Context, kept: readonly Sym[], given: readonly Sym[]): readonly Sym[] {
  const used = kept.map((state) => cx.op.any(cx.op.notEqual(state, 0))).reduce((a, b) => cx.op.logicalOr(a, b));
  return given.map((state, i) => cx.op.where(used, kept[i]!, state));
}

/** y where the mask holds, else 0; the mask's axes are y's first. */
function zeroed(cx: Context, y: Sym, mask: Sym): Sym {
  const missing = y.shape.map((_, axis) => axis).slice(mask.shape.length);
  return cx.op.where(missing.length > 0 ? cx.op.expandDims(mask, missing) : mask, y, 0);
}

/** The mask goes on only with the sequence; states have none. */
export function recurrentMask(
  _cx: Context,
  c: RecurrentConfig,
  masks: readonly (Sym | undefined)[],
): readonly (Sym | undefined)[] {
  return c.return_sequences ? [masks[0]] : [];
}
