/** Recurrent layers as TensorFlow.js has them. Sources: tfjs-layers/src/layers/recurrent.ts, layers/wrappers.ts. */
import type { LayerNode } from "../../layers/define.ts";
import { scaleColumns, scaledColumns } from "../../model/hard-sigmoid.ts";
import type { ActivationSpec } from "../../ops/attributes.ts";
import type { Sym } from "../../ops/types.ts";
import { activationName } from "./activations.ts";
import {
  type CallOf,
  formed,
  type Options,
  plain,
  reshaped,
  type TfjsWriter,
  type TfjsValue,
  type Weights,
} from "./writer.ts";
import { reshapedTo, type TfjsRule } from "./windows.ts";

const LOOPS: ReadonlySet<string> = new Set(["LSTM", "GRU", "SimpleRNN"]);
const CELLS: Readonly<Record<string, string>> = { LSTMCell: "LSTM", GRUCell: "GRU", SimpleRNNCell: "SimpleRNN" };

/** Cells whose gates' sums are scaled for another hard_sigmoid. */
const SCALED: ReadonlySet<string> = new Set(["LSTMCell", "ConvLSTMCell"]);

/** An activation within a loop, where no layer can stand beside it. */
function inner(w: TfjsWriter, of: CallOf, cell: LayerNode, option: string): string | undefined {
  const spec = cell.config[option] as ActivationSpec | undefined;
  if (spec === undefined) return undefined;
  // Weights are scaled for it, see `cellWeights`.
  const isScaled = spec.fn === "hard_sigmoid" && option === "recurrent_activation" && SCALED.has(cell.def!.class);
  const name = isScaled ? "hard_sigmoid" : activationName(spec);
  return name ?? w.refuse({ ...of, node: cell }, "TensorFlow.js has no such activation in a loop", option);
}

/** Options of the cell, as those of the loop that has it. */
function cellOptions(w: TfjsWriter, of: CallOf, cell: LayerNode): Options {
  const c = cell.config;
  if (c["reset_after"] === true)
    w.refuse({ ...of, node: cell }, "TensorFlow.js has no GRU that resets after the product", "reset_after");
  const recurrent = inner(w, of, cell, "recurrent_activation");
  return {
    units: c["units"] as number,
    activation: inner(w, of, cell, "activation")!,
    ...(recurrent !== undefined && { recurrent_activation: recurrent }),
    use_bias: c["use_bias"] as boolean,
    dropout: c["dropout"] as number,
    recurrent_dropout: c["recurrent_dropout"] as number,
    ...(cell.class === "GRUCell" && { reset_after: false }),
    ...(cell.class === "LSTMCell" && { unit_forget_bias: false }),
  };
}

/** The weights of a cell; columns that feed a hard_sigmoid of Keras 3 are scaled for TensorFlow.js's, that of Keras 2. */
function cellWeights(cell: LayerNode, prefix: string): Weights {
  const columns = SCALED.has(cell.def!.class) ? scaledColumns(cell, "keras2") : new Map<string, never>();
  return Object.fromEntries(
    ["kernel", "recurrent_kernel", "bias"].map((name) => {
      const weight = plain({ node: cell }, name);
      const ranges = columns.get(name);
      const scaled = ranges && weight && formed(weight, weight.shape, (value) => scaleColumns(value, ranges, "keras2"));
      return [prefix + name, scaled ?? weight];
    }),
  );
}

const loopOptions = (c: CallOf["c"]): Options => ({
  return_sequences: c["return_sequences"] as boolean,
  return_state: c["return_state"] as boolean,
  go_backwards: c["go_backwards"] as boolean,
  stateful: c["stateful"] as boolean,
});

/**
 * Whether TensorFlow.js runs the loop with the mask that Keras runs it with: once there is a mask anywhere, it hands it to
 * loops without one too.
 */
function checkMask(w: TfjsWriter, of: CallOf, x: TfjsValue, states: number, stateful: boolean): void {
  const mask = (of.named["mask"] ?? null) as Sym | null;
  if ((mask === null ? null : w.same(mask.id)) !== x.mask)
    w.refuse(of, "the mask does not come with the values in TensorFlow.js", "mask");
  if (states > 0 && stateful) w.refuse(of, "TensorFlow.js loses the states of a loop that is given some", "stateful");
  if (mask === null) w.unmaskedReaders.push(of);
  else if (states > 0 || stateful) w.refuse(of, "TensorFlow.js fills in masked steps from the first state", "mask");
}

