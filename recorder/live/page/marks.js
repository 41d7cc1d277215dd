// Adds scenarios and notes to the capture while it is recorded, and lists the exports.

import { address, tell } from './api.js';
import { byId, h, show, toast } from './dom.js';
import { state } from './state.js';

const EXPORTS = [
  ['markdown', 'Transcript', 'Markdown'], ['capture', 'Capture', '.jsonl'], ['html', 'Page', '.html'],
  ['summary', 'Summary', 'Markdown'], ['sequence', 'Sequence diagram', 'Mermaid'],
];

/**
 * Prepare the dialogs for scenarios and notes.
 * @param {() => import('./api.js').Capture} capture
 */
export function readyMarks(capture) {
  ready('scenario');
  ready('note', (form) => {
    form.elements.party.replaceChildren(
      h('option', { value: '' }, 'none'),
      ...capture().parties.map(({ name }) => h('option', { value: name }, show(name))));
  });
}

function ready(name, prepare = () => {}) {
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
      await tell(name, Object.fromEntries(new FormData(form)));
      dialog.close();
      toast(name === 'note' ? 'Note added' : 'Scenario begun');
    } catch (error) {
      problem.textContent = error.message;
    }
  });
}

/** Close the export menu; returns whether it was open. */
export function closeExports() {
  const was = byId('exports-menu').open;
  byId('exports-menu').open = false;
  return was;
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('#exports-menu')) closeExports();
});

/** Fill the export menu; exports contain the events that match the filter. */
export function drawExports() {
  byId('exports').replaceChildren(...EXPORTS.map(([format, name, form]) => h('li', {},
    h('a', { href: address('export', { format, filter: state.filter }), download: true }, h('b', {}, name), h('span', {}, form)))));
}
