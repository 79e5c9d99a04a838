/** The editor's colours as a canvas needs them: read once a drawing, so that a new theme shows at the next. */

/** Colours of things that are only told apart; they come round again. */
const SERIES = [
  ['charts.green', '#388a34'],
  ['charts.orange', '#d18616'],
  ['charts.purple', '#652d90'],
] as const;

export class Theme {
  readonly #style = getComputedStyle(document.documentElement);

  /** A theme colour by its id, such as `charts.blue`; `otherwise` where the theme has none. */
  colour(id: string, otherwise: string): string {
    const value = this.#style.getPropertyValue(`--vscode-${id.replaceAll('.', '-')}`).trim();
    return value === '' ? otherwise : value;
  }

  /** The colour of the thing of this number, from 0. */
  series(number: number): string {
    const [id, otherwise] = SERIES[number % SERIES.length] ?? SERIES[0];
    return this.colour(id, otherwise);
  }

  get foreground(): string {
    return this.colour('foreground', '#888888');
  }

  get background(): string {
    return this.colour('sideBar.background', '#ffffff');
  }

  get fontFamily(): string {
    return this.#style.getPropertyValue('--vscode-font-family').trim() || 'sans-serif';
  }

  get focus(): string {
    return this.colour('focusBorder', '#0090f1');
  }

  get error(): string {
    return this.colour('errorForeground', '#f14c4c');
  }

  get isHighContrast(): boolean {
    return document.body.dataset['vscodeThemeKind']?.startsWith('vscode-high-contrast') ?? false;
  }
}