const cellOf = (node: LayerNode): LayerNode => node.children.get("cell")![0]!;

export const loop: TfjsRule = (w, of, x) => {
  const { c, node } = of;
  if (c["time_major"] === true) w.refuse(of, "TensorFlow.js has the batch first", "time_major");
  if (c["zero_output_for_mask"] === true && (of.named["mask"] ?? null) !== null)
    w.refuse(of, "TensorFlow.js repeats the last output", "zero_output_for_mask");
  checkMask(w, of, x[0]!, x.length - 1, c["stateful"] === true);
  if (!LOOPS.has(node.def!.class)) return stack(w, of, x);
  return run(w, of, x, "");
};

/** A loop of a built-in cell. */
function run(w: TfjsWriter, of: CallOf, x: readonly TfjsValue[], role: string): readonly TfjsValue[] {
  const cell = cellOf(of.node);
  const options = { ...cellOptions(w, of, cell), ...loopOptions(of.c) };
  return lastTwice(of, w.call(of, role, of.node.def!.class, options, x, of.y, cellWeights(cell, "")));
}

/** The last output and the state that it is are one tensor there, which is freed when one of both has been read. */
function lastTwice({ c }: CallOf, [y, ...states]: readonly TfjsValue[]): readonly TfjsValue[] {
  return states.length > 0 && c["return_sequences"] !== true ? [y!, y!, ...states.slice(1)] : [y!, ...states];
}

/** An RNN of built-in cells: a loop for each. */
function stack(w: TfjsWriter, of: CallOf, x: readonly TfjsValue[]): readonly TfjsValue[] {
  const { c, node } = of;
  const outer = cellOf(node);
  const cells = outer.children.get("cells") ?? [outer];
  const strange = cells.find((cell) => CELLS[cell.def!.class] === undefined);
  if (strange !== undefined) w.refuse({ ...of, node: strange }, "TensorFlow.js has no such cell");
  const isPlain = x.length === 1 && c["return_state"] !== true;
  if (cells.length > 1 && !isPlain) w.refuse(of, "states of stacked cells", "return_state");
  if (cells.length > 1 && x[0]!.mask !== null) w.refuse(of, "a mask over stacked cells");
  let value = x;
  cells.forEach((cell, i) => {
    const isLast = i === cells.length - 1;
    const options = {
      ...cellOptions(w, of, cell),
      ...loopOptions(c),
      // Where the first goes backwards, what comes to the others lies so already.
      ...(i > 0 && { go_backwards: false }),
      ...(!isLast && { return_sequences: true }),
    };
    const [batch, time] = x[0]!.shape;
    const shapes = isLast ? of.y : [[batch!, time!, cell.config["units"] as number]];
    value = w.call(
      of,
      isLast ? "" : `cell_${i}`,
      CELLS[cell.def!.class]!,
      options,
      value,
      shapes,
      cellWeights(cell, ""),
    );
  });
  return value;
}

/** ConvLSTM1D and 2D; one spatial axis is the first of two. x[B, T, ...spatial, C] */
export const convLstm =
  (rank: 1 | 2): TfjsRule =>
  (w, of, x) => {
    const { c, node } = of;
    checkMask(w, of, x[0]!, x.length - 1, c["stateful"] === true);
    if (c["data_format"] !== "channels_last") w.refuse(of, "TensorFlow.js gets the channels last", "data_format");
    if (w.isTimed || x.length > 1) w.refuse(of, "states from elsewhere");
    const cell = cellOf(node);
    const both = (option: string): readonly number[] => {
      const given = c[option] as readonly number[];
      return rank === 1 ? [given[0]!, 1] : given;
    };
    const options = {
      filters: c["filters"] as number,
      kernel_size: both("kernel_size"),
      strides: both("strides"),
      dilation_rate: both("dilation_rate"),
      padding: c["padding"] as string,
      data_format: "channels_last",
      activation: inner(w, of, cell, "activation")!,
      recurrent_activation: inner(w, of, cell, "recurrent_activation")!,
      use_bias: c["use_bias"] as boolean,
      unit_forget_bias: false,
      dropout: c["dropout"] as number,
      recurrent_dropout: c["recurrent_dropout"] as number,
      ...loopOptions(c),
    };
    const own = cellWeights(cell, "");
    if (rank === 2) return lastTwice(of, w.call(of, "", "ConvLSTM2D", options, x, of.y, own));
    const wide = ([first, ...rest]: readonly number[]): readonly number[] => [first!, 1, ...rest];
    const weights = {
      ...own,
      kernel: reshaped(own["kernel"], wide),
      recurrent_kernel: reshaped(own["recurrent_kernel"], wide),
    };
    const spread = (shape: TfjsValue["shape"]): TfjsValue["shape"] => [...shape.slice(0, -1), 1, shape.at(-1)!];
    const given = reshapedTo(w, of, "wide", x[0]!, spread(x[0]!.shape).slice(1));
    const made = lastTwice(of, w.call(of, "", "ConvLSTM2D", options, [given], of.y.map(spread), weights));
    return made.map((value, i) => reshapedTo(w, of, `narrow_${i}`, value, of.y[i]!.slice(1)));
  };

