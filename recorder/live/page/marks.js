// Marks put into the capture while it is written: a scenario begins, somebody notes something. And exports of it.

import { address, tell } from './api.js';
import { byId, h, show, toast } from './dom.js';
import { state } from './state.js';

const EXPORTS = [
  ['markdown', 'Transcript', 'Markdown'], ['capture', 'Capture', '.jsonl'], ['html', 'Page', '.html'],
  ['summary', 'Summary', 'Markdown'], ['sequence', 'Sequence diagram', 'Mermaid'],
];

/**
 * Let somebody begin a scenario or write a note.
 * @param {() => import('./api.js').Capture} capture
 */
export function readyMarks(capture) {
  ready('scenario', (words) => ({ name: words.name }), () => {});
  ready('note', (words) => ({ text: words.text, party: words.party }), (form) => {
    form.elements.party.replaceChildren(
      h('option', { value: '' }, 'nobody in particular'),
      ...capture().parties.map(({ name }) => h('option', { value: name }, show(name))));
  });
}

function ready(name, body, prepare) {
  const dialog = byId(`${name}-dialog`);
  const form = dialog.querySelector('form');
  const problem = dialog.querySelector('.problem');
  byId(`mark-${name}`).addEventListener('click', () => {
    form.reset();
    problem.textContent = '';
    prepare(form);
    dialog.showModal();
  });
  dialog.querySelector('.cancel').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      await tell(name, body(Object.fromEntries(new FormData(form))));
      dialog.close();
      toast(name === 'note' ? 'Noted' : 'The scenario has begun');
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}

/** Close the menu of exports, where it is open; whether it was. */
export function closeExports() {
  const was = byId('exports-menu').open;
  byId('exports-menu').open = false;
  return was;
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('#exports-menu')) closeExports();
});

/** Show what can be saved of what the filter lets through. */
export function drawExports() {
  byId('exports').replaceChildren(...EXPORTS.map(([format, name, form]) => h('li', {},
    h('a', { href: address('export', { format, filter: state.filter }), download: true }, h('b', {}, name), h('span', {}, form)))));
}
