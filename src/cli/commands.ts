/** What the command line has: each command with its options, as help, docs/cli.md and the parser take them. */
import type { ExitCode } from "./io.ts";
import type { CliOptions } from "./open.ts";

type Command = (args: readonly string[], options: CliOptions) => Promise<ExitCode>;

const WEIGHTS = ["--weights <file>", "The weights of a file that holds the architecture alone"] as const;
const HDF5 = [
  "--hdf5 <reader>",
  "h5wasm: read HDF5 files beyond keraport's reader by it, where it is installed",
] as const;
const BACKEND = [
  "--backend <name>",
  "What computes: wasm (default), reference in float64, or onnxruntime where it is installed",
] as const;
const STRICT = [
  "--strict",
  "Bit-equal results on every machine (wasm, a little slower where SIMD is relaxed)",
] as const;
const THREADS = ["--threads <count>", "Workers share large operations, with the same results"] as const;
const WEIGHT_DTYPE = [
  "--weight-dtype <dtype>",
  "float16 or int8: large weights rounded to it, in less memory (wasm)",
] as const;
const FAST = "fast: large 3 x 3 convolutions faster, some 1e-6 off (wasm)";
const COMPUTE = ["--compute <dtype>", "float32: run layers of other float policies (mixed_float16 …) in it"] as const;
const CUSTOM = [
  "--custom <module>",
  "Your own customLayers, customActivations, customFunctions and lambdas: a module that exports them",
] as const;
const FORCE = ["--force", "Replace an existing output"] as const;

interface DeclaredCommand {
  readonly usage: string;
  readonly about: string;
  readonly options: readonly (readonly [flag: string, about: string])[];
  readonly examples: readonly string[];
  load(): Promise<Command>;
}

