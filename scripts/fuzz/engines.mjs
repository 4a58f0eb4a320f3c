/** One model on both engines: wasm must give what the reference gives, or refuse with the same code. */

/** Times the change that rounding the numbers of a model makes, within which engines may differ. */
const CHANCE = 64;
const SHAKE = 1.2e-7;
/** A run is stopped by its signal after this; one that does not stop is found by the parent. */
const PATIENCE = 3000;

export const LIMITS = {
  fileBytes: 8 * 2 ** 20,
  tensorBytes: 16 * 2 ** 20,
  totalTensorBytes: 32 * 2 ** 20,
  entries: 5000,
  jsonBytes: 4 * 2 ** 20,
  runBytes: 64 * 2 ** 20,
};

/** What is wrong with an error: null for a typed one and for the caller's own reason. */
export function untyped(lib, error, reason) {
  if (error === reason && reason !== undefined) return null;
  if (error instanceof lib.FormatError && !error.code.startsWith("internal/")) return null;
  const text = error instanceof Error ? error.message : String(error);
  const stack = error?.cause?.stack ?? error?.stack;
  const frame = /at .*?([\w-]+\.[jt]s):\d+/.exec(stack ?? "")?.[1] ?? "";
  return {
    kind: "untyped",
    stack,
    message: `${error?.name ?? typeof error} ${text.split("\n")[0].slice(0, 300)} (${frame})`,
  };
}

const count = (shape) => shape.reduce((n, size) => n * size, 1);

/** Values of a dtype, plain and small: floats near a standard normal, ids from 0 to 5. */
export function values(lib, rng, shape, dtype) {
  if (dtype === "string")
    return { dtype, shape, data: Array.from({ length: count(shape) }, () => rng.pick(["a", "b", ""])) };
  const data = lib.allocate(dtype, count(shape));
  const isHalf = dtype === "float16" || dtype === "bfloat16";
  for (let i = 0; i < data.length; i++) {
    if (dtype === "bool") data[i] = rng.int(2);
    else if (dtype.endsWith("int64")) data[i] = BigInt(rng.int(6));
    else if (isHalf) data[i] = rng.pick([0, 0x3c00, 0xbc00, 0x3800]);
    else data[i] = dtype.startsWith("float") ? rng.normal() : rng.int(6);
  }
  return { dtype, shape, data };
}

/** Inputs for a model; null where one's shape is unknown or too large to try. */
export function inputsFor(lib, model, rng, batch = rng.between(1, 3)) {
  const shapes = model.inputs.map(({ shape }) => shape?.map((n, i) => n ?? (i === 0 ? batch : rng.between(1, 5))));
  if (shapes.some((shape) => shape === undefined || count(shape) > 50_000 || shape.some((n) => n < 0))) return null;
  return model.inputs.map(({ dtype }, i) => values(lib, rng, shapes[i], dtype));
}

/** Gives a model small weights; false where their shapes are unknown or too large to try. */
export async function setWeights(lib, model, rng) {
  const infos = model.weights;
  if (infos.some(({ shape }) => shape === null || shape.some((n) => n < 0))) return false;
  if (infos.reduce((n, { shape }) => n + count(shape), 0) > 200_000) return false;
  await model.setWeights(
    infos.map(({ name, shape, dtype }) => {
      const tensor = values(lib, rng, shape, dtype);
      if (dtype !== "float32" && dtype !== "float64") return tensor;
      if (/variance|_std/.test(name)) tensor.data.forEach((x, i) => (tensor.data[i] = 0.5 + Math.abs(x) / 2));
      else tensor.data.forEach((x, i) => (tensor.data[i] = x / 2));
      return tensor;
    }),
  );
  return true;
}

async function attempt(lib, model, inputs, options) {
  const signal = AbortSignal.timeout(PATIENCE);
  try {
    return { tensors: await model.predict(inputs, { ...options, signal }) };
  } catch (error) {
    if (error === signal.reason) return { code: "aborted" };
    return { find: untyped(lib, error, undefined), code: error?.code };
  }
}

/** A limit or the time that ran out says nothing of the other engine. */
const isBounded = ({ code }) => code !== undefined && (code === "aborted" || code.startsWith("limit/"));

