/** Damaged files: whatever is opened must be refused by name or work, on both engines alike. */
import { unzipSync } from "fflate";
import { anyBytes, sameLength, textsOf } from "./bytes.mjs";
import { damageBases, kindOf } from "./bases.mjs";
import { compareEngines, inputsFor, LIMITS, setWeights, untyped } from "./engines.mjs";
import { editedHdf5, mapHdf5 } from "./hdf5.mjs";
import { editJson } from "./json.mjs";
import { Rng } from "./random.mjs";
import { editMembers, editZip } from "./zip.mjs";

const FORMATS = ["keras-v3", "keras-h5", "keras-json", "weights-h5"];
/** How often each kind of base is taken. */
const USES = { model: 14, weights: 3, folder: 4, hdf5: 5, npz: 2, npy: 1 };
const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class Readers {
  static total = Infinity;
  #bases = new Map();
  #read = new Map();
  #maps = new Map();

  /** `only`: the bases whose names it matches. */
  constructor(lib, root, { only = /./ } = {}) {
    this.lib = lib;
    this.uses = Object.entries(USES).map(([use, weight]) => [weight, use]);
    for (const base of damageBases(root).filter(({ name }) => only.test(name))) {
      const alike = this.#bases.get(base.use) ?? [];
      this.#bases.set(base.use, [...alike, base]);
    }
  }

  #bytes(base) {
    if (!this.#read.has(base)) this.#read.set(base, base.read());
    return this.#read.get(base);
  }

  #map(key, bytes) {
    if (!this.#maps.has(key)) this.#maps.set(key, mapHdf5(bytes, this.lib));
    return this.#maps.get(key);
  }

  /** An input as plain data: a base and the seeds of its edits. */
  make(seed, index) {
    const rng = new Rng("readers", seed, index);
    const use = rng.weighed(this.uses);
    const base = rng.pick(this.#bases.get(use));
    const edits = Array.from(
      {
        length: rng.weighed([
          [6, 1],
          [3, 2],
          [1, 4],
        ]),
      },
      () => rng.bits(),
    );
    return { base, edits, mend: rng.chance(0.85), deep: rng.chance(0.6), salt: rng.bits() };
  }

  describe({ base, edits }) {
    return `${base.name}, edits ${edits.join(" ")}`;
  }

  about({ base }) {
    return kindOf(this.#bytes(base));
  }

  /** Inputs with fewer edits. */
  *smaller(input) {
    for (let i = 0; i < input.edits.length && input.edits.length > 1; i++)
      yield { ...input, edits: input.edits.filter((_, k) => k !== i) };
  }

  /** The bytes of an input. */
  bytes({ base, edits, mend, deep }) {
    const bytes = this.#bytes(base);
    const rngs = edits.map((seed) => new Rng(seed));
    const kind = kindOf(bytes);
    if (kind === "hdf5") return editedHdf5(bytes, rngs, this.#map(base, bytes), this.lib, mend);
    if (kind === "zip")
      return rngs.reduce(
        (at, rng) => (deep || base.use === "folder" ? this.#member(base, at, rng, mend) : editZip(at, rng, this.lib)),
        bytes,
      );
    if (kind === "json") return rngs.reduce((at, rng) => this.#text(at, rng), bytes);
    return rngs.reduce(
      (at, rng) => (rng.chance(0.6) ? sameLength(at, rng, textsOf(at.subarray(0, 256))) : anyBytes(at, rng)),
      bytes,
    );
  }

  #text(bytes, rng) {
    if (rng.chance(0.15)) return rng.chance(0.5) ? sameLength(bytes, rng) : anyBytes(bytes, rng);
    return encoder.encode(editJson(decoder.decode(bytes), rng, 1));
  }

  #member(base, bytes, rng, mend) {
    return editMembers(bytes, rng, base.use === "folder", (name, content) => {
      const kind = kindOf(content);
      if (kind === "json") return this.#text(content, rng);
      if (kind !== "hdf5") return rng.chance(0.5) ? sameLength(content, rng) : anyBytes(content, rng);
      return editedHdf5(content, [rng], this.#map(`${base.name}:${name}:${content.length}`, content), this.lib, mend);
    });
  }

  /** Opens, shows and runs. Gives a find or null, and how far it came. */
  async run(input) {
    const { lib } = this;
    const bytes = this.bytes(input);
    try {
      const rng = new Rng(input.salt);
      if (input.base.use === "npz") return await this.#npz(bytes, rng);
      if (input.base.use === "hdf5") return await this.#hdf5(bytes);
      if (input.base.use === "npy") {
        lib.parseNpy(bytes, lib.withLimits(LIMITS));
        return { find: null, ran: "read" };
      }
      return await this.#model(input, bytes, rng);
    } catch (error) {
      return { find: untyped(lib, error, undefined), ran: "refused" };
    }
  }

  async #npz(bytes, rng) {
    const { lib } = this;
    const tensors = await lib.readNpz(lib.bytesSource(bytes, "io.npz"), lib.withLimits(LIMITS));
    if (rng.chance(0.3)) {
      const model = await lib.load(this.#bytes(this.#bases.get("model")[0]), { limits: LIMITS });
      try {
        await lib.verifyModel(model, bytes, {}, null);
      } finally {
        model.dispose();
      }
    }
    return { find: null, ran: tensors.size > 0 ? "read" : "empty" };
  }

  async #hdf5(bytes) {
    const { lib } = this;
    const read = async (group) => {
      for (const child of group.children.values()) {
        if (child.kind === "group") await read(child);
        else {
          try {
            await (child.type.class === "vlen-string" ? child.readStrings() : child.read());
          } catch (error) {
            const find = untyped(lib, error, undefined);
            if (find !== null) throw error;
          }
        }
      }
    };
    await read(await lib.openHdf5(lib.bytesSource(bytes, "x.h5"), lib.withLimits(LIMITS)));
    return { find: null, ran: "read" };
  }

  async #model({ base }, bytes, rng) {
    const { lib } = this;
    const [main, weights] = base.use === "weights" ? [base.model(), bytes] : [bytes, base.weights?.()];
    const files = base.use === "folder" ? new Map(Object.entries(unzipSync(main))) : main;
    const model = await lib.load(files, { limits: LIMITS, ...(weights && { weights }) });
    try {
      model.summary();
      const shown = [model.warnings, model.problems, model.layers, model.inputs, model.outputs, model.outputShape];
      if (rng.chance(0.1)) await this.#save(model, rng);
      if (model.problems.length > 0 || shown.length === 0) return { find: null, ran: "shown" };
      await model.getWeights();
      // The engines see the fixture's own model again and again: some times are enough.
      if (rng.chance(0.7)) return { find: null, ran: "read" };
      const inputs = inputsFor(lib, model, rng);
      if (inputs === null || !(await setWeights(lib, model, rng))) return { find: null, ran: "shown" };
      return await compareEngines(lib, model, inputs, rng);
    } finally {
      model.dispose();
    }
  }

  async #save(model, rng) {
    try {
      await this.lib.saveToMap(model, { format: rng.pick(FORMATS) });
    } catch (error) {
      if (untyped(this.lib, error, undefined) !== null) throw error;
    }
  }
}
