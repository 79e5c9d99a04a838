/** The editor's colours as a canvas needs them: read once a drawing, so that a new theme shows at the next. */

export class Theme {
  readonly #style = getComputedStyle(document.documentElement);

  /** A theme colour by its id, such as `charts.blue`; `otherwise` where the theme has none. */
  colour(id: string, otherwise: string): string {
    const value = this.#style.getPropertyValue(`--vscode-${id.replaceAll('.', '-')}`).trim();
    return value === '' ? otherwise : value;
  }

  get foreground(): string {
    return this.colour('foreground', '#888888');
  }

  get background(): string {
    return this.colour('sideBar.background', '#ffffff');
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
