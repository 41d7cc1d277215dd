// The filter box, with its suggestions and the position of a mistake.

import { byId, h, show } from './dom.js';
import { change, state } from './state.js';
import { count } from './words.js';

/** Milliseconds after the last key until the filter is applied. */
const PAUSE = 200;

/** Suggestions that are shown at once. */
const SHOWN = 9;

const WORDS = [
  ['method:', 'methods, as in method:channels.*'],
  ['party:', 'the name of a party'],
  ['session:', 'the number of a session'],
  ['kind:', 'request, answer, push, error, control'],
  ['error:', 'errors and refused connections'],
  ['open:', 'requests without an answer'],
  ['odd:', 'unexpected messages: no request, another id, id in use'],
  ['slow:', 'slow answers, as in slow:>500ms'],
  ['path:', 'a value at a path, as in path:params.amount>10'],
];
const KINDS = ['request', 'answer', 'push', 'error', 'control'];
const SLOW = ['>100ms', '>500ms', '>1s', '>5s'];

/**
 * The terms of a filter, in order.
 * @param {string} filter
 * @returns {string[]}
 */
export const terms = (filter) => filter.match(/(?:"(?:[^"\\]|\\.)*"?|\S)+/g) ?? [];

/**
 * A term for a name.
 * @param {string} word `method` or `party`
 * @param {string} name
 * @returns {string}
 */
export const term = (word, name) => `${word}:${/[\s"*?\\]/.test(name) || !name ? `"${name.replace(/["\\]/g, '\\$&')}"` : name}`;

/**
 * Add a term to a filter, in place of others with the same word; or remove it, if it is there.
 * @param {string} filter
 * @param {string} wanted
 * @returns {string}
 */
export function toggled(filter, wanted) {
  const word = wanted.slice(0, wanted.indexOf(':') + 1);
  const all = terms(filter);
  if (all.includes(wanted)) return all.filter((one) => one !== wanted).join(' ');
  return [...all.filter((one) => !one.startsWith(word)), wanted].join(' ');
}

export class Find {
  /** @param {() => import('./api.js').Capture} capture the newest state */
  constructor(capture) {
    this.capture = capture;
    this.field = byId('find');
    this.list = byId('suggestions');
    this.problem = byId('problem');
    this.at = -1;
    this.field.value = state.filter;
    this.field.addEventListener('input', () => this.typed());
    this.field.addEventListener('keydown', (event) => this.pressed(event));
    this.field.addEventListener('blur', () => this.close());
    this.list.addEventListener('mousedown', (event) => {
      event.preventDefault();
      const option = event.target.closest('[role=option]');
      if (option) this.take(Number(option.dataset.index));
    });
    byId('clear').addEventListener('click', () => { change({ filter: '' }); this.field.focus(); });
    document.addEventListener('filtered', (event) => this.judge(event.detail));
  }

  /** Show the filter of the state. */
  follow() {
    if (this.field.value.trim() !== state.filter) this.field.value = state.filter;
    byId('clear').hidden = !state.filter;
  }

  typed() {
    this.suggest();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.apply(), PAUSE);
  }

  apply() {
    clearTimeout(this.waiting);
    const filter = this.field.value.trim();
    if (filter !== state.filter) change({ filter }, !state.filter || !filter);
  }

  /** Show the mistake in the filter, if there is one. */
  judge(error) {
    const wrong = error?.at ?? null;
    this.field.setAttribute('aria-invalid', `${wrong !== null}`);
    this.problem.hidden = wrong === null;
    if (wrong === null) return;
    const lead = this.field.value.length - this.field.value.trimStart().length;
    this.problem.style.setProperty('--at', `${Math.min(wrong + lead, 200)}`);
    this.problem.replaceChildren(h('span', { class: 'caret', 'aria-hidden': 'true' }, '▲'), show(error.message));
  }

  /** The term at the cursor, and where it begins. */
  term() {
    const before = this.field.value.slice(0, this.field.selectionStart);
    const found = /(?:"[^"]*"?|[^\s"])*$/.exec(before);
    return { start: found.index, text: found[0], end: before.length };
  }

  options(text) {
    const minus = text.startsWith('-') ? '-' : '';
    const bare = text.slice(minus.length);
    const [, word, rest] = /^(\w+:)(.*)$/.exec(bare) ?? [];
    const { methods, parties } = this.capture();
    const has = (name) => name.toLowerCase().includes((rest ?? '').replaceAll('"', '').toLowerCase());
    const named = (names, key) => names.filter(({ name }) => has(name)).map((one) => [minus + term(key, one.name), count(one.count ?? one.frames)]);
    if (word === 'method:') return named(methods, 'method');
    if (word === 'party:') return named(parties, 'party');
    if (word === 'kind:') return KINDS.filter(has).map((kind) => [`${minus}kind:${kind}`, '']);
    if (word === 'slow:') return SLOW.filter(has).map((slow) => [`${minus}slow:${slow}`, '']);
    if (word) return [];
    return [
      ...WORDS.filter(([name]) => name.startsWith(bare.toLowerCase())).map(([name, what]) => [minus + name, what]),
      ...(bare.length > 1 ? methods.filter(({ name }) => name.toLowerCase().includes(bare.toLowerCase())).slice(0, 4)
        .map((one) => [minus + term('method', one.name), count(one.count)]) : []),
    ];
  }

  suggest(always = false) {
    const { text } = this.term();
    const all = text || always ? this.options(text) : [];
    this.shown = all.filter(([given]) => given !== text).slice(0, SHOWN);
    this.at = -1;
    this.list.replaceChildren(...this.shown.map(([given, what], index) => h('li', {
      role: 'option', id: `suggestion-${index}`, 'data-index': index, 'aria-selected': 'false',
    }, h('b', {}, show(given)), h('span', {}, what))));
    this.field.setAttribute('aria-expanded', `${this.shown.length > 0}`);
    this.list.hidden = !this.shown.length;
    this.field.removeAttribute('aria-activedescendant');
  }

  choose(index) {
    this.at = index;
    [...this.list.children].forEach((option, place) => option.setAttribute('aria-selected', `${place === index}`));
    if (index < 0) this.field.removeAttribute('aria-activedescendant');
    else this.field.setAttribute('aria-activedescendant', `suggestion-${index}`);
  }

  take(index) {
    const { start, end } = this.term();
    const [given] = this.shown[index];
    const value = this.field.value;
    const done = !given.endsWith(':') || /^-?(error|open|odd):$/.test(given);
    const put = given + (done ? ' ' : '');
    this.field.value = value.slice(0, start) + put + value.slice(end).trimStart();
    this.field.setSelectionRange(start + put.length, start + put.length);
    if (done) this.close();
    else this.suggest();
    this.apply();
  }

  close() {
    this.list.hidden = true;
    this.field.setAttribute('aria-expanded', 'false');
    this.choose(-1);
  }

  pressed(event) {
    const open = !this.list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) this.suggest(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      if (this.shown.length) this.choose((this.at + step + this.shown.length + (this.at < 0 && step < 0 ? 1 : 0)) % this.shown.length);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && open && this.at >= 0) {
      event.preventDefault();
      this.take(this.at);
    } else if (event.key === 'Enter') {
      this.close();
      this.apply();
      byId('rows').focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (open) this.close();
      else if (this.field.value) change({ filter: '' });
      else byId('rows').focus();
      if (!open && !state.filter) this.field.value = '';
    }
  }
}
