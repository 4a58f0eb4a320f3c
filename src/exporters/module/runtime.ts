/**
 * The part of a written module that is the same for every model: plain JavaScript that needs nothing but WebAssembly, and does
 * what `predict` of the library does: casts as Keras casts, refuses under the same codes. Written out short: without
 * comments and indentation, with `$names` of two letters, and of lines that end in `//? need` only those that are needed.
 *
 * It stands behind `$model` (see `text.ts`), `$types` (for each dtype its array and that of memory), `inputs`, `outputs`,
 * `$packed` (words of the plans, then the code), `$code` (a compiled module, where it is kept apart) and `$file` (the weights).
 */
import { CONTROL_END } from "../../engines/wasm/kernels/parallel.ts";
import { OUT_OF_RANGE, STATUS } from "../../engines/wasm/kernels/status.ts";

/** How embedded bytes come out of the module's text. */
export const DECODE = String.raw`
const $decoded = ($text) => Uint8Array.from(atob($text), (c) => c.charCodeAt(0));
async function $inflated($text) {
  const $stream = new Blob([$decoded($text)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response($stream).arrayBuffer());
}
`;

/** How a file beside the module is read. */
export const READ = String.raw`
async function $bytesAt($url) {
  const $fs = "node:fs/promises";
  if ($url.protocol === "file:" && typeof process === "object")
    return new Uint8Array(await (await import(/* @vite-ignore */ $fs)).readFile($url));
  const $got = await fetch($url);
  if (!$got.ok) throw Error($url + ": " + $got.status);
  return new Uint8Array(await $got.arrayBuffer());
}
`;

