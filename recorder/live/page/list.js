// A virtual list: any number of rows of one height; only rows in view are elements.
// Rule: browsers limit an element's height to some 16 million pixels. A list taller than `TALLEST` has a scroll bar that
// is shorter than its rows: a jump moves in proportion, a small step by pixels.

import { h } from './dom.js';

const TALLEST = 8_000_000;

/** Rows drawn above and below those in view. */
const MORE = 6;

/** Milliseconds after a small step until the scroll bar is set to its position in proportion. */
const REST = 150;

export class List {
  /**
   * @param {HTMLElement} host the element that scrolls; it becomes a grid
   * @param {object} given
   * @param {number} given.height of a row, in pixels
   * @param {HTMLElement} given.head the header row
   * @param {(row: HTMLElement, index: number) => void} given.draw fill an element with a row's cells
   * @param {(index: number) => void} [given.moved] called when another row becomes active
   * @param {() => void} [given.scrolled] called when other rows are in view
   */
  constructor(host, { height, head, draw, moved = () => {}, scrolled = () => {} }) {
    Object.assign(this, { host, height, draw, moved, scrolled, head });
    this.total = 0;
    this.top = 0;  // in pixels, of all rows
    this.last = 0;  // where the scroll bar was
    this.active = -1;
    this.elements = new Map();
    this.body = h('div', { class: 'rows', role: 'rowgroup' });
    host.setAttribute('role', 'grid');
    host.tabIndex = 0;
    host.append(h('div', { class: 'head', role: 'rowgroup' }, head), this.body);
    host.addEventListener('scroll', () => this.heard(), { passive: true });
    new ResizeObserver(() => this.render()).observe(host);
    this.resting = 0;
  }

  get room() {
    return Math.max(this.height, this.host.clientHeight - this.head.offsetHeight);
  }

  get tall() {
    return this.total * this.height;
  }

  get drawn() {
    return Math.min(this.tall, TALLEST);
  }

  /** Pixels of rows per pixel of the scroll bar. */
  get share() {
    return this.tall <= TALLEST ? 1 : (this.tall - this.room) / (TALLEST - this.room);
  }

  /** The first row that is drawn. */
  get first() {
    return Math.max(0, Math.min(this.total - 1, Math.floor(this.top / this.height)) - MORE);
  }

  /** The last row that is drawn. */
  get until() {
    return Math.max(0, Math.min(this.total, Math.ceil((this.top + this.room) / this.height) + MORE) - 1);
  }

  /** How many rows are drawn. */
  get held() {
    return Math.ceil(this.room / this.height) + 2 * MORE;
  }

  /** Whether the last row is in view. */
  get atEnd() {
    return this.top + this.room >= this.tall - this.height / 2;
  }

  heard() {
    const moved = this.host.scrollTop - this.last;
    if (!moved) return;
    this.last = this.host.scrollTop;
    if (this.share === 1) this.top = this.last;
    else if (Math.abs(moved) < this.room) this.top = this.within(this.top + moved);
    else this.top = this.within(this.last * this.share);
    clearTimeout(this.resting);
    if (this.share !== 1) this.resting = setTimeout(() => this.settle(), REST);
    this.render();
    this.scrolled();
  }

  within(top) {
    return Math.max(0, Math.min(top, this.tall - this.room));
  }

  /** Set the scroll bar to the position of the rows. */
  settle() {
    const wanted = this.top / this.share;
    if (Math.abs(this.host.scrollTop - wanted) >= 1) this.host.scrollTop = wanted;
    this.last = this.host.scrollTop;
    if (this.share === 1) this.top = this.last;
    this.render();
  }

  /**
   * Set the number of rows, and redraw them.
   * @param {number} total
   * @param {boolean} [stick] whether to keep the last row in view
   */
  resize(total, stick = false) {
    this.total = total;
    this.body.style.height = `${this.drawn}px`;
    this.host.setAttribute('aria-rowcount', `${total + 1}`);
    if (this.active >= total) this.active = total - 1;
    this.top = stick ? this.within(this.tall) : this.within(this.top);
    for (const [index, element] of this.elements) {
      if (index < total) {
        this.draw(element, index);
      } else {
        element.remove();
        this.elements.delete(index);
      }
    }
    this.settle();
  }

  /**
   * Scroll a row into view.
   * @param {number} index
   * @param {boolean} [centre] to the middle, instead of the shortest way
   */
  reveal(index, centre = false) {
    const at = index * this.height;
    if (centre && (at < this.top || at + this.height > this.top + this.room)) {
      this.top = this.within(at - (this.room - this.height) / 2);
    } else if (at < this.top) {
      this.top = this.within(at);
    } else if (at + this.height > this.top + this.room) {
      this.top = this.within(at + this.height - this.room);
    }
    this.settle();
    this.scrolled();
  }

  /**
   * Make a row the active one.
   * @param {number} index
   * @param {boolean} [centre]
   */
  activate(index, centre = false) {
    if (!this.total) return;
    const wanted = Math.max(0, Math.min(index, this.total - 1));
    const before = this.active;
    this.active = wanted;
    this.reveal(wanted, centre);
    if (wanted !== before) this.moved(wanted);
  }

  /** Draw the rows in view. */
  render() {
    const first = this.first;
    const last = this.total ? this.until : -1;
    const offset = this.host.scrollTop - this.top;
    for (const [index, element] of this.elements) {
      if (index < first || index > last) {
        element.remove();
        this.elements.delete(index);
      }
    }
    for (let index = first; index <= last; index += 1) {
      let element = this.elements.get(index);
      if (!element) {
        element = h('div', { class: 'row', role: 'row', id: `${this.host.id}-${index}`, 'aria-rowindex': index + 2 });
        element.dataset.index = `${index}`;
        this.draw(element, index);
        this.elements.set(index, element);
        this.put(element, index);
      }
      const place = `translateY(${index * this.height + offset}px)`;
      if (element.style.transform !== place) element.style.transform = place;
      const active = index === this.active;
      element.classList.toggle('active', active);
      element.setAttribute('aria-selected', `${active}`);
    }
    if (this.elements.has(this.active)) {
      this.host.setAttribute('aria-activedescendant', this.elements.get(this.active).id);
    } else {
      this.host.removeAttribute('aria-activedescendant');
    }
  }

  /** Insert a row in order, for screen readers. */
  put(element, index) {
    let after = this.body.lastElementChild;
    while (after && Number(after.dataset.index) > index) after = after.previousElementSibling;
    if (after) after.after(element);
    else this.body.prepend(element);
  }

  /** Redraw the rows in view. */
  redraw() {
    for (const [index, element] of this.elements) this.draw(element, index);
    this.render();
  }

  /**
   * The row of a mouse event, or -1.
   * @param {Event} event
   * @returns {number}
   */
  rowOf(event) {
    const element = event.target instanceof Element ? event.target.closest('.row[data-index]') : null;
    return element && this.body.contains(element) ? Number(element.dataset.index) : -1;
  }

  /**
   * Move by a key.
   * @param {string} key
   * @returns {boolean} whether the key moves
   */
  move(key) {
    const page = Math.max(1, Math.floor(this.room / this.height) - 1);
    const from = this.active < 0 ? Math.ceil(this.top / this.height) - 1 : this.active;
    const steps = {
      ArrowDown: from + 1, j: from + 1, ArrowUp: from - 1, k: from - 1,
      PageDown: from + page, PageUp: from - page, Home: 0, g: 0, End: this.total - 1, G: this.total - 1,
    };
    if (!(key in steps)) return false;
    this.activate(steps[key]);
    return true;
  }
}
