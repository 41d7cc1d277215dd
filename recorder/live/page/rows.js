// The rows of the timeline, with the unfolded runs inserted.

import { askAll } from './api.js';
import { Pages } from './pages.js';

/**
 * The rows as they are shown: those of the server, with the unfolded runs inserted.
 */
export class Rows {
  /**
   * @param {string} filter
   * @param {boolean} fold
   * @param {() => void} changed called when rows have been loaded
   */
  constructor(filter, fold, changed) {
    this.filter = filter;
    this.main = new Pages('events', { filter, fold: fold ? 1 : 0 }, changed);
    this.inner = new Pages('events', { filter, fold: 0 }, changed);
    /** @type {{at: number, n: number, first: number, times: number}[]} */
    this.opened = [];
    this.changed = changed;
  }

  /** How many rows there are. */
  get total() {
    return this.opened.reduce((sum, run) => sum + run.times, this.main.total);
  }

  /** Whether the first response has come. */
  get ready() {
    return this.main.answer !== null || this.main.error !== null;
  }

  /** Whether all rows are counted. */
  get whole() {
    return this.main.whole;
  }

  /** Why no rows could be loaded, or null. */
  get error() {
    return this.main.error;
  }

  place(index) {
    let before = 0;
    for (const run of this.opened) {
      const start = run.at + before;
      if (index <= start) break;
      if (index <= start + run.times) return { list: this.inner, index: run.first + index - start - 1, inside: true };
      before += run.times;
    }
    return { list: this.main, index: index - before, inside: false };
  }

  /**
   * A row, if it is loaded.
   * @param {number} index
   * @returns {import('./api.js').Row | undefined}
   */
  at(index) {
    const place = this.place(index);
    return place.list.at(place.index);
  }

  /** Whether a row is in an unfolded run. */
  inside(index) {
    return this.place(index).inside;
  }

  /** Whether a row is the first of an unfolded run. */
  isOpened(row) {
    return this.opened.some((run) => run.n === row.n);
  }

  each(first, last, use) {
    for (const list of [this.main, this.inner]) {
      let [from, to] = [null, null];
      for (let index = first; index <= last; index += 1) {
        const place = this.place(index);
        if (place.list !== list) continue;
        from ??= place.index;
        to = place.index;
      }
      if (from !== null) use(list, from, to);
    }
  }

  /** Load the rows between two. */
  want(first, last) {
    this.each(first, Math.max(first, last), (list, from, to) => list.want(from, to));
  }

  /** Load what is new on the server. */
  renew(first, last) {
    const seen = new Set();
    this.each(first, Math.max(first, last), (list, from, to) => {
      seen.add(list);
      list.renew(from, to);
    });
    if (!seen.has(this.main)) this.main.renew(this.main.total, this.main.total);
  }

  /**
   * Unfold or fold the run of a row.
   * @param {number} index
   */
  async toggle(index) {
    const row = this.at(index);
    const place = this.place(index);
    if (!row || place.inside || row.times < 2) return;
    if (this.isOpened(row)) {
      this.opened = this.opened.filter((run) => run.n !== row.n);
    } else {
      const { row: first } = await askAll('position', { event: row.n, filter: this.filter, fold: 0 });
      this.opened = [...this.opened, { at: place.index, n: row.n, first, times: row.times }];
      this.opened.sort((one, other) => one.at - other.at);
    }
    this.changed();
  }

  /**
   * The row of an event, or the nearest.
   * @param {number} event
   * @returns {Promise<number>}
   */
  async find(event) {
    const { row } = await askAll('position', { event, ...this.main.query });
    return row + this.opened.reduce((sum, run) => sum + (run.at < row ? run.times : 0), 0);
  }

  /**
   * Load the last rows.
   * @param {number} count rows in view; no more, because each costs the server time
   */
  end(count) {
    this.main.follow(count);
  }

  /** Cancel all requests. */
  stop() {
    this.main.stop();
    this.inner.stop();
  }
}
