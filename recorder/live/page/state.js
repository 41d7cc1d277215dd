// What is looked at, as the page's address has it: each state is a link.
// Rule: whoever changes it calls `change`, whoever shows it listens with `watch`; nothing keeps a second copy.

/**
 * @typedef {object} State
 * @property {'timeline' | 'health' | 'diagram' | 'compare'} view
 * @property {string} filter
 * @property {number | null} event the one that is open
 * @property {boolean} fold whether runs of like frames are one row
 * @property {'clock' | 'begin' | 'before'} time
 */

/** @type {State} */
const START = { view: 'timeline', filter: '', event: null, fold: true, time: 'clock' };

/** @type {((state: State, before: State) => void)[]} */
const watchers = [];

/** @type {State} */
export let state = read();

function read() {
  const words = new URLSearchParams(location.hash.slice(1));
  const event = words.get('event') ?? '';
  return {
    view: known(words.get('view'), ['health', 'diagram', 'compare'], START.view),
    filter: words.get('filter') ?? '',
    event: /^\d{1,15}$/.test(event) ? Number(event) : null,
    fold: words.get('fold') !== '0',
    time: known(words.get('time'), ['begin', 'before'], START.time),
  };
}

function known(word, words, otherwise) {
  return words.includes(word) ? word : otherwise;
}

/**
 * The address of a state that differs from this one.
 * @param {Partial<State>} given
 * @returns {string}
 */
export function link(given) {
  const wanted = { ...state, ...given };
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) {
    if (value !== START[name]) words.set(name, name === 'fold' ? '0' : `${value}`);
  }
  return `#${words}`;
}

/**
 * Look at something else.
 * @param {Partial<State>} given
 * @param {boolean} [step] whether the browser's Back leads here again
 */
export function change(given, step = true) {
  const before = state;
  const address = link(given);
  state = { ...state, ...given };
  if (address !== (location.hash || '#')) history[step ? 'pushState' : 'replaceState'](null, '', address);
  for (const watcher of watchers) watcher(state, before);
}

/**
 * Hear of each change.
 * @param {(state: State, before: State) => void} watcher
 */
export function watch(watcher) {
  watchers.push(watcher);
}

addEventListener('hashchange', () => {
  const before = state;
  state = read();
  for (const watcher of watchers) watcher(state, before);
});
