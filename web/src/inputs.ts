/** Values for a model's inputs: made up, from files, from pictures. */
import { engine } from "./engine.ts";
import type { DType, InspectedLayer, OpenModel, Values } from "./types.ts";

export type Spec = OpenModel["found"]["inputs"][number];

export const isWhole = (dtype: DType): boolean => /^u?int|^bool/.test(dtype);

/** With open lengths filled in: one sample, and `length` of anything else. */
export const shapeOf = (spec: Spec, length: number): number[] =>
  (spec.shape ?? [null, null]).map((n, axis) => n ?? (axis === 0 ? 1 : length));

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Whole numbers stay below the smallest table that may look them up. */
export function tableOf(layers: readonly InspectedLayer[]): number {
  const sizes = layers.flatMap(({ class: name, config, layers: inside }) =>
    name === "Embedding" ? [Number(config["input_dim"])] : inside.length > 0 ? [tableOf(inside)] : [],
  );
  return Math.min(8, ...sizes);
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  bool: Uint8Array,
};

/** As many numbers as a shape has, in the dtype's own kind of array; halves and 64-bit integers are cast by the model. */
export function filled(dtype: DType, shape: readonly number[], at: (i: number) => number): Values {
  const size = sizeOf(shape);
  if (dtype === "string") return { dtype, shape, data: Array.from({ length: size }, () => "text") };
  const kind = dtype in ARRAYS ? (dtype as keyof typeof ARRAYS) : isWhole(dtype) ? "int32" : "float32";
  return { dtype: kind, shape, data: new ARRAYS[kind](Array.from({ length: size }, (_, i) => at(i))) };
}

/** The same for the same seed. */
export function random(spec: Spec, shape: readonly number[], below: number, seed: number): Values {
  let state = seed * 2654435761 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const top = spec.dtype === "bool" ? 2 : below;
  return filled(spec.dtype, shape, () => (isWhole(spec.dtype) ? Math.floor(next() * top) : next() * 2 - 1));
}

/** Rows of numbers under the names of their columns. */
export interface Table {
  readonly names: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

/** Numbers with commas, semicolons, tabs or spaces between; a first line without numbers is a header. */
export function parseTable(text: string): Table {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const cells = lines.map((line) => line.trim().split(/\s*[,;\t]\s*| +/));
  const isHeader = cells[0]?.some((cell) => Number.isNaN(Number(cell))) === true;
  const rows = cells.slice(isHeader ? 1 : 0).map((row) => row.map(Number));
  return { names: isHeader ? cells[0]! : (cells[0] ?? []).map((_, i) => `column ${i + 1}`), rows };
}

/** A shape that fits what came: a missing batch axis, or other lengths where the model leaves them open. */
function fitted(spec: Spec, found: readonly number[]): number[] {
  const wanted = spec.shape ?? found;
  const fits = (shape: readonly number[]): boolean =>
    shape.length === wanted.length && shape.every((n, i) => wanted[i] === null || wanted[i] === n);
  if (fits(found)) return [...found];
  if (fits([1, ...found])) return [1, ...found];
  const open = wanted.flatMap((n, i) => (n === null && i > 0 ? [i] : []));
  const known = wanted.reduce<number>((product, n) => product * (n ?? 1), 1);
  const size = sizeOf(found);
  if (size % known !== 0 || open.length > 1)
    throw new Error(
      `${spec.name} takes [${wanted.map((n) => n ?? "any").join(", ")}], the file has [${found.join(", ")}]`,
    );
  return wanted.map((n, i) => n ?? (i === (open[0] ?? 0) ? size / known : 1));
}

async function pixels(spec: Spec, file: Blob): Promise<Values> {
  const [, height, width, channels] = (spec.shape ?? []).map((n) => n ?? 224);
  if (height === undefined || width === undefined || (channels !== 1 && channels !== 3))
    throw new Error(`${spec.name} takes no picture: its shape is not [batch, rows, columns, 1 or 3]`);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d")!;
  context.drawImage(await createImageBitmap(file), 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const at = (i: number): number => {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const [r, g, b] = [data[pixel * 4]!, data[pixel * 4 + 1]!, data[pixel * 4 + 2]!];
    return (channels === 1 ? 0.299 * r + 0.587 * g + 0.114 * b : [r, g, b][channel]!) / 255;
  };
  return filled(spec.dtype, [1, height, width, channels], at);
}

/** From a .csv, .npy, .npz or a picture. `place`: the input's, by which an .npz may name it. */
export async function fromFile(spec: Spec, place: number, file: File): Promise<Values> {
  if (file.type.startsWith("image/")) return pixels(spec, file);
  if (/\.np[yz]$/i.test(file.name)) {
    const arrays = new Map(await engine.arraysOf(file));
    const names = [`inputs/${place}`, `inputs/${spec.name}`, spec.name, `arr_${place}`, ""];
    const found =
      names.map((name) => arrays.get(name)).find((values) => values !== undefined) ?? [...arrays.values()][0];
    if (found === undefined) throw new Error(`${file.name} has no arrays`);
    const shape = fitted(spec, found.shape);
    return { ...found, shape };
  }
  const { rows } = parseTable(await file.text());
  const numbers = rows.flat();
  if (numbers.length === 0 || numbers.some(Number.isNaN)) throw new Error(`${file.name} is not all numbers`);
  const columns = rows[0]!.length;
  const shape = fitted(spec, columns === 1 ? [numbers.length] : [rows.length, columns]);
  return filled(spec.dtype, shape, (i) => numbers[i]!);
}

/** The call as TypeScript: values in full where they are few. */
export function snippet(file: string, specs: readonly Spec[], values: readonly Values[]): string {
  const nested = (data: readonly unknown[], shape: readonly number[]): unknown =>
    shape.length <= 1
      ? data
      : Array.from({ length: shape[0]! }, (_, i) => {
          const step = data.length / shape[0]!;
          return nested(data.slice(i * step, (i + 1) * step), shape.slice(1));
        });
  const plain = (value: unknown): unknown => (typeof value === "number" ? Number(value.toPrecision(7)) : typeof value === "bigint" ? Number(value) : value); // prettier-ignore
  const array = ({ data, shape, dtype }: Values): string =>
    data.length <= 64
      ? JSON.stringify(nested(Array.from(data as ArrayLike<unknown>, plain), shape)).replaceAll(",", ", ")
      : `tensor(values, [${shape.join(", ")}], "${dtype}")`;
  const given = specs.length === 1 ? array(values[0]!) : `{\n${specs.map(({ name }, i) => `  ${JSON.stringify(name)}: ${array(values[i]!)},\n`).join("")}}`; // prettier-ignore
  const imports = values.some(({ data }) => data.length > 64) ? "load, tensor" : "load";
  return `import { ${imports} } from "keraport";\n\nconst model = await load(${JSON.stringify(file)});\nconst outputs = await model.predict(${given});\n`;
}