/** How far outputs move when every float that goes in moves by its rounding. */
async function shaken(lib, model, inputs, rng, exact) {
  const shake = (tensor) =>
    /^float(32|64)$/.test(tensor.dtype)
      ? { ...tensor, data: tensor.data.map((x) => x * (1 + SHAKE * (rng.chance(0.5) ? 1 : -1))) }
      : tensor;
  const weights = await model.getWeights();
  await model.setWeights(weights.map(shake));
  const moved = await attempt(lib, model, inputs.map(shake), { backend: "reference", precision: "float64" });
  await model.setWeights(weights);
  if (moved.tensors === undefined) return exact.map(() => Infinity);
  return moved.tensors.map((tensor, i) => {
    const one = lib.compareTensors("", tensor, exact[i], { rtol: 0, atol: 0 });
    return one.shapeOk ? one.maxAbs : Infinity;
  });
}

/** Numbers beyond these overflow in float32 on the way. */
const HUGE = 1e30;

const scaled = (tensor, factor) =>
  /^float(32|64)$/.test(tensor.dtype) ? { ...tensor, data: tensor.data.map((x) => x * factor) } : tensor;

/**
 * What both engines make of the inputs. Gives a find or null, and what happened. float32 overflows on the way where float64
 * does not: an infinity counts when it is there with smaller numbers too.
 */
export async function compareEngines(lib, model, inputs, rng) {
  const result = await compared(lib, model, inputs, rng);
  if (!/off by Infinity/.test(result.find?.message)) return result;
  await model.setWeights((await model.getWeights()).map((tensor) => scaled(tensor, 1 / 8)));
  const again = await compared(
    lib,
    model,
    inputs.map((tensor) => scaled(tensor, 1 / 8)),
    rng,
  );
  return again.find === null ? { find: null, ran: "equal by chance" } : again;
}

async function compared(lib, model, inputs, rng) {
  model.resetStates();
  const reference = await attempt(lib, model, inputs, { backend: "reference" });
  model.resetStates();
  const wasm = await attempt(lib, model, inputs, { backend: "wasm" });
  const find = reference.find ?? wasm.find ?? null;
  if (find !== null) return { find: { ...find, kind: `untyped predict` }, ran: "untyped" };
  if (isBounded(reference) || isBounded(wasm)) return { find: null, ran: "bounded" };
  if (reference.tensors === undefined || wasm.tensors === undefined) {
    if (reference.code === wasm.code) return { find: null, ran: "refused" };
    const said = (one) => one.code ?? "answers";
    return { find: { kind: "engines", message: `reference ${said(reference)}, wasm ${said(wasm)}` }, ran: "differs" };
  }
  let exact = null;
  let moves = null;
  for (const [i, tensor] of wasm.tensors.entries()) {
    const one = lib.compareTensors(`output ${i}`, tensor, reference.tensors[i], lib.DEFAULT_TOLERANCE);
    if (tensor.dtype !== reference.tensors[i].dtype || !one.shapeOk || tensor.dtype !== model.outputs[i].dtype) {
      const message = `output ${i}: wasm ${one.dtype}[${one.shape}], reference ${one.expectedDtype}[${one.expectedShape}], declared ${model.outputs[i].dtype}`;
      return { find: { kind: "engines dtype", message }, ran: "differs" };
    }
    if (one.ok) continue;
    if (exact === null) {
      model.resetStates();
      exact = await attempt(lib, model, inputs, { backend: "reference", precision: "float64" });
      if (exact.tensors === undefined) return { find: null, ran: "bounded" };
      model.resetStates();
      moves = await shaken(lib, model, inputs, rng, exact.tensors);
    }
    const isHuge = Array.from(lib.valuesOf(exact.tensors[i])).some((x) => Math.abs(Number(x)) > HUGE);
    if (isHuge || one.maxAbs <= CHANCE * moves[i]) continue;
    const message = `output ${i} off by ${one.maxAbs.toPrecision(3)} of ${one.magnitude.toPrecision(3)}`;
    return { find: { kind: "engines numbers", message }, ran: "differs" };
  }
  return { find: null, ran: moves === null ? "equal" : "equal by chance" };
}
