/** The JSON of a Keras 3 model of one operation. */
export interface NodeModel {
  readonly module: string;
  readonly class: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Shapes without the batch axis, by name; all float32. */
  readonly inputs: Readonly<Record<string, readonly (number | null)[]>>;
  /** The inputs are one argument, a list of them. */
  readonly isList?: boolean;
  readonly outputs?: number;
}

export function nodeModel(given: NodeModel): Uint8Array {
  const { module, class: class_name, config = {}, inputs, isList = false, outputs = 1 } = given;
  const entries = Object.entries(inputs).map(([name, shape]) => ({ name, shape: [null, ...shape] }));
  const layers = entries.map(({ name, shape }) => ({ module: "keras.layers", class_name: "InputLayer", config: { batch_shape: shape, dtype: "float32", name }, registered_name: null, name, inbound_nodes: [] })); // prettier-ignore
  const args = entries.map(({ name, shape }) => ({ class_name: "__keras_tensor__", config: { shape, dtype: "float32", keras_history: [name, 0, 0] } })); // prettier-ignore
  const node = { module, class_name, config: { name: "y", ...config }, registered_name: class_name, name: "y", inbound_nodes: [{ args: isList ? [args] : args, kwargs: {} }] }; // prettier-ignore
  const functional = { name: "f", trainable: true, layers: [...layers, node], input_layers: entries.map(({ name }) => [name, 0, 0]), output_layers: Array.from({ length: outputs }, (_, i) => ["y", 0, i]) }; // prettier-ignore
  return new TextEncoder().encode(JSON.stringify({ module: "keras.src.models.functional", class_name: "Functional", config: functional, registered_name: "Functional" })); // prettier-ignore
}
