// The rows of the timeline, loaded page by page as they come into view.
// Rule: memory is bounded for any length of capture: the least recently viewed pages are dropped.

import { AGAIN, ask, askAll } from './api.js';

/** Rows per request. */
const PAGE = 100;

/** Pages kept in memory. */
const HELD = 60;

/** Most requests at the same time. */
const ASKED = 3;

/** One list of the server, page by page. */
class Pages {
  constructor(query, changed) {
    this.query = query;
    this.changed = changed;
    this.total = 0;
    this.held = new Map();
    this.asked = new Map();
    this.wanted = [];
    this.outdated = new Set();  // pages to load again, also if a request for them is on its way: its answer may be older
    this.error = null;
    this.known = false;
    this.whole = false;  // whether `total` counts all rows: a search goes on while the first are shown
    this.more = false;
    this.again = 0;
  }

  /** Whether the filter has a mistake, so that asking again does not help. */
  get wrong() {
    return (this.error?.at ?? null) !== null;
  }

  /** The page of the last row. */
  get end() {
    return Math.floor(Math.max(0, this.total - 1) / PAGE);
  }

  at(index) {
    return this.held.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Load the rows between two; earlier wishes without a request so far are dropped. */
  want(first, last) {
    this.wanted = [];
    if (this.error) return;
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      const rows = this.held.get(page);
      if (rows) this.hold(page, rows);
      if (!this.asked.has(page) && !this.has(Math.max(first, page * PAGE), Math.min(last, page * PAGE + PAGE - 1, this.total - 1))) this.wanted.push(page);
    }
    this.load();
  }

  has(first, last) {
    for (let index = first; index <= last; index += 1) if (!this.at(index)) return false;
    return last >= first;
  }

  hold(page, rows) {
    this.held.delete(page);
    this.held.set(page, rows);
    while (this.held.size > HELD) this.held.delete(this.held.keys().next().value);
  }

  /** Load again what may have changed in view: the end, and pages with open calls. */
  renew(first, last) {
    if (this.wrong) return;
    this.outdated.add(this.end);
    for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page += 1) {
      const rows = this.held.get(page);
      if (!rows || rows.length < PAGE || rows.some((row) => row.open)) this.outdated.add(page);
    }
    this.load();
  }

  /** Load the last rows. The server decides which these are: a row number would be outdated on arrival. */
  async follow(count) {
    if (this.wrong) return;
    if (this.asked.has('end')) {
      this.more = true;
      return;
    }
    const answer = await this.ask('end', 'end', count);
    answer?.rows.forEach((row, place) => {
      const index = answer.from + place;
      const page = Math.floor(index / PAGE);
      if (!this.held.has(page)) this.hold(page, []);
      this.held.get(page)[index % PAGE] = row;
    });
    this.changed();
    if (this.more) {
      this.more = false;
      this.follow(count);
    }
  }

  load() {
    for (const page of new Set([...this.wanted, ...this.outdated])) {
      if (this.asked.size >= ASKED) return;
      if (this.asked.has(page)) continue;
      this.wanted = this.wanted.filter((one) => one !== page);
      this.outdated.delete(page);
      this.one(page);
    }
  }

  async one(page) {
    const answer = await this.ask(page, page * PAGE, PAGE);
    if (answer) this.hold(page, answer.rows);
    this.changed();
    this.load();
  }

  /** Request rows; null after an error. */
  async ask(name, from, count) {
    const stop = new AbortController();
    this.asked.set(name, stop);
    try {
      const answer = await ask('events', { from, count, ...this.query }, stop.signal);
      this.total = answer.total;
      this.error = null;
      this.known = true;
      this.whole = answer.indexed;
      if (!this.whole) this.later();
      return answer;
    } catch (error) {
      if (error.name !== 'AbortError') this.error = error;
      return null;
    } finally {
      this.asked.delete(name);
    }
  }

  /** Ask again how many rows there are, while the server still searches. */
  later() {
    this.again ||= setTimeout(() => {
      this.again = 0;
      this.outdated.add(this.end);
      this.load();
    }, AGAIN);
  }

  stop() {
    clearTimeout(this.again);
    this.wanted = [];
    this.outdated.clear();
    for (const stop of this.asked.values()) stop.abort();
  }
}

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
    this.main = new Pages({ filter, fold: fold ? 1 : 0 }, changed);
    this.inner = new Pages({ filter, fold: 0 }, changed);
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
    return this.main.known || this.main.error !== null;
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
