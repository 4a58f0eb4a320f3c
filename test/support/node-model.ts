/** The JSON of a Keras 3 model of one operation. */
export interface NodeModel {
  readonly module: string;
  readonly class: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Shapes without the batch axis, by name. */
  readonly inputs: Readonly<Record<string, readonly (number | null)[]>>;
  /** Lengths of the batch axis, where they are known. */
  readonly batches?: Readonly<Record<string, number>>;
  /** Of inputs that are not float32. */
  readonly dtypes?: Readonly<Record<string, string>>;
  /** The inputs are one argument, a list of them. */
  readonly isList?: boolean;
  readonly outputs?: number;
}

export function nodeModel(given: NodeModel): Uint8Array {
  const { module, class: class_name, config = {}, inputs, batches = {}, dtypes = {}, isList = false, outputs = 1 } = given; // prettier-ignore
  const entries = Object.entries(inputs).map(([name, shape]) => ({
    name,
    shape: [batches[name] ?? null, ...shape],
    dtype: dtypes[name] ?? "float32",
  }));
  const layers = entries.map(({ name, shape, dtype }) => ({ module: "keras.layers", class_name: "InputLayer", config: { batch_shape: shape, dtype, name }, registered_name: null, name, inbound_nodes: [] })); // prettier-ignore
  const args = entries.map(({ name, shape, dtype }) => ({ class_name: "__keras_tensor__", config: { shape, dtype, keras_history: [name, 0, 0] } })); // prettier-ignore
  const node = { module, class_name, config: { name: "y", ...config }, registered_name: class_name, name: "y", inbound_nodes: [{ args: isList ? [args] : args, kwargs: {} }] }; // prettier-ignore
  const functional = { name: "f", trainable: true, layers: [...layers, node], input_layers: entries.map(({ name }) => [name, 0, 0]), output_layers: Array.from({ length: outputs }, (_, i) => ["y", 0, i]) }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify({ module: "keras.src.models.functional", class_name: "Functional", config: functional, registered_name: "Functional" })); // prettier-ignore
}
