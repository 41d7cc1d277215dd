// The keyboard: a table of keys, which `?` shows.
// Rule: a key works only if it is in the table, and never while somebody types into a field.

import { byId, h } from './dom.js';

/**
 * @typedef {object} Key
 * @property {string[]} keys as the browser names them
 * @property {string} does
 * @property {(key: string) => void} run
 * @property {() => boolean} [when] whether it works now
 */

const NAMES = { ArrowDown: '↓', ArrowUp: '↑', ' ': 'Space', PageDown: 'Page ↓', PageUp: 'Page ↑' };

/**
 * Handle the keys, and fill the dialog that lists them.
 * @param {{title: string, keys: Key[]}[]} groups
 */
export function readyKeys(groups) {
  const all = groups.flatMap((group) => group.keys);
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (document.querySelector('dialog[open]') || writes(event.target)) return;
    if (pressed(event)) return;
    const key = all.find((one) => one.keys.includes(event.key) && (one.when?.() ?? true));
    if (!key) return;
    event.preventDefault();
    key.run(event.key);
  });
  byId('keys-list').replaceChildren(...groups.map((group) => h('section', {}, h('h3', {}, group.title),
    h('dl', {}, ...group.keys.flatMap((one) => [
      h('dt', {}, ...one.keys.map((key) => h('kbd', {}, NAMES[key] ?? key))), h('dd', {}, one.does)])))));
  byId('help').addEventListener('click', () => byId('keys-dialog').showModal());
  byId('keys-dialog').querySelector('.cancel').addEventListener('click', () => byId('keys-dialog').close());
}

const writes = (target) => target instanceof Element && target.matches('input, textarea, select');

/** Enter and Space press a focused button, link or summary; that goes first. */
const pressed = (event) => (event.key === 'Enter' || event.key === ' ') && event.target instanceof Element
  && event.target.matches('button, a, summary');
