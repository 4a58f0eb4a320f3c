/** keraport inspect: what a file holds. */
import { inspectModel, type Inspection } from "../api/inspect.ts";
import { connectedTo, flatLayers, readableBytes } from "../api/summary.ts";
import type { TensorInfo } from "../api/info.ts";
import { formatProblem, printable } from "../core/error.ts";
import { showShape } from "../core/tensor.ts";
import { type KernelReport, kernelText } from "../api/kernels.ts";
import { colors, DONE, type ExitCode, print, printResult, table } from "./io.ts";
import { type CliOptions, opening, withModel } from "./open.ts";

const grouped = (n: number): string => n.toLocaleString("en-US");

const tensorLines = (title: string, tensors: readonly TensorInfo[]): readonly string[] =>
  tensors.length === 0
    ? []
    : [
        colors.bold(title),
        ...tensors.map(({ name, shape, dtype }) => `  ${printable(name)}  ${showShape(shape)} ${dtype}`),
      ];

function showOutput(shape: Inspection["layers"][number]["outputShape"]): string {
  if (shape === null) return "?";
  return shape.some((n) => typeof n === "object" && n !== null)
    ? shape.map((inner) => showShape(inner as readonly (number | null)[])).join(" ")
    : showShape(shape as readonly (number | null)[]);
}

/** How large a layer is, and its activation. */
function mainOptions(config: Inspection["layers"][number]["config"]): string {
  const size = ["units", "filters", "output_dim", "num_heads"].find((option) => typeof config[option] === "number");
  const { activation } = config;
  const name = typeof activation === "object" ? (activation as { config?: unknown } | null)?.config : activation;
  return [
    ...(size === undefined ? [] : [`${config[size]} ${size.replace(/^(output|num)_/, "")}`]),
    ...(typeof name === "string" && name !== "linear" ? [printable(name)] : []),
  ].join(", ");
}

/** What the file says of a Lambda's function, and a guess at what to pass for it. */
function showLambda({ name, lambda }: Inspection["layers"][number]): readonly string[] {
  const { functionName, code, guess, arguments: given, outputShape } = lambda!;
  const told = (title: string, value: unknown): readonly string[] =>
    value === null || JSON.stringify(value) === "{}" ? [] : [`${title} ${printable(JSON.stringify(value))}`];
  const text = code?.text ?? null;
  const parameters = code?.parameters.join(", ") ?? "";
  const parts = [
    code === null ? (functionName ?? "no function that is understood") : `${functionName} of ${code.from}`,
    ...told("arguments", given),
    ...told("output shape", outputShape),
    ...(code === null || text !== null
      ? []
      : [`parameters ${parameters}`, `names ${code.names.join(", ")}`, `constants ${code.constants.join(", ")}`]),
  ];
  return [
    `  ${printable(name)}: ${printable(parts.join("; "))}`,
    ...(text === null ? [] : [`    reads as: lambda ${printable(parameters)}: ${printable(text)}`]),
    ...(guess === null ? [] : [`    a guess:  lambdas: { ${JSON.stringify(name)}: ${printable(guess)} }`]),
  ];
}

function showLambdas(found: Inspection): readonly string[] {
  const lambdas = flatLayers(found.layers, true).flatMap(({ layer }) => (layer.lambda === undefined ? [] : [layer]));
  if (lambdas.length === 0) return [];
  const isGuessed = lambdas.some(({ lambda }) => lambda?.guess !== null);
  return [
    "",
    colors.bold("Lambda layers: Python code, shown and never run"),
    ...lambdas.flatMap(showLambda),
    ...(isGuessed
      ? [colors.dim("  Guesses are to be checked: keraport verify --custom lambdas.mjs --fixture io.npz")]
      : []),
  ];
}

function origin({ format, dialect, library, kerasVersion, backend }: Inspection): string {
  const writer = [library === "unknown" ? null : library, kerasVersion].filter((part) => part !== null).join(" ");
  const by =
    writer === "" ? "" : `, written by ${printable(writer)}${backend === null ? "" : ` on ${printable(backend)}`}`;
  return `${format} (${dialect})${by}`;
}

function show(file: string, found: Inspection): string {
  const layers = flatLayers(found.layers, true).map(({ layer, depth }) => [
    `${"  ".repeat(depth)}${printable(layer.name)}`,
    printable(layer.class),
    mainOptions(layer.config),
    showOutput(layer.outputShape),
    grouped(layer.parameters),
    ...(found.isChain ? [] : [connectedTo(layer)]),
  ]);
  const header = ["layer", "class", "options", "output shape", "parameters"];
  const lines = [`${colors.bold(printable(file))}: model ${printable(found.name)}`, `  ${origin(found)}`, ""];
  if (layers.length > 0)
    lines.push(table(found.isChain ? header : [...header, "connected to"], layers, new Set([4])), "");
  const counts = `${grouped(found.parameters)} parameters, ${grouped(found.trainableParameters)} of them trainable`;
  lines.push(`${counts}, ${readableBytes(found.bytes)}`);
  lines.push(...tensorLines("inputs", found.inputs), ...tensorLines("outputs", found.outputs));
  const extras = new Map<string, number>();
  for (const { kind } of found.extras) extras.set(kind, (extras.get(kind) ?? 0) + 1);
  if (extras.size > 0) lines.push(`also in the file: ${[...extras].map(([kind, n]) => `${kind} (${n})`).join(", ")}`);
  if (found.weights !== undefined) {
    const rows = found.weights.map((w) => [printable(w.path), showShape(w.shape), w.dtype, w.trainable ? "yes" : "no"]);
    lines.push("", table(["weight", "shape", "dtype", "trainable"], rows));
  }
  lines.push(...showLambdas(found));
  if (found.problems.length > 0) {
    lines.push("", colors.yellow("This model cannot run:"));
    lines.push(...found.problems.map((problem) => `  ${formatProblem(problem, "problem")}`));
  }
  return lines.join("\n");
}

/** A table of layers and what they run as, and what the words mean. */
function showKernels({ backend, shapes, layers }: KernelReport): string {
  const rows = layers.map(({ layer, class: className, call, kernels }) => [
    printable(call === 0 ? layer : `${layer} (call ${call + 1})`),
    printable(className),
    printable(kernelText(kernels)) || "–",
  ]);
  return [
    "",
    colors.bold(`on the ${backend} backend, for inputs ${shapes.map(showShape).join(" ")}`),
    table(["layer", "class", "kernels"], rows),
    colors.dim("SIMD: several numbers at a time; fused: whole steps in registers; scalar: one number at a time;"),
    colors.dim("without a mark: values move, nothing is computed; –: no kernel of its own (shape only, or joined"),
    colors.dim("with the layer after it)."),
  ].join("\n");
}

/** `keraport inspect FILE`. */
export async function inspect([file]: readonly string[], options: CliOptions): Promise<ExitCode> {
  const how = { ...(await opening(options)), ...(options["lazy"] === true && { lazy: true }) };
  return withModel<ExitCode>(file!, how, async (model) => {
    const found = inspectModel(model, { weights: options["showWeights"] === true });
    const isTold = options["kernels"] === true && found.problems.length === 0;
    const kernels = isTold ? await model.kernels() : undefined;
    if (options["json"] === true) printResult({ file, ...found, ...(kernels && { kernels }) });
    else print(show(file!, found) + (kernels === undefined ? "" : `\n${showKernels(kernels)}`));
    return DONE;
  });
}
