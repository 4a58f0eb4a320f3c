/** Writes safetensors and `.npz` with the architecture among them. See formats/named-arrays.ts for the names. */
import { printJson } from "../codecs/json.ts";
import { npyHeader, writeNpy } from "../codecs/npy.ts";
import { planSafetensors } from "../codecs/safetensors.ts";
import { planZip, type ZipEntry } from "../codecs/zip.ts";
import type { Artifact, Exported, NamedOutWeight } from "../formats/archive.ts";
import { LANGUAGES } from "../formats/languages.ts";
import { FORMAT, KERAS_CONFIG, NPY } from "../formats/named-arrays.ts";
import { itemSize } from "../core/dtype.ts";
import { fail } from "../core/error.ts";
import { architecture } from "./keras-json.ts";
import { keptTraining } from "./origin.ts";
import { exported } from "./report.ts";

interface NamedArray {
  readonly arrays: readonly NamedOutWeight[];
  readonly config: string;
  readonly training: boolean;
}

/** Throws `unsupported/name` where one name is a weight's and another's too. */
function named(artifact: Artifact, format: string): NamedArray {
  const training = LANGUAGES[artifact.dialect].holdsTraining ? keptTraining(artifact) : null;
  const arrays = artifact.groups("paths").flatMap(({ weights }) => weights);
  const seen = new Set<string>([KERAS_CONFIG]);
  for (const { name } of arrays) {
    if (seen.has(name))
      fail("unsupported/name", { source: format, path: name, message: "two arrays would have this name" });
    seen.add(name);
  }
  return { arrays, config: printJson(architecture(artifact, training)), training: training !== null };
}

const carried = ({ training }: NamedArray) =>
  ({ config: true, weights: true, optimizer: false, training, extras: new Set<string>() }) as const;

/** As `safetensors.numpy.save_file` does. Throws `unsupported/name`. */
export async function exportSafetensors(artifact: Artifact): Promise<Exported> {
  const found = named(artifact, "safetensors");
  const metadata = new Map([
    [FORMAT, "keras"],
    [KERAS_CONFIG, found.config],
  ]);
  return exported(artifact, carried(found), planSafetensors(found.arrays, metadata));
}

/** As `numpy.savez` does. Throws `unsupported/npy-dtype` for bfloat16, which NumPy does not have. */
export async function exportNpz(artifact: Artifact): Promise<Exported> {
  const found = named(artifact, "npz");
  const config = writeNpy({ dtype: "string", shape: [], data: [found.config] });
  const entries = found.arrays.map(({ name, dtype, shape, slices }): ZipEntry => {
    const header = npyHeader(dtype, shape);
    return {
      name: name + NPY,
      size: header.length + shape.reduce((product, n) => product * n, itemSize(dtype)),
      async *chunks() {
        yield header;
        yield* slices();
      },
      raw: { wide: true },
    };
  });
  const text: ZipEntry = {
    name: KERAS_CONFIG + NPY,
    size: config.length,
    async *chunks() {
      yield config;
    },
    raw: { wide: true },
  };
  return exported(artifact, carried(found), planZip([text, ...entries]).chunks);
}
