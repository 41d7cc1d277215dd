// A JSON value as a tree that folds.
// Rule: lines are made when their parent is unfolded, a limited number at a time, for any size and depth of the value.

import { copy, h, show } from './dom.js';
import { inner, plain, read } from './json.js';
import { count } from './words.js';

/** Lines that one step of unfolding adds. */
const CHUNK = 100;

/** Lines that are shown at first. */
const FIRST = 150;

/** Characters of a text that are shown at first. */
const LONG = 600;

/** Most levels of indentation. */
const DEEP = 24;

/**
 * @typedef {object} Line
 * @property {HTMLElement} element
 * @property {import('./json.js').Value} value
 * @property {string} path
 * @property {number} level from 1
 * @property {boolean} open
 * @property {() => void} [more] of a line `… N more`: shows these lines
 */

/** The value of a line `… N more`: it does not fold and cannot be copied. */
const REST = { type: 'word', start: 0, end: 0, inside: [] };

export class Tree {
  /**
   * @param {string} text of a payload
   * @param {{path: string, text: string}[]} decoded its encoded texts, decoded
   */
  constructor(text, decoded) {
    this.text = text;
    this.decoded = new Map(decoded.map((item) => [item.path, item.text]));
    /** @type {Map<HTMLElement, Line>} */
    this.lines = new Map();
    const { value, whole } = read(text);
    Object.assign(this, { value, whole });
    this.element = h('div', { class: 'tree', role: 'tree', 'aria-label': 'Payload' });
    if (!value) return;
    this.put(null, '', value, 1, null);
    this.unfoldFirst();
    this.element.addEventListener('click', (event) => this.clicked(event));
    this.element.addEventListener('keydown', (event) => this.pressed(event));
    this.element.addEventListener('focusin', (event) => this.focused(event));
    this.element.firstElementChild.tabIndex = 0;
  }

  /** Whether there is anything to show. */
  get readable() {
    return this.lines.size > 0;
  }

  unfoldFirst() {
    let level = [...this.lines.values()];
    while (level.length) {
      const next = [];
      for (const line of level) {
        if (!line.value.inside.length || this.lines.size + line.value.inside.length > FIRST) continue;
        next.push(...this.unfold(line));
      }
      level = next;
    }
  }

  /** Add a line, after another element or at the end. */
  put(key, path, value, level, after) {
    const folds = value.inside.length > 0;
    const element = h('div', {
      class: 'line', role: 'treeitem', tabindex: -1, 'aria-level': level, 'aria-expanded': folds ? false : null,
    });
    element.style.setProperty('--level', `${Math.min(level - 1, DEEP)}`);
    const line = { element, value, path, level, open: false };
    element.append(h('span', { class: 'fold', 'aria-hidden': 'true' }));
    if (key !== null) element.append(h('span', { class: typeof key === 'number' ? 'index' : 'key' }, show(`${key}`)), ': ');
    element.append(...this.shown(line), this.tools());
    this.lines.set(element, line);
    if (after) after.after(element);
    else this.element.append(element);
    let last = element;
    const meaning = this.decoded.get(path);
    if (meaning !== undefined && value.type === 'string') {
      last = h('pre', { class: 'decoded', role: 'none' }, show(meaning));
      last.style.setProperty('--level', `${Math.min(level, DEEP)}`);
      element.after(last);
    }
    return { line, last };
  }

  shown({ value }) {
    if (value.type === 'object' || value.type === 'array') {
      const [begin, end] = value.type === 'object' ? '{}' : '[]';
      const many = value.inside.length;
      return [h('span', { class: 'sign' }, many ? begin : begin + end), many ? h('span', { class: 'many' }, `… ${count(many)} ${end}`) : ''];
    }
    const lexeme = this.text.slice(value.start, value.end);
    if (lexeme.length <= LONG) return [h('span', { class: value.type }, show(lexeme))];
    const more = h('button', { type: 'button', class: 'more', tabindex: -1 }, `… all ${count(lexeme.length)} characters`);
    const words = h('span', { class: value.type }, show(lexeme.slice(0, LONG)));
    more.addEventListener('click', (event) => {
      event.stopPropagation();
      words.replaceChildren(show(lexeme));
      more.remove();
    });
    return [words, more];
  }

  tools() {
    return h('span', { class: 'tools' },
      h('button', { type: 'button', tabindex: -1, 'data-copies': 'value', title: 'Copy the value (c)' }, 'value'),
      h('button', { type: 'button', tabindex: -1, 'data-copies': 'path', title: 'Copy the path (p)' }, 'path'));
  }

