/** ONNX Runtime as an engine: it runs what the ONNX exporter writes, in memory. */
import { concatBytes } from "../../core/bytes.ts";
import type { DType, NumericArray } from "../../core/dtype.ts";
import { checkSignal, fail } from "../../core/error.ts";
import { sizeOf, type Tensor } from "../../core/tensor.ts";
import { exportOnnx } from "../../exporters/onnx/index.ts";
import { refuseProblems } from "../../graph/problems.ts";
import { withDType } from "../../core/cast.ts";
import type { Graph } from "../../ops/types.ts";
import { checkInputs } from "../inputs.ts";
import type { OpenOptions, RunOptions, Session, States } from "../types.ts";
import { type OnnxRuntime, onnxRuntime, type OrtSession, type OrtTensor } from "./library.ts";

/** What ONNX Runtime says, as an error of ours. */
const refused = (error: unknown): never =>
  fail("unsupported/onnx", { source: "onnxruntime", message: error instanceof Error ? error.message : String(error) });

const named = (what: string, ids: readonly unknown[]): string[] => ids.map((_, i) => `${what}_${i}`);

class OnnxSession implements Session {
  readonly #graph: Graph;
  readonly #library: OnnxRuntime;
  readonly #session: OrtSession;
  /** Names in the file: those of the graph's inputs and outputs, then those of its states, in the graph's order. */
  readonly #inputs: readonly string[];
  readonly #outputs: readonly string[];
  readonly #states = new Map<string, OrtTensor>();
  #running = 0;
  /** Runs take turns: one starts from the states that the one before left. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(graph: Graph, library: OnnxRuntime, session: OrtSession) {
    this.#graph = graph;
    this.#library = library;
    this.#session = session;
    this.#inputs = session.inputNames;
    this.#outputs = session.outputNames;
  }

  #stateNames(i: number): readonly [read: string, write: string] {
    return [this.#inputs[this.#graph.inputs.length + i]!, this.#outputs[this.#graph.outputs.length + i]!];
  }

  run(inputs: readonly Tensor[], options?: RunOptions): Promise<readonly Tensor[]> {
    checkInputs(this.#graph, inputs);
    this.#running++;
    const run = this.#last.then(() => this.#run(inputs, options)).finally(() => this.#running--);
    this.#last = run.catch(() => undefined);
    return run;
  }

  async #run(inputs: readonly Tensor[], { signal }: RunOptions = {}): Promise<readonly Tensor[]> {
    checkSignal(signal);
    const feeds: Record<string, OrtTensor> = {};
    inputs.forEach((input, i) => (feeds[this.#inputs[i]!] = this.#given(input)));
    const batch = inputs[0]?.shape[0] ?? 1;
    this.#graph.states.forEach((state, i) => {
      const shape = state.shape.map((length) => (typeof length === "number" ? length : batch));
      feeds[this.#stateNames(i)[0]] = this.#states.get(state.path) ?? this.#zeros(state.dtype, shape);
    });
    const made = await this.#session.run(feeds).catch(refused);
    const outputs = this.#graph.outputs.map((id, i) => {
      const { dtype } = this.#graph.values.get(id)!;
      const { data, dims } = made[this.#outputs[i]!]!;
      return { dtype, shape: [...dims], data: data as Tensor["data"] };
    });
    this.#graph.states.forEach(({ path }, i) => this.#states.set(path, made[this.#stateNames(i)[1]]!));
    return outputs;
  }

  #given({ dtype, data, shape }: Tensor): OrtTensor {
    return new this.#library.Tensor(dtype, data as NumericArray, shape);
  }

  #zeros(dtype: DType, shape: readonly number[]): OrtTensor {
    if (dtype !== "float32") return fail("unsupported/dtype", { source: "onnxruntime", found: dtype });
    return new this.#library.Tensor(dtype, new Float32Array(sizeOf(shape)), shape);
  }

  async readStates(): Promise<States> {
    await this.#last;
    const kept = this.#graph.states.filter(({ path }) => this.#states.has(path));
    return new Map(
      kept.map(({ path, key, dtype }) => {
        const { data, dims } = this.#states.get(path)!;
        return [key, { dtype, shape: [...dims], data: data as Tensor["data"] }];
      }),
    );
  }

  writeStates(states: States): void | Promise<void> {
    return this.#whenDone(() => {
      this.#states.clear();
      for (const { path, key, dtype } of this.#graph.states)
        if (states.has(key)) this.#states.set(path, this.#given(withDType(states.get(key)!, dtype)));
    });
  }

  resetStates(): void {
    void this.#whenDone(() => this.#states.clear());
  }

  /** At once where no run is under way. */
  #whenDone(change: () => void): void | Promise<void> {
    if (this.#running === 0) return change();
    const changed = this.#last.then(change);
    this.#last = changed;
    return changed;
  }

  dispose(): void {
    this.#last = this.#last.then(() => this.#session.release());
  }
}

/** Throws `unsupported/backend` where there is no ONNX Runtime, what the exporter throws, and what ONNX Runtime says. */
export async function openOnnx(graph: Graph, { providers }: OpenOptions = {}): Promise<Session> {
  refuseProblems(graph);
  const library = await onnxRuntime();
  const model = { name: "model", graph, inputs: named("input", graph.inputs), outputs: named("output", graph.outputs) };
  const { files } = await exportOnnx(model, {}, "model.onnx", Infinity);
  const parts: Uint8Array[] = [];
  for await (const part of files[0]!.chunks()) parts.push(part);
  return openFile(graph, library, concatBytes(parts), providers);
}

/** A file that the exporter wrote of a graph. Throws `unsupported/backend`, and what ONNX Runtime says. */
export async function openWritten(graph: Graph, bytes: Uint8Array): Promise<Session> {
  return openFile(graph, await onnxRuntime(), bytes);
}

async function openFile(graph: Graph, library: OnnxRuntime, bytes: Uint8Array, providers?: readonly string[]) {
  const settings = { logSeverityLevel: 3, ...(providers && { executionProviders: providers }) };
  const session = await library.InferenceSession.create(bytes, settings).catch(refused);
  return new OnnxSession(graph, library, session);
}
