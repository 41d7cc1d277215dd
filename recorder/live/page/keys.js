// The keyboard: a table of what each key does, which the page shows when asked.
// Rule: a key that is not in the table does nothing, and none does anything where somebody writes.

import { byId, h } from './dom.js';

/**
 * @typedef {object} Key
 * @property {string[]} keys as the browser names them
 * @property {string} does
 * @property {(key: string) => void} run
 * @property {() => boolean} [when] whether it does anything now
 */

const NAMES = { ArrowDown: '↓', ArrowUp: '↑', ' ': 'Space', PageDown: 'Page ↓', PageUp: 'Page ↑' };

/**
 * Listen.
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

/** Buttons and links are pressed with these, and summaries; that comes first. */
const pressed = (event) => (event.key === 'Enter' || event.key === ' ') && event.target instanceof Element
  && event.target.matches('button, a, summary');
