/** `<keraport-model src="model.keras">`: the page with a model in it, as a part of another page of the same host. */
class KeraportModel extends HTMLElement {
  static readonly observedAttributes = ["src"];

  connectedCallback(): void {
    this.#show();
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#show();
  }

  /** In a frame: its policy and its worker are its own. */
  #show(): void {
    const source = this.getAttribute("src");
    if (source === null) return this.replaceChildren();
    const page = new URL("./index.html", import.meta.url);
    page.searchParams.set("url", new URL(source, document.baseURI).href);
    const frame = document.createElement("iframe");
    frame.src = page.href;
    frame.title = `Keras model ${source.split("/").at(-1)}`;
    frame.loading = "lazy";
    for (const [name, value] of Object.entries({ display: "block", width: "100%", height: "100%", border: "0" }))
      frame.style.setProperty(name, value);
    this.style.display ||= "block";
    this.style.height ||= "560px";
    this.replaceChildren(frame);
  }
}

customElements.define("keraport-model", KeraportModel);

export {};
