// Makes HTML and SVG elements.
// Rule: a text is never parsed as markup, here or anywhere in this folder. Every text of a peer goes through `show`,
// which writes invisible characters and text direction marks as their code points.

const SVG = 'http://www.w3.org/2000/svg';

/** Control characters, direction marks, zero-width characters, lone surrogates; line feeds and tabs are left as they are. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A text with its invisible characters written as code points.
 * @param {string} text of a peer
 * @returns {DocumentFragment}
 */
export function show(text) {
  const made = document.createDocumentFragment();
  let done = 0;
  for (const found of text.matchAll(UNSEEN)) {
    made.append(text.slice(done, found.index));
    const number = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    made.append(h('span', { class: 'unseen', title: `U+${number}` }, `U+${number}`));
    done = found.index + 1;
  }
  made.append(text.slice(done));
  return made;
}

/**
 * An element of HTML.
 * @param {string} tag
 * @param {Record<string, any>} [given] attributes; `on…` adds a listener; null leaves the attribute out, and so does false, except for `aria-…`
 * @param {...(Node | string | number | null | undefined | false)} inside
 * @returns {HTMLElement}
 */
export function h(tag, given = {}, ...inside) {
  return fill(document.createElement(tag), given, inside);
}

/**
 * An element of SVG.
 * @param {string} tag
 * @param {Record<string, any>} [given]
 * @param {...(Node | string | number | null | undefined | false)} inside
 * @returns {SVGElement}
 */
export function s(tag, given = {}, ...inside) {
  return fill(document.createElementNS(SVG, tag), given, inside);
}

function fill(element, given, inside) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    if (typeof value === 'boolean' && name.startsWith('aria-')) element.setAttribute(name, `${value}`);
    else if (value === false) continue;
    else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : `${value}`);
  }
  for (const item of inside) {
    if (item === null || item === undefined || item === false) continue;
    element.append(typeof item === 'number' ? `${item}` : item);
  }
  return element;
}

/**
 * The element with this id.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

/**
 * Announce a text to screen readers.
 * @param {string} text
 */
export function announce(text) {
  byId('said').textContent = text;
}

/**
 * Copy a text to the clipboard, and confirm it.
 * @param {string} text
 * @param {string} what the text is, in a word
 */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // the clipboard API needs localhost or HTTPS
    const field = h('textarea', { class: 'aside', 'aria-hidden': 'true' });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
  toast(`Copied: ${what}`);
}

let fading = 0;

/**
 * Show a line for a moment.
 * @param {string} text
 */
export function toast(text) {
  const place = byId('toast');
  place.textContent = text;
  place.hidden = false;
  announce(text);
  clearTimeout(fading);
  fading = setTimeout(() => { place.hidden = true; }, 2500);
}
