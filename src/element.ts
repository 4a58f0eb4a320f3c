/**
 * `<keraport-model src="model.keras">`: the page that opens a model, as a part of another page. To import this defines the
 * element; where there are no elements, as on a server, it does nothing.
 */

/** Where the page is that is shown: beside this file. */
const PAGE = new URL("./page.html", import.meta.url);
/** By it the page in the frame knows that a model comes. */
const FRAME = "keraport-model";

async function fetched(address: string): Promise<readonly [name: string, file: Blob]> {
  const url = new URL(address, document.baseURI);
  const answer = await fetch(url);
  if (!answer.ok) return Promise.reject(new Error(`${url.href}: ${answer.status}`));
  return [url.pathname.split("/").at(-1)!, await answer.blob()];
}

/* On a server modules are loaded too, and have no elements. */
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement);

/**
 * Shows the model at the address in `src`; of one in several files, their addresses with spaces between. The files are fetched
 * by the page around, under its policy; what shows them is a frame, which fetches nothing. `page`: where `page.html` of the
 * package is served, if it is not beside the script.
 */
export class KeraportModel extends Base {
  /** Those that are looked at. */
  static readonly observedAttributes: readonly string[] = ["src", "page"];

  /** Shows the model. */
  connectedCallback(): void {
    this.#show();
  }

  /** Shows another one. */
  attributeChangedCallback(): void {
    if (this.isConnected) this.#show();
  }

  #show(): void {
    const addresses = (this.getAttribute("src") ?? "").split(/\s+/).filter(Boolean);
    if (addresses.length === 0) return this.replaceChildren();
    const page = this.getAttribute("page");
    const frame = document.createElement("iframe");
    frame.name = FRAME;
    frame.src = page === null ? PAGE.href : new URL(page, document.baseURI).href;
    frame.title = `Keras model ${addresses[0]!.split("/").at(-1)!}`;
    frame.loading = "lazy";
    frame.allow = "microphone; clipboard-write";
    for (const [name, value] of Object.entries({ display: "block", width: "100%", height: "100%", border: "0" }))
      frame.style.setProperty(name, value);
    this.style.display ||= "block";
    this.style.height ||= "560px";
    frame.addEventListener("load", () => {
      const give = (given: object): void => frame.contentWindow?.postMessage({ [FRAME]: given }, "*");
      Promise.all(addresses.map(fetched)).then(
        (files) => give({ files }),
        (error: unknown) => give({ error: String(error) }),
      );
    });
    this.replaceChildren(frame);
  }
}

if ("customElements" in globalThis) customElements.define("keraport-model", KeraportModel);

declare global {
  interface HTMLElementTagNameMap {
    "keraport-model": KeraportModel;
  }
}
