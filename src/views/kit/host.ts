/** The extension, as a picture in a webview sees it. */

interface WebviewApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): WebviewApi;

/** Messages to and from the extension, and what the view keeps while it is hidden. */
export class Host<To, From, State> {
  readonly #api = acquireVsCodeApi();

  constructor(receive: (message: To) => void) {
    window.addEventListener('message', ({ data }: MessageEvent<To>) => receive(data));
  }

  send(message: From): void {
    this.#api.postMessage(message);
  }

  get state(): State | undefined {
    return this.#api.getState() as State | undefined;
  }

  keep(state: State): void {
    this.#api.setState(state);
  }
}
