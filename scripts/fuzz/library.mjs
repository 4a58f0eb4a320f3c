/** What the fuzz uses of the library, internals included. */

const NAMES = {
  node: [
    "load",
    "FormatError",
    "layers",
    "Sequential",
    "tensor",
    "optimizers",
    "losses",
    "metrics",
    "schedules",
    "callbacks",
  ],
  "api/save": ["saveToMap"],
  "api/verify": ["verifyModel"],
  "codecs/hdf5": ["openHdf5"],
  "codecs/hdf5/checksum": ["lookup3"],
  "codecs/npz": ["readNpz"],
  "codecs/npy": ["parseNpy"],
  "codecs/zip/records": ["CENTRAL", "END", "LOCAL", "sizeOfLayout"],
  "core/crc32": ["crc32"],
  "core/dtype": ["allocate"],
  "core/limits": ["withLimits"],
  "core/source": ["bytesSource"],
  "core/tensor": ["valuesOf"],
  "verify/compare": ["compareTensors", "DEFAULT_TOLERANCE"],
};

/** `from`: imports a module of src/ by its path without an ending. */
export async function library(from) {
  const lib = {};
  for (const [path, names] of Object.entries(NAMES)) {
    const found = await from(path);
    for (const name of names) {
      if (found[name] === undefined) throw new Error(`${path} has no ${name}`);
      lib[name] = found[name];
    }
  }
  const { load } = lib;
  lib.load = async (input, options) => {
    const model = await load(input, options);
    const set = model.setWeights.bind(model);
    model.setWeights = async (tensors) => {
      model.data.hasWeights = true; // a model of an architecture alone is given its weights here
      return set(tensors);
    };
    return model;
  };
  return lib;
}
