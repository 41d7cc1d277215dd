// The state of the page, kept in its address: each state is a link.
// Rule: change it with `change`, observe it with `watch`; there is no second copy.

/**
 * @typedef {object} State
 * @property {'timeline' | 'health' | 'diagram' | 'compare'} view
 * @property {string} filter
 * @property {number | null} event the open one
 * @property {boolean} fold whether runs of similar frames are one row
 * @property {'clock' | 'begin' | 'before'} time
 * @property {0 | 1} capture which of two captures is shown; another one is another page
 */

/** @type {State} */
const START = { view: 'timeline', filter: '', event: null, fold: true, time: 'clock', capture: 0 };

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
    capture: words.get('capture') === '1' ? 1 : 0,
  };
}

function known(word, words, otherwise) {
  return words.includes(word) ? word : otherwise;
}

/**
 * The address of the current state with some values changed.
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
 * Change the state.
 * @param {Partial<State>} given
 * @param {boolean} [step] whether the browser's Back button returns to the current state
 */
export function change(given, step = true) {
  const before = state;
  const address = link(given);
  state = { ...state, ...given };
  if (address !== (location.hash || '#')) history[step ? 'pushState' : 'replaceState'](null, '', address);
  for (const watcher of watchers) watcher(state, before);
}

/**
 * Observe each change.
 * @param {(state: State, before: State) => void} watcher
 */
export function watch(watcher) {
  watchers.push(watcher);
}

addEventListener('hashchange', () => {
  const before = state;
  state = read();
  if (state.capture !== before.capture) {
    location.reload();
    return;
  }
  for (const watcher of watchers) watcher(state, before);
});
