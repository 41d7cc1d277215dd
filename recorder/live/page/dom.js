// Elements made of what a caller says.
// Rule: text is only ever text. Nothing here, or anywhere in this folder, reads markup from a string; what a peer chose
// goes through `show`, so that what cannot be seen, or would turn its neighbours around, is seen by its number.

const SVG = 'http://www.w3.org/2000/svg';

/** Controls, marks of direction, what has no width, and halves of pairs; line feeds and tabs are layout. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * A text with everything in it that cannot be seen shown by its number.
 * @param {string} text whatever a peer sent
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
 * @param {Record<string, any>} [given] attributes; `on…` functions listen, null leaves an attribute out, as does false but of `aria-…`
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
 * The element of the page that has this id.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

/**
 * Say something to those who listen to the page instead of looking at it.
 * @param {string} text
 */
export function announce(text) {
  byId('said').textContent = text;
}

/**
 * Put a text on the clipboard, and say so.
 * @param {string} text
 * @param {string} what it is, in a word
 */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // not of this machine, so that the browser has no clipboard to give
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
