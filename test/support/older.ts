/** Functional models as tf-keras writes them to JSON. */

/** A layer, and its calls as `inbound_nodes` has them; an input has none. */
export type OlderLayer = readonly [name: string, className: string, config: object, calls: readonly unknown[]];
/** An output of a layer's first call. */
export type OlderOutput = readonly [layer: string, call: number, tensor: number];

/** The layers of class InputLayer are its inputs. */
export function olderModel(layers: readonly OlderLayer[], outputs: readonly OlderOutput[]) {
  const inputs = layers.filter(([, className]) => className === "InputLayer");
  return {
    class_name: "Functional",
    keras_version: "2.15.0",
    backend: "tensorflow",
    config: {
      name: "m",
      trainable: true,
      layers: layers.map(([name, class_name, config, inbound_nodes]) => ({
        class_name,
        name,
        config: { name, ...config },
        inbound_nodes,
      })),
      input_layers: inputs.map(([name]) => [name, 0, 0]),
      output_layers: outputs,
    },
  };
}