export const COMMANDS: readonly DeclaredCommand[] = [
  {
    usage: "inspect <file>",
    about: "Show format, layers, shapes, parameters, and what cannot run",
    options: [
      ["--show-weights", "List every weight"],
      ["--kernels", "Show what each layer runs as on the wasm backend"],
      ["--lazy", "Without reading the weights: of a large file at a URL only what is needed is fetched"],
      COMPUTE,
      CUSTOM,
      WEIGHTS,
      HDF5,
    ],
    examples: ["keraport inspect model.keras", "keraport inspect model.json --weights model.weights.h5"],
    load: async () => (await import("./inspect.ts")).inspect,
  },
  {
    usage: "convert <in> [...out]",
    about: "Write a model in another format, read it back, compare",
    options: [
      ["--to <format>", "The output's format, or its ending, where the name does not say (see keraport formats)"],
      [
        "--dialect <generation>",
        "The language to write in: keras2, keras3, or same (as the input); default: keras3 for .keras, else same",
      ],
      ["--opset <version>", "ONNX: version of the operators, 17 to 22; default: 18"],
      [
        "--shape <lengths>",
        "Modules: shapes of inputs, 1x10x64 or a=1x10,b=1x5; several times for several; default: one sample",
      ],
      ["--inline", "Modules: weights inside, not in a file beside"],
      ["--wasm <place>", "Modules: inline (default), or file: a .wasm beside, for edge runtimes"],
      ["--quantize <form>", "Modules: weights as float16 or int8; tfjs-layers: float16, uint8 or uint16"],
      ["--shard-size <bytes>", "tfjs-layers: the most that a file of weights has; default: 4 MiB"],
      ["--rename <names>", "Other names of layers: old=new, several with commas between"],
      ["--batch <size>", "Another batch size of the inputs; any"],
      ["--cut <layer>", "The model up to a layer"],
      ["--drop-optimizer", "Without the optimizer's state and how the model was compiled"],
      ["--float16", "Weights rounded to float16: half the size"],
      CUSTOM,
      ["--no-verify", "Do not read the output back"],
      [
        "--out <folder>",
        "Convert many files and folders into a folder, as --to says; a manifest there says what was done",
      ],
      ["--jobs <number>", "With --out: processes at once; default: 1"],
      ["--timeout <seconds>", "With --out: the most that one may take; default: 600"],
      ["--memory <MiB>", "With --out: the most that one may take; default: 4096"],
      ["--shard <i/n>", "With --out: only each n-th, from the i-th on"],
      ["--manifest <file>", "With --out: where it is; default: manifest.jsonl in the folder"],
      FORCE,
      WEIGHTS,
      HDF5,
    ],
    examples: [
      "keraport convert old.h5 new.keras",
      "keraport convert model.keras model.onnx",
      "keraport convert model.keras model.mjs --shape 1x10x8",
      "keraport convert models/ --to onnx --out out/ --jobs 2",
    ],
    load: async () => (await import("./convert.ts")).convertCommand,
  },
  {
    usage: "manifest <action> <out> [...files]",
    about: "merge: manifests of shards of a conversion as one",
    options: [FORCE],
    examples: ["keraport manifest merge all.jsonl out/manifest-*.jsonl"],
    load: async () => (await import("./manifest.ts")).manifest,
  },
  {
    usage: "verify <model>",
    about: "Compare with Keras's outputs, with another model, or every model of a folder",
    options: [
      ["--fixture <npz>", "Inputs and Keras's outputs (inputs/0, outputs/0 …)"],
      ["--against <model>", "Another model, on the same seeded inputs"],
      ["--rtol <number>", "Relative to the largest magnitude in a tensor; default 1e-5"],
      ["--atol <number>", "Default 1e-6"],
      ["--against-truth", "Outputs as near to the float64 truth as twice Keras's own float32, or 5e-7"],
      [BACKEND[0], `${BACKEND[1]}; all: each of them, one after the other`],
      STRICT,
      THREADS,
      WEIGHT_DTYPE,
      ["--precision <name>", FAST],
      COMPUTE,
      CUSTOM,
      ["--report <html>", "Write a page with plots of every layer"],
      ["--junit <xml>", "Write what continuous integration shows: a suite a model, a case a tensor"],
      FORCE,
      WEIGHTS,
      HDF5,
    ],
    examples: ["keraport verify model.keras --fixture io.npz", "keraport verify new.keras --against old.h5"],
    load: async () => (await import("./verify.ts")).verifyCommand,
  },
  {
    usage: "run <model>",
    about: "Compute a model's outputs for inputs from a file",
    options: [
      ["--input <file>", "Inputs: .npy, .npz or .json"],
      ["--output <file>", "Where the outputs go: .npy, .npz or .json; default: shown"],
      ["--precision <name>", `float64: outputs unrounded, from the reference backend; ${FAST}`],
      BACKEND,
      STRICT,
      THREADS,
      WEIGHT_DTYPE,
      COMPUTE,
      CUSTOM,
      FORCE,
      WEIGHTS,
      HDF5,
    ],
    examples: ["keraport run model.keras --input x.npy --output y.npy"],
    load: async () => (await import("./run.ts")).run,
  },
  {
    usage: "fixture <model>",
    about: "Print a Python script that makes io.npz for verify: inputs, Keras's outputs, layers, float64 truth",
    options: [COMPUTE, CUSTOM, WEIGHTS, HDF5],
    examples: ["keraport fixture model.keras > make_fixture.py && python make_fixture.py"],
    load: async () => (await import("./fixture.ts")).fixture,
  },
  {
    usage: "view <model>",
    about: "Look at a model in a browser: its graph, layers, weights; run, verify, convert it there",
    options: [
      ["--fixture <npz>", "Inputs and Keras's outputs, compared when the page opens"],
      ["--against <model>", "Another model, compared when the page opens"],
      [
        "-o, --output <html>",
        "One file that holds the model and needs nothing else; default: a server of this machine",
      ],
      FORCE,
      WEIGHTS,
      HDF5,
    ],
    examples: ["keraport view model.keras", "keraport view model.keras --fixture io.npz -o model.html"],
    load: async () => (await import("./view.ts")).view,
  },
  {
    usage: "diff <a> <b>",
    about: "Compare configs and weights of two files, whatever their formats",
    options: [WEIGHTS, HDF5],
    examples: ["keraport diff model.h5 model.keras"],
    load: async () => (await import("./diff.ts")).diff,
  },
  {
    usage: "formats",
    about: "List the formats that can be read and written",
    options: [],
    examples: [],
    load: async () => (await import("./formats.ts")).formats,
  },
  {
    usage: "layers",
    about: "List the layers that can run",
    options: [],
    examples: [],
    load: async () => (await import("./layers.ts")).layers,
  },
];