export const RUNTIME = String.raw`
const $refuse = ($kind, path, $expected, $found) => {
  const code = "mismatch/" + $kind;
  throw Object.assign(Error("error[" + code + "] " + path + ": expected " + $expected + ", found " + $found), { name: "FormatError", code, path });
};
const $isView = ArrayBuffer.isView;
const $isArray = Array.isArray;
const $size = ($shape) => $shape.reduce((a, b) => a * b, 1);
const $show = ($shape) => "[" + $shape.join(", ") + "]";

const $halves = { float16: [10, 15], bfloat16: [7, 127] }; //? half
/** Bits of float16 and bfloat16 to a number. */
function $fromHalf($word, $dtype) { //? half
  const [$bits, $bias] = $halves[$dtype]; //? half
  const $exponent = ($word >> $bits) & (2 * $bias + 1); //? half
  const $fraction = ($word & ((1 << $bits) - 1)) / 2 ** $bits; //? half
  const $infinite = $fraction ? NaN : Infinity; //? half
  const $unit = 2 ** (Math.max($exponent, 1) - $bias); //? half
  const $number = $exponent > 2 * $bias ? $infinite : ($fraction + ($exponent > 0)) * $unit; //? half
  return $word & 0x8000 ? -$number : $number; //? half
} //? half
/** The inverse, rounded once, halves to even. */
function $toHalf(x, $dtype) { //? halfPort
  const [$bits, $bias] = $halves[$dtype]; //? halfPort
  const $sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0; //? halfPort
  const $infinity = (2 * $bias + 1) << $bits; //? halfPort
  if (Number.isNaN(x)) return $infinity | (1 << ($bits - 1)); //? halfPort
  const $scratch = new DataView(new ArrayBuffer(8)); //? halfPort
  $scratch.setFloat64(0, Math.abs(x)); //? halfPort
  const $exponent = Math.max(($scratch.getUint16(0) >> 4) - 1023, 1 - $bias); //? halfPort
  if ($exponent > $bias) return $sign | $infinity; //? halfPort
  const $units = Math.abs(x) * 2 ** ($bits - $exponent); //? halfPort
  const $down = Math.floor($units); //? halfPort
  const $up = $units - $down > 0.5 || ($units - $down === 0.5 && $down % 2 === 1); //? halfPort
  return $sign | ($down + $up + (($exponent + $bias - 1) << $bits)); //? halfPort
} //? halfPort

class $Tensor {
  constructor(dtype, shape, data) {
    Object.assign(this, { dtype, shape, data });
  }
  #element(i) {
    if (this.dtype === "bool") return this.data[i] === 1; //? bool
    if ($halves[this.dtype]) return $fromHalf(this.data[i], this.dtype); //? halfPort
    return this.data[i];
  }
  at(...$index) {
    const $step = (s, n, k) => {
      const i = $index[k] < 0 ? $index[k] + n : $index[k];
      return i >= 0 && i < n && i % 1 === 0 ? s * n + i : NaN;
    };
    const $place = this.shape.reduce($step, $index.length - this.shape.length ? NaN : 0);
    return $place >= 0 ? this.#element($place) : $refuse("range", "at", "a place in " + $show(this.shape), $show($index));
  }
  toArray() {
    let i = 0;
    const $walk = ([length, ...$rest]) =>
      length >= 0 ? Array.from({ length }, () => $walk($rest)) : this.#element(i++);
    return $walk(this.shape);
  }
}

const $memory = new WebAssembly.Memory({ initial: $model.pages });
const $table = new WebAssembly.Table({ element: "anyfunc", initial: $model.count });
const $bytes = new Uint8Array($memory.buffer);
const $made = new WebAssembly.Instance($code, { env: { memory: $memory, table: $table } }); //? apart
const { instance: $made } = await WebAssembly.instantiate($packed.subarray($model.size), { env: { memory: $memory, table: $table } }); //? inside
const $functions = $made.exports;
for (let i = 0; i < $model.count; i++) $table.set(i, $functions[i]);
$bytes.set($packed.subarray(0, $model.size), $model.at);

let $sum = 0;
for (const $word of new Uint32Array($file.buffer, 0, $file.length >> 2)) $sum = (Math.imul($sum, 31) + $word) | 0;
if ($sum !== $model.sum) $refuse("weights", "weights", "the module's own", "others");
$bytes.set($file, ${CONTROL_END}); //? plain
let $next = 0; //? quantized
for (const [$at, $count, $kind, $scale] of $model.weights) { //? quantized
  const $width = { float16: 2, int8: 1 }[$kind] ?? 4; //? quantized
  const $part = $file.slice($next, ($next += Math.ceil(($count * $width) / 4) * 4)); //? quantized
  const $goal = new Float32Array($memory.buffer, $at, $count); //? quantized
  const $stored = new ($width > 2 ? Float32Array : $width > 1 ? Uint16Array : Int8Array)($part.buffer); //? quantized
  if ($width > 2) $bytes.set($part, $at); //? quantized
  else $goal.forEach((_, i) => ($goal[i] = $stored[i] * $scale)); //? int8
  else $goal.forEach((_, i) => ($goal[i] = $fromHalf($stored[i], $kind))); //? float16
} //? quantized

/** Inputs and outputs of each plan, with their values where they lie in memory. */
const $port = ({ name, dtype }, [$at, ...$shape]) => ({
  name, dtype, $shape, $values: new $types[dtype][1]($memory.buffer, $at, $size($shape)),
});
const $plans = $model.plans.map(([$ins, $outs, $from, $to]) => ({
  $ins: $ins.map((p, i) => $port(inputs[i], p)),
  $outs: $outs.map((p, i) => $port(outputs[i], p)),
  $from, $to,
}));

const $isTensor = (x) => $isView(x?.data) && $isArray(x.shape) && "dtype" in x;

/** A number as memory holds it; undefined for what the dtype cannot hold. */
function $held(x, $dtype) {
  if (!/^(num|big|bool)/.test(typeof x)) return;
  if ($dtype === "bool") return +(+Number(x) !== 0); //? bool
  if (/float16/.test($dtype)) return $fromHalf($toHalf(Number(x), $dtype), $dtype); //? halfPort
  if (/int/.test($dtype)) { //? int
    if (typeof x === "number" && x % 1 !== 0) return; //? int
    const $whole = /64/.test($dtype) ? BigInt(x) : Number(x); //? int
    if ($types[$dtype][0].of($whole)[0] !== $whole) return; //? int
  } //? int
  return Number(x);
}

/** A shape (of a typed array none: it has all values of its input), the values, and their dtype where it is said. */
function $read(x) {
  if ($isTensor(x)) return [x.shape, x.data, x.dtype];
  if ($isView(x)) return [, x];
  const $shape = [];
  for (let $row = x; $isArray($row) || $isView($row); $row = $row[0]) $shape.push($row.length);
  return [$shape, x];
}

/** As Keras: a last axis of length 1 may be missing or too many. */
function $fits([$given, $data], { $shape, $values }) {
  if (!$given) return $data.length === $values.length;
  const [$short, $long] = $given.length < $shape.length ? [$given, $shape] : [$shape, $given];
  return $long.length - $short.length < 2 && $long.every((n, k) => n === ($short[k] ?? 1));
}

/** Puts an input's values in place. */
function $write([$shape, $data, $dtype], { name, dtype, $values }) {
  const $isOwn = $data instanceof $types[dtype][0];
  if ($isView($data) && $data.length !== $values.length) $refuse("shape", name, $values.length + " values", $data.length);
  if (($dtype ?? dtype) === dtype && $isOwn && !/float16|int64/.test(dtype)) return $values.set($data);
  if (/oat16/.test($dtype)) $refuse("dtype", name, dtype, $dtype); //? noHalf
  const $half = $dtype ?? ($isOwn && dtype); //? half
  let $next = 0;
  const $walk = (x, $axis, $place) => {
    if ($axis < $lengths.length) {
      if (x?.length !== $lengths[$axis]) $refuse("shape", name + $place, $lengths[$axis] + " values", "ragged nesting");
      for (let i = 0; i < x.length; i++) $walk(x[i], $axis + 1, $place + "[" + i + "]");
      return;
    }
    if ($halves[$half]) x = $fromHalf(x, $half); //? half
    $values[$next++] = $held(x, dtype) ?? $refuse("dtype", name + $place, dtype, String(x).slice(0, 40));
  };
  const $lengths = $isView($data) ? [$data.length] : $shape;
  $walk($data, 0, "");
}

/** Each input's values, in the model's order. */
function $listed(x) {
  const $names = inputs.map((p) => p.name);
  if (typeof x === "object" && x && !$isArray(x) && !$isView(x) && !$isTensor(x)) {
    const $own = $names.map((name, i) => (Object.hasOwn(x, name) ? name : ($model.layers?.[i] ?? name)));
    const $keys = Object.keys(x);
    const $odd = $own.find((name) => !$keys.includes(name)) ?? $keys.find((name) => !$own.includes(name));
    return $odd === undefined ? $own.map((name) => x[name]) : $refuse("inputs", $odd, $names, $keys);
  }
  const $all = $isArray(x) && ($names.length > 1 || (x.length && x.every($isTensor))) ? x : [x];
  return $all.length === $names.length ? $all : $refuse("inputs", "inputs", $names, $all.length);
}

export function predictSync(x, $options) {
  const $given = $listed(x).map($read);
  const $plan = $plans.find(({ $ins }) => $ins.every((p, i) => $fits($given[i], p)));
  if (!$plan) {
    const i = inputs.findIndex((_, i) => !$fits($given[i], $plans[0].$ins[i]));
    const $wanted = $plans.map(({ $ins }) => $show($ins[i].$shape)).join(" or ");
    $refuse("shape", inputs[i].name, $wanted, $show($given[i][0] ?? [$given[i][1].length]));
  }
  const { out } = $options ?? {};
  const $list = $isArray(out) ? out : out && [out];
  if ($list && $list.length !== outputs.length) $refuse("outputs", "out", outputs.length, $list.length);
  const $goals = $plan.$outs.map(({ name, dtype, $values: { length } }, i) => {
    const [Type] = $types[dtype];
    if (!$list) return new Type(length);
    const $goal = $isTensor($list[i]) ? $list[i].data : $list[i];
    return $goal instanceof Type && $goal.length === length ? $goal : $refuse("dtype", name, length + " values in a " + Type.name, "another out");
  });
  $plan.$ins.forEach((p, i) => $write($given[i], p));
  const $status = new Int32Array($memory.buffer, ${STATUS}, 1); //? gather
  $status[0] = 0; //? gather
  try { //? gather
    if ($plan.$from < $plan.$to) $functions.run($plan.$from, $plan.$to);
  } catch (error) { //? gather
    if ($status[0] !== ${OUT_OF_RANGE}) throw error; //? gather
    const [$found, $length] = new Float64Array($memory.buffer, ${STATUS + 8}, 2); //? gather
    $refuse("range", "index", "an index from 0 to " + ($length - 1), $found); //? gather
  } //? gather
  $plan.$outs.forEach(({ dtype, $values }, i) => {
    if (/float16|int64/.test(dtype)) return $values.forEach((x, k) => ($goals[i][k] = /64/.test(dtype) ? BigInt(x) : $toHalf(x, dtype))); //? coded
    $goals[i].set($values);
  });
  if ($list) return out;
  const $tensors = $plan.$outs.map(({ dtype, $shape }, i) => new $Tensor(dtype, [...$shape], $goals[i]));
  const named = Object.create(null);
  outputs.forEach(({ name }, i) => (named[name] ??= $tensors[i]));
  return Object.defineProperty($tensors, "named", { value: named });
}
export const predict = async (x) => predictSync(x);
export function resetStates() {
  for (const [$at, $length] of $model.states) $bytes.fill(0, $at, $at + $length); //? states
}
`;

/** Without spaces that separate no words, but for those in strings. */
const dense = (line: string): string =>
  line
    .split(/("[^"]*")/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll(/ ?([-=+*/%<>!?:&|,;(){}[\]]) ?/g, "$1")))
    .join("");

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** A number with 62 digits: 62 names are one letter long. */
const inDigits = (n: number): string => (n < 62 ? "" : inDigits(Math.floor(n / 62))) + DIGITS[n % 62]!;

/** Puts the template's texts, one after the other, in short; see above. */
export function shortener(needs: ReadonlySet<string>): (text: string) => string {
  const names = new Map<string, string>();
  const short = (name: string): string => {
    const known = names.get(name) ?? `$${inDigits(names.size)}`;
    names.set(name, known);
    return known;
  };
  const isNeeded = (line: string): boolean => {
    const need = / \/\/\? (\w+)$/.exec(line)?.[1];
    return line !== "" && !line.startsWith("/**") && (need === undefined || needs.has(need));
  };
  return (text) =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter(isNeeded)
      .map((line) => dense(line.replace(/ \/\/\? \w+$/, "")).replaceAll(/\$[A-Za-z]\w*/g, short))
      .join("\n");
}
