import type { ProblemList } from './diagnostics';
import { DROPPED, type Token } from './lexer';
import { type Span, spanOf } from './source';

/** Deepest nesting of blocks, brackets and operators. */
const MAX_DEPTH = 100;

/** Ends the reading of one statement; caught where reading can go on. Never leaves the parser. */
export class SyntaxFault {
  constructor(
    readonly code: string,
    readonly message: string,
    readonly span: Span,
  ) {}
}

/** Walks over the tokens of a text. Inside brackets line breaks mean nothing. */
export class Cursor {
  private at = 0;
  private brackets = 0;
  private depth = 0;
  private reportedUnclosed = false;
  private last: Token;
  private readonly tokens: readonly Token[];
  private readonly final: Token;

  constructor(
    all: readonly Token[],
    readonly problems: ProblemList,
    /** The text is one expression: then a word of the language may be a name, such as that of a local. */
    readonly standsAlone = false,
  ) {
    this.tokens = all.filter((t) => t.kind !== 'comment');
    const end = all.at(-1);
    this.final = end ?? { kind: 'end', text: '', start: 0, end: 0, layout: 0 };
    this.last = { ...this.final, end: this.tokens[0]?.start ?? 0 };
  }

  /** The token `ahead` places further on, without taking it. */
  peek(ahead = 0): Token {
    let i = this.at;
    for (let left = ahead; ; i++) {
      const token = this.tokens[i];
      if (token === undefined) return this.final;
      if (this.brackets > 0 && token.kind === 'newline') continue;
      if (left === 0) return token;
      left--;
    }
  }

  /** Takes the next token. */
  next(): Token {
    if (this.brackets > 0) while (this.tokens[this.at]?.kind === 'newline') this.at++;
    const token = this.tokens[this.at] ?? this.final;
    if (token.kind !== 'end') this.at++;
    if (token.kind !== 'newline') this.last = token;
    return token;
  }

  /** The end of the last token that was taken. */
  get lastEnd(): number {
    return this.last.end;
  }

  /** From a start to the end of the last token taken. */
  spanFrom(start: number): Span {
    return { start, end: Math.max(start, this.last.end) };
  }

  /** Whether the next token is this word or sign. */
  is(text: string): boolean {
    const token = this.peek();
    return token.text === text && (token.kind === 'word' || token.kind === 'punct');
  }

  /** Whether the next token is a word. */
  isWord(): boolean {
    return this.peek().kind === 'word';
  }

  /** Takes the next token if it is this word or sign. */
  take(text: string, layout = 0): Token | undefined {
    if (!this.is(text)) return undefined;
    const token = this.next();
    token.layout |= layout;
    return token;
  }

  /** Takes this sign or word, or fails saying what was expected. */
  expect(text: string, what = `\`${text}\``, layout = 0): Token {
    return this.take(text, layout) ?? this.fail(what);
  }

  /** Fails at the next token: `expected WHAT, found TOKEN`, and more if there is more to say. */
  fail(what: string, code = 'syntax', more = ''): never {
    const token = this.peek();
    throw new SyntaxFault(
      code,
      `expected ${what}, found ${show(token)}${more}`,
      placeOf(token, this.lastEnd),
    );
  }

  /** Whether a line or a statement ends here. */
  atEnd(): boolean {
    const token = this.peek();
    return token.kind === 'newline' || token.kind === 'end' || this.is(';') || this.is('}');
  }

  /** Whether the text ends here. */
  get done(): boolean {
    return this.peek().kind === 'end';
  }

  skipBreaks(): void {
    while (this.peek().kind === 'newline' || this.is(';')) this.next();
  }

  /** Whether an opening brace comes next, on this line or a later one. */
  braceFollows(): boolean {
    let i = this.at;
    while (this.tokens[i]?.kind === 'newline') i++;
    const token = this.tokens[i];
    return token?.kind === 'punct' && token.text === '{';
  }

  /** Reports a block that is not closed; only the first one, for the others follow from it. */
  unclosed(open: Span): void {
    if (!this.reportedUnclosed)
      this.problems.error('unclosed-block', 'this block is never closed; `}` is missing', spanOf(open));
    this.reportedUnclosed = true;
    // What is not closed reaches to what follows it, so that a cursor behind its last word is still in it.
    this.last = { ...this.last, end: this.peek().start };
  }

  /** Takes an opening brace, which may stand on a line of its own. */
  openBrace(): Token | undefined {
    if (!this.braceFollows()) return undefined;
    while (this.peek().kind === 'newline') this.next().layout |= DROPPED;
    return this.next();
  }

  /** Reads with line breaks meaning nothing, until the matching bracket. */
  inBrackets<T>(read: () => T): T {
    this.brackets++;
    try {
      return read();
    } finally {
      this.brackets--;
    }
  }

  /** Reads a block: line breaks mean something again. */
  inBlock<T>(read: () => T): T {
    const brackets = this.brackets;
    this.brackets = 0;
    try {
      return this.nested(read);
    } finally {
      this.brackets = brackets;
    }
  }

  /** Reads one level deeper; fails past `MAX_DEPTH`. */
  nested<T>(read: () => T): T {
    if (this.depth >= MAX_DEPTH) {
      throw new SyntaxFault('too-deep', `nested more than ${MAX_DEPTH} levels deep`, spanOf(this.peek()));
    }
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }

  /** How far reading has come; grows with every token taken. */
  get mark(): number {
    return this.at;
  }

  /**
   * Goes on after an error in what began at `from`: to the end of the line, over whole blocks, never out of the block
   * it is in. An error that was found only on a later line leaves that line to be read.
   */
  recover(from: number): void {
    if (this.at > from && this.tokens[this.at - 1]?.kind === 'newline') return;
    let open = 0;
    for (;;) {
      const token = this.peek();
      if (token.kind === 'end') return;
      if (open === 0 && this.atEnd()) return;
      if (token.text === '{' && token.kind === 'punct') open++;
      if (token.text === '}' && token.kind === 'punct') open--;
      this.next();
    }
  }

  /** Reports a fault as a problem; anything else is a mistake of ours and goes on up. */
  report(fault: unknown): void {
    if (!(fault instanceof SyntaxFault)) throw fault;
    this.problems.error(fault.code, fault.message, fault.span);
  }
}

/** A missing thing at the end of a line is shown where the line ends, not on the next one. */
function placeOf(token: Token, lastEnd: number): Span {
  if (token.kind === 'newline' || token.kind === 'end') return { start: lastEnd, end: lastEnd };
  return spanOf(token);
}

/** A token as it is named in a message. */
export function show(token: Token): string {
  if (token.kind === 'newline') return 'the end of the line';
  if (token.kind === 'end') return 'the end of the file';
  return `\`${token.text}\``;
}
