/** The page around a module: its style, and the script that makes a form of the inputs' shapes. */

export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: #2a6fdb; }
@media (prefers-color-scheme: dark) { :root { --accent: #7fb0ff; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
fieldset, section { border: 1px solid var(--line); border-radius: .6rem; margin: 0 0 1rem; padding: .8rem 1rem 1rem; min-width: 0; }
legend, h2 { font-size: 1rem; font-weight: 600; padding: 0 .3rem; margin: 0; overflow-wrap: anywhere; }
small { opacity: .7; font-weight: 400; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.5rem, 1fr)); gap: .5rem; }
.grid label { display: grid; font-size: .75rem; }
input, textarea, select, button { font: inherit; color: inherit; background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; padding: .35rem .5rem; min-width: 0; width: 100%; }
textarea { min-height: 6rem; font: .85rem/1.4 ui-monospace, monospace; resize: vertical; }
button, select { width: auto; cursor: pointer; }
button.run { background: var(--accent); color: Canvas; border-color: var(--accent); font-weight: 600; padding: .5rem 1.5rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin-top: .6rem; }
main > output { display: block; margin-top: 1rem; }
.drop { display: grid; gap: .5rem; justify-items: center; padding: 1rem; border: 2px dashed var(--line); border-radius: .6rem; text-align: center; cursor: pointer; }
.drop.over { border-color: var(--accent); }
.drop canvas { width: min(16rem, 100%); image-rendering: pixelated; border-radius: .3rem; background: var(--soft); }
.drop input { display: none; }
.bar { display: grid; grid-template-columns: 2.5rem 1fr 6.5rem; gap: .6rem; align-items: center; font-variant-numeric: tabular-nums; font-size: .85rem; }
.bar > :first-child, .bar > :last-child { text-align: right; }
.bar i { position: relative; display: block; height: .9rem; background: var(--soft); border-radius: .2rem; overflow: hidden; }
.bar b { position: absolute; top: 0; bottom: 0; background: var(--accent); }
.bar.top { font-weight: 700; }
svg { width: 100%; height: auto; display: block; margin-top: .5rem; }
svg line { stroke: var(--line); }
svg polyline { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
svg text { font-size: 11px; fill: currentColor; opacity: .7; }
[role=alert] { color: #c22; overflow-wrap: anywhere; }
@media (prefers-color-scheme: dark) { [role=alert] { color: #f88; } }
`;

/** It stands behind the module, so that `inputs`, `predictSync` … are its own. In Node, where a page is checked, it does nothing. */
export const FORM = String.raw`
if (typeof document === "object") {
  const FEW = 32;
  const COLOURS = ["#2a6fdb", "#d9822b", "#2f9e5b", "#b8478f", "#7a5bd0", "#c0392b", "#1793a5", "#8a7a1f"];
  const make = (tag, about = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), about);
    element.append(...children);
    return element;
  };
  const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
  const about = ({ name, shape, dtype }) => [name + " ", make("small", { textContent: dtype + " [" + shape.join(", ") + "]" })];
  const button = (textContent, onclick) => make("button", { type: "button", textContent, onclick });
  const random = (dtype) => (/float/.test(dtype) ? Number((Math.random() * 2 - 1).toFixed(4)) : Math.floor(Math.random() * 2));

  /** Fields with a number each. */
  function few({ dtype }, size) {
    const step = /float/.test(dtype) ? "any" : "1";
    const fields = Array.from({ length: size }, () => make("input", { type: "number", step, value: "0", required: true }));
    const grid = make("div", { className: "grid" }, ...fields.map((field, i) => make("label", {}, String(i), field)));
    return { element: grid, read: () => fields.map(({ value }) => Number(value)), fill: (values) => values.forEach((x, i) => (fields[i].value = x)) };
  }

  /** A text of numbers. */
  function many(_, size) {
    const area = make("textarea", { spellcheck: false, placeholder: size + " numbers, with spaces, commas or line breaks between" });
    const count = make("small");
    const words = () => area.value.match(/[^\s,;\[\]]+/g) ?? [];
    const tell = () => (count.textContent = words().length + " of " + size + " numbers");
    area.oninput = tell;
    tell();
    const read = () => {
      const found = words();
      const odd = found.find((word) => Number.isNaN(Number(word)) && word !== "NaN");
      if (odd !== undefined) throw Error("not a number: " + odd);
      if (found.length !== size) throw Error(size + " numbers are wanted, " + found.length + " are given");
      return found.map(Number);
    };
    return { element: make("div", {}, area, count), read, fill: (values) => ((area.value = values.join(" ")), tell()) };
  }

  /** A picture, brought to the input's size. */
  function picture({ shape: [, height, width, channels] }) {
    const canvas = make("canvas", { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const file = make("input", { type: "file", accept: "image/*" });
    const range = make("select", {}, ...["0 … 1", "0 … 255", "−1 … 1"].map((text) => make("option", { textContent: text })));
    const show = async (blob) => {
      const image = await createImageBitmap(blob);
      context.clearRect(0, 0, width, height);
      context.drawImage(image, 0, 0, width, height);
    };
    file.onchange = () => file.files[0] && show(file.files[0]).catch(fail);
    const drop = make("label", { className: "drop" }, canvas, "Drop an image here, or choose one", file);
    drop.ondragover = (event) => (event.preventDefault(), drop.classList.add("over"));
    drop.ondragleave = () => drop.classList.remove("over");
    drop.ondrop = (event) => {
      event.preventDefault();
      drop.classList.remove("over");
      if (event.dataTransfer.files[0]) show(event.dataTransfer.files[0]).catch(fail);
    };
    const read = () => {
      const { data } = context.getImageData(0, 0, width, height);
      const scale = [(x) => x / 255, (x) => x, (x) => x / 127.5 - 1][range.selectedIndex];
      const values = [];
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.subarray(i, i + 4);
        values.push(...(channels === 1 ? [0.299 * r + 0.587 * g + 0.114 * b] : [r, g, b, a].slice(0, channels)).map(scale));
      }
      return values;
    };
    const fill = (values) => {
      const image = context.createImageData(width, height);
      const byte = (x) => Math.round(Math.abs(x) * 255);
      for (let i = 0; i < width * height; i++)
        for (let c = 0; c < 4; c++) image.data[4 * i + c] = c === 3 ? 255 : byte(values[i * channels + Math.min(c, channels - 1)]);
      context.putImageData(image, 0, 0);
    };
    return { element: make("div", {}, drop, make("label", { className: "row" }, "Values from black to white: ", range)), read, fill };
  }

  const form = document.querySelector("form");
  const results = document.querySelector("main > output");
  const fail = (error) => results.replaceChildren(make("p", { role: "alert", textContent: error.message }));
  document.title = NAME;
  document.querySelector("h1").textContent = NAME;
  const sources = inputs.map((own, i) => {
    const input = { ...own, shape: SHAPES[i] };
    const { shape, dtype } = input;
    const size = sizeOf(shape);
    const isPicture = shape.length === 4 && shape[0] === 1 && [1, 3, 4].includes(shape[3]) && shape[1] * shape[2] > 16;
    const { element, read, fill } = (isPicture ? picture : size <= FEW ? few : many)(input, size);
    const zeros = button("Zeros", () => fill(Array(size).fill(0)));
    const any = button("Random", () => fill(Array.from({ length: size }, () => random(dtype))));
    if (size <= FEW || isPicture) fill(Array(size).fill(0));
    form.append(make("fieldset", {}, make("legend", {}, ...about(input)), element, make("div", { className: "row" }, any, zeros)));
    return { read, shape };
  });
  const time = make("small");
  const reset = IS_STATEFUL ? [button("Reset states", () => (resetStates(), results.replaceChildren()))] : [];
  form.append(make("div", { className: "row" }, make("button", { className: "run", textContent: "Run" }), ...reset, time));

  const text = (x) => (typeof x === "number" ? String(Number(x.toPrecision(6))) : String(x));

  function bars(values) {
    const numbers = values.map(Number);
    const finite = numbers.filter(Number.isFinite);
    const low = Math.min(0, ...finite);
    // What may be probabilities is seen against 1.
    const high = Math.max(low < 0 || Math.max(...finite) > 1 ? 0 : 1, ...finite);
    const span = high - low || 1;
    const top = numbers.indexOf(Math.max(...finite));
    return numbers.map((x, i) => {
      const bar = make("b");
      const [from, to] = [Math.min(0, x), Math.max(0, x)];
      if (Number.isFinite(x)) Object.assign(bar.style, { left: (100 * (from - low)) / span + "%", width: (100 * (to - from)) / span + "%" });
      const row = make("div", { className: values.length > 1 && i === top ? "bar top" : "bar" });
      row.append(make("span", { textContent: i }), make("i", {}, bar), make("span", { textContent: text(values[i]) }));
      return row;
    });
  }

  /** Rows as lines over one another, the first eight. */
  function lines(values, shape) {
    const inSvg = (tag, attributes) => {
      const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
      return element;
    };
    // Time runs along the axis before the last, one line for each of the last.
    const columns = shape.length > 2 && shape.at(-1) <= COLOURS.length ? shape.at(-1) : 1;
    const length = Math.min(values.length / columns, 4096);
    const numbers = values.slice(0, length * columns).map(Number);
    const finite = numbers.filter(Number.isFinite);
    const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
    const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
    const [width, height] = [600, 200];
    const y = (x) => height - 10 - ((x - low) / (high - low || 1)) * (height - 20);
    const svg = inSvg("svg", { viewBox: "0 0 " + width + " " + height, role: "img" });
    if (low < 0 && high > 0) svg.append(inSvg("line", { x1: 0, x2: width, y1: y(0), y2: y(0) }));
    for (let c = 0; c < columns; c++) {
      const points = [];
      for (let i = 0; i < length; i++) {
        const x = numbers[i * columns + c];
        if (Number.isFinite(x)) points.push(((i * width) / Math.max(1, length - 1)).toFixed(1) + "," + y(x).toFixed(1));
      }
      svg.append(inSvg("polyline", { points: points.join(" "), stroke: COLOURS[c] }));
    }
    for (const [at, value] of [[12, high], [height - 2, low]]) {
      const label = inSvg("text", { x: 2, y: at });
      label.textContent = text(value);
      svg.append(label);
    }
    const all = make("details", {}, make("summary", { textContent: "Values" }), make("textarea", { readOnly: true, value: values.map(text).join(" ") }));
    return [svg, all];
  }

  form.onsubmit = (event) => {
    event.preventDefault();
    try {
      const given = sources.map(({ read, shape }) => ({ dtype: "float64", shape, data: Float64Array.from(read()) }));
      const start = performance.now();
      const made = predictSync(given);
      time.textContent = (performance.now() - start).toFixed(2) + " ms";
      results.replaceChildren(
        ...made.map((tensor, i) => {
          const values = tensor.toArray().flat(Infinity);
          const shown = values.length <= 64 ? bars(values) : lines(values, tensor.shape);
          return make("section", {}, make("h2", {}, ...about({ ...outputs[i], shape: tensor.shape })), ...shown);
        }),
      );
    } catch (error) {
      time.textContent = "";
      fail(error);
    }
  };
}
`;