const JOINS: Readonly<Record<string, string>> = { concat: "Concatenate", sum: "Add", mul: "Multiply", ave: "Average" };

/** Two loops side by side. TensorFlow.js has no layer that turns time round: steps must lie in its order already. */
function bothWays(
  w: TfjsWriter,
  of: CallOf,
  sides: readonly LayerNode[],
  [x, ...states]: readonly TfjsValue[],
): readonly TfjsValue[] {
  const half = states.length / 2;
  const made = sides.map((side, i) => {
    const own = states.slice(i * half, (i + 1) * half);
    const c = side.config;
    const [batch, time] = x!.shape;
    const units = cellOf(side).config["units"] as number;
    const y = c["return_sequences"] === true ? [batch!, time!, units] : [batch!, units];
    const count = c["return_state"] === true ? (side.def!.class === "LSTM" ? 2 : 1) : 0;
    const shapes = [y, ...Array.from({ length: count }, () => [batch!, units])];
    if (i === 1 && c["return_sequences"] === true)
      w.refuse(of, "TensorFlow.js makes the way back of the way there", "backward_layer");
    return run(w, { ...of, node: side, c, name: of.name, y: shapes }, [x!, ...own], side.name);
  });
  const [front, back] = made.map(([y]) => y!);
  const rest = made.flatMap(([, ...further]) => further);
  const mode = of.c["merge_mode"] as string | null;
  if (mode === null) return [front!, back!, ...rest];
  const options = mode === "concat" ? { axis: front!.shape.length - 1 } : {};
  return [...w.call(of, "", JOINS[mode]!, options, [front!, back!], [of.y[0]!]), ...rest];
}

export const bidirectional: TfjsRule = (w, of, x) => {
  const { c, node } = of;
  const front = node.children.get("forward_layer")![0]!;
  const back = node.children.get("backward_layer")![0]!;
  const sides = [front, back];
  if (sides.some(({ def }) => !LOOPS.has(def!.class))) w.refuse(of, "TensorFlow.js has other layers in it", "layer");
  if (sides.some(({ config }) => config["time_major"] === true))
    w.refuse(of, "TensorFlow.js has the batch first", "layer");
  const stateful = sides.some(({ config }) => config["stateful"] === true);
  checkMask(w, of, x[0]!, x.length - 1, stateful);
  const zeroed = (side: LayerNode): boolean => side.config["zero_output_for_mask"] === true;
  if (x[0]!.mask !== null && sides.some(zeroed)) w.refuse(of, "TensorFlow.js repeats the last output", "layer");
  const apart = (): readonly TfjsValue[] => bothWays(w, of, sides, x);
  if (c["merge_mode"] === null || x.length > 1 || front.def !== back.def) return apart();
  const own = { ...of, node: front, c: front.config };
  const options = (child: LayerNode): Options => ({
    ...cellOptions(w, own, cellOf(child)),
    ...loopOptions(child.config),
  });
  const [forward, backward] = [options(front), options(back)];
  const same =
    JSON.stringify({ ...backward, go_backwards: false }) === JSON.stringify({ ...forward, go_backwards: false });
  if (!same || front.config["go_backwards"] === true || back.config["go_backwards"] !== true) return apart();
  const name = front.name.replace(/^forward_/, "");
  const layer = { class_name: front.def!.class, config: { name, trainable: true, ...forward } };
  const weights = {
    ...cellWeights(cellOf(front), `forward_${name}/`),
    ...cellWeights(cellOf(back), `backward_${name}/`),
  };
  return w.call(of, "", "Bidirectional", { merge_mode: c["merge_mode"] as string, layer }, x, of.y, weights);
};
