/** Markup that cannot be broken out of: a tagged template that escapes everything that is not markup already. */

import { toUSVString } from 'node:util';

/** Text that is known to be well-formed markup. Made by `html` and `raw` only. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Content = Markup | string | number | null | undefined | false | readonly Content[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Terminal escapes and other controls, marks that turn the direction of what follows, characters without a width. */
const UNSEEN = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The same text with everything that hides or reorders shown as what it is: `␛`, `‹U+202E›`. */
export function visible(text: string): string {
  return toUSVString(text).replace(UNSEEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return `‹U+${code.toString(16).toUpperCase().padStart(4, '0')}›`;
  });
}

/** Safe as text and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

function render(content: Content): string {
  if (content === null || content === undefined || content === false) return '';
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(render).join('');
  return escapeHtml(String(content));
}

/** Markup with every value escaped; arrays are joined; null, undefined and false leave nothing. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Markup {
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    text += render(value) + (strings[index + 1] ?? '');
  });
  return new Markup(text);
}

/** Takes `text` as markup: for what this program wrote itself, never for what it read. */
export function raw(text: string): Markup {
  return new Markup(text);
}

/** Foreign text in its own direction, so that it cannot rearrange its neighbours. */
export function bdi(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

/** JSON for a `<script type="application/json">`: no `<` that could end the element. */
export function jsonData(value: unknown): Markup {
  return raw(
    JSON.stringify(value)
      .replace(/</g, '\\u003c')
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}
