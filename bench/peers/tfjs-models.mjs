/** The workloads as models of TensorFlow.js, layer by layer as bench/make/keras_models.py has them. */

const camel = (options) =>
  Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()), value]),
  );

/** `Conv2D` → `conv2d`, `MaxPooling1D` → `maxPooling1d`. */
const functionName = (name) => `${name[0].toLowerCase()}${name.slice(1).replace(/D$/, "d")}`;

/** Cheap: the weights are given afterwards. */
const ZEROS = { kernelInitializer: "zeros", recurrentInitializer: "zeros" };
const RECURRENT = { ...ZEROS, recurrentActivation: "sigmoid" };

class Builder {
  made = [];

  constructor(tf, { stateful }) {
    this.layers = tf.layers;
    this.stateful = stateful === true;
  }

  use(layer) {
    this.made.push(layer);
    return layer;
  }

  add(x, name, given) {
    const options = camel(given);
    const { layers } = this;
    switch (name) {
      case "LSTM":
        return this.use(layers.lstm({ ...options, ...RECURRENT, stateful: this.stateful })).apply(x);
      case "GRU":
        return this.use(layers.gru({ ...options, ...RECURRENT })).apply(x);
      case "BiLSTM": {
        const layer = layers.lstm({ ...options, ...RECURRENT });
        return this.use(layers.bidirectional({ layer, mergeMode: "concat" })).apply(x);
      }
      case "TimeDistributedDense":
        return this.use(layers.timeDistributed({ layer: layers.dense(options) })).apply(x);
      case "ConvLSTM2D":
        return this.use(layers.convLstm2d({ ...options, ...RECURRENT })).apply(x);
      case "Residual":
        return this.residual(x, options);
      case "SelfAttention":
        return this.selfAttention(x, options.units);
      case "FeedForward":
        return this.feedForward(x, options.units);
      default:
        return this.use(layers[functionName(name)](options)).apply(x);
    }
  }

  residual(x, { filters, strides }) {
    const { layers } = this;
    const conv = (input, kernelSize, stride) =>
      this.use(layers.conv2d({ filters, kernelSize, strides: stride, padding: "same", useBias: false })).apply(input);
    const norm = (input) => this.use(layers.batchNormalization({})).apply(input);
    const y = layers.reLU().apply(norm(conv(x, 3, strides)));
    const z = norm(conv(y, 3, 1));
    const isSame = x.shape.at(-1) === filters && strides === 1;
    return layers.reLU().apply(layers.add().apply([isSame ? x : norm(conv(x, 1, strides)), z]));
  }

  normalisedSum(x, y) {
    return this.use(this.layers.layerNormalization({ epsilon: 1e-5 })).apply(this.layers.add().apply([x, y]));
  }

  selfAttention(x, units) {
    const { layers } = this;
    const dense = (input, size) => this.use(layers.dense({ units: size })).apply(input);
    const [query, key, value] = [dense(x, units), dense(x, units), dense(x, units)];
    const scaled = layers.rescaling({ scale: units ** -0.5 }).apply(query);
    const scores = layers.softmax({ axis: -1 }).apply(layers.dot({ axes: [2, 2] }).apply([scaled, key]));
    return this.normalisedSum(x, dense(layers.dot({ axes: [2, 1] }).apply([scores, value]), x.shape.at(-1)));
  }

  feedForward(x, units) {
    const y = this.use(this.layers.dense({ units, activation: "relu" })).apply(x);
    return this.normalisedSum(x, this.use(this.layers.dense({ units: x.shape.at(-1) })).apply(y));
  }
}

/** A model with its weights. Throws what TensorFlow.js throws for what it has not. */
export function build(tf, workload, weights) {
  const { input, shape, dtype, layers, stateful } = workload;
  const builder = new Builder(tf, workload);
  const inputs = tf.input(stateful ? { batchShape: shape } : { shape: input, dtype });
  let x = inputs;
  for (const [name, options] of layers) x = builder.add(x, name, options);
  const model = tf.model({ inputs, outputs: x });
  let at = 0;
  for (const layer of builder.made) {
    const count = layer.getWeights().length;
    const arrays = weights.slice(at, (at += count)).map(({ data, shape: dims }) => tf.tensor(data, dims));
    layer.setWeights(arrays);
    arrays.forEach((array) => array.dispose());
  }
  return model;
}
