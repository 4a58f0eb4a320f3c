/** What is told of a file as it is written, where that is why a library refuses it or computes something else. */
import { join } from "node:path";
import { compareAll, expectedOf, nearOf, numbered, opened, outputsOf, targetOf, TRUTH } from "./check.mjs";
import { ROUNDING_HALF } from "./judging.mjs";

const EXACTLY = { backend: "reference", precision: "float64" };

/** Which Keras opens an export, and what is changed in it, as its writer tells. */
async function toldOf(lib, model, { container, dialect, files }) {
  const { format } = targetOf(container);
  const { artifact, opens } = await lib.artifactFor(model, format, dialect, files.at(-1));
  return { opens, changes: artifact.changes };
}

/** The outputs of all calls where rows that are masked throughout are the same in both generations. */
async function besideRows(lib, model, values, calls) {
  const session = await lib.openSession(lib.withRowsAlike(model.graph), {
    backend: EXACTLY.backend,
    limits: lib.DEFAULT_LIMITS,
  });
  try {
    const outputs = [];
    for (let call = 0; call < calls; call++) {
      const inputs = numbered(values, "inputs", call).map((x, i) => lib.withDType(x, model.inputs[i].dtype));
      outputs.push(...(await session.run(inputs, { precision: EXACTLY.precision })));
    }
    return outputs;
  } finally {
    session.dispose();
  }
}

/**
 * Whether all that differs is rows that are masked throughout, where that is told: what the other library computes is what
 * its file says, and but for these rows the file says the same as the model.
 */
async function differsAsTold(lib, { model, other, found, values, calls, half }, { changes }) {
  if (!lib.tellsRows(changes)) return null;
  const read = await outputsOf(other, values, calls, EXACTLY);
  const near = half ? { rtol: ROUNDING_HALF, atol: 0 } : nearOf(lib);
  if (!compareAll(lib, found, read, near, true).ok) return null;
  const [own, its] = [await besideRows(lib, model, values, calls), await besideRows(lib, other, values, calls)];
  return compareAll(lib, its, own, TRUTH, true).ok ? changes.join("; ") : null;
}

/** Whether what is refused is an index from the end, and the file computes what the model does. */
async function refusesIndex(lib, { other, values, calls, half }) {
  const read = await outputsOf(other, values, calls, EXACTLY);
  const near = half ? { rtol: ROUNDING_HALF, atol: 0 } : nearOf(lib);
  return compareAll(lib, read, expectedOf(values, "outputs", calls), near, true).ok
    ? "indices from the end, which its Embedding refuses"
    : null;
}

/**
 * Why a file that is refused, or of which the library computes something else, is no mismatch: a verdict in place of the one
 * given; null where that is none of what is told.
 */
export async function explained(lib, file, verdict) {
  const { made, folder, files, translated = false, half } = file;
  const model = await opened(lib, folder, made.files);
  try {
    const isRefused = verdict.verdict === "refused";
    // The library cannot keep such a model of its own either.
    if (isRefused && verdict.own?.length > 0) {
      const { opens } = await toldOf(lib, model, file);
      if (opens.startsWith("no Keras:")) return { verdict: "told", message: opens };
    }
    if (!translated || (isRefused && verdict.index !== true)) return null;
    const other = await opened(lib, folder, files);
    try {
      const values = await lib.values(join(folder, "io.npz"));
      const about = { model, other, values, calls: made.calls, half };
      if (isRefused) {
        const message = await refusesIndex(lib, about);
        return message === null ? null : { verdict: "excused", message };
      }
      const outputs = await lib.values(join(folder, "translated.npz"));
      const found = expectedOf(outputs, "outputs", made.calls);
      const message = await differsAsTold(lib, { ...about, found }, await toldOf(lib, model, file));
      return message === null ? null : { verdict: "told", error: verdict.error, message };
    } finally {
      other.dispose();
    }
  } finally {
    model.dispose();
  }
}