  /** Show the members of a value; returns their lines. */
  unfold(line, from = 0) {
    const { value, path, level, element } = line;
    line.open = true;
    element.setAttribute('aria-expanded', 'true');
    let after = from ? this.end(line) : element;
    const made = [];
    for (const { key, value: member } of value.inside.slice(from, from + CHUNK)) {
      const { line: put, last } = this.put(key, inner(path, key), member, level + 1, after);
      made.push(put);
      after = last;
    }
    const left = value.inside.length - from - CHUNK;
    if (left > 0) after.after(this.rest(line, from + CHUNK, left));
    return made;
  }

  /** A line `… N more` for those that are not shown yet. */
  rest(line, from, left) {
    const element = h('div', { class: 'line rest', role: 'treeitem', tabindex: -1, 'aria-level': line.level + 1 },
      h('span', { class: 'more' }, `… ${count(left)} more`));
    element.style.setProperty('--level', `${Math.min(line.level, DEEP)}`);
    const more = () => {
      this.lines.delete(element);
      const focused = element === document.activeElement;
      element.remove();
      const [first] = this.unfold(line, from);
      if (focused) first.element.focus();
    };
    this.lines.set(element, { element, value: REST, path: '', level: line.level + 1, open: false, more });
    return element;
  }

  /** The last element of a line's value. */
  end(line) {
    let last = line.element;
    while (last.nextElementSibling && (this.lines.get(last.nextElementSibling)?.level ?? Infinity) > line.level) {
      last = last.nextElementSibling;
    }
    return last;
  }

  fold(line) {
    const last = this.end(line);
    for (let next; last !== line.element && next !== last;) {
      next = line.element.nextElementSibling;
      this.lines.delete(next);
      next.remove();
    }
    line.open = false;
    line.element.setAttribute('aria-expanded', 'false');
  }

  toggle(line) {
    if (line.more) line.more();
    else if (!line.value.inside.length) return;
    else if (line.open) this.fold(line);
    else this.unfold(line);
  }

  clicked(event) {
    const element = event.target.closest('.line');
    const line = this.lines.get(element);
    if (!line) return;
    const copies = event.target.closest('[data-copies]')?.dataset.copies;
    if (copies) this.copies(line, copies);
    else if (String(getSelection()) === '') this.toggle(line);
  }

  copies(line, what) {
    if (what === 'path') {
      copy(line.path, line.path || 'path');
      return;
    }
    const lexeme = this.text.slice(line.value.start, line.value.end);
    copy(line.value.type === 'string' ? plain(lexeme) : lexeme, line.path || 'payload');
  }

  focused(event) {
    if (!this.lines.has(event.target)) return;
    for (const element of this.element.querySelectorAll('[tabindex="0"]')) element.tabIndex = -1;
    event.target.tabIndex = 0;
  }

  pressed(event) {
    const line = this.lines.get(document.activeElement);
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    const ordered = [...this.element.querySelectorAll('.line')];
    const at = ordered.indexOf(line.element);
    const go = (element) => element?.focus();
    const acts = {
      ArrowDown: () => go(ordered[at + 1]),
      ArrowUp: () => go(ordered[at - 1]),
      Home: () => go(ordered[0]),
      End: () => go(ordered.at(-1)),
      ArrowRight: () => (line.value.inside.length && !line.open ? this.unfold(line) : go(ordered[at + 1])),
      ArrowLeft: () => (line.open ? this.fold(line) : go(ordered.slice(0, at).findLast((one) => this.lines.get(one).level < line.level))),
      Enter: () => this.toggle(line),
      ' ': () => this.toggle(line),
      c: () => this.copies(line, 'value'),
      p: () => this.copies(line, 'path'),
    };
    if (!(event.key in acts)) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  /** Decoded texts that are not in the tree, because the payload was cut. */
  get elsewhere() {
    return [...this.decoded].filter(([path]) => !has(this.value, path)).map(([path, text]) => ({ path, text }));
  }
}

function has(value, path) {
  let [here, at] = [value, ''];
  while (here && at !== path) {
    const next = here.inside.find(({ key }) => {
      const name = inner(at, key);
      return path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
    });
    at = next ? inner(at, next.key) : at;
    here = next?.value;
  }
  return here?.type === 'string';
}
