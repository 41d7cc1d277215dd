// The server's API, and what it answers with. Times and durations are microseconds.
// Rule: this is the page's only way to the network, and it asks nobody but its own server.

/**
 * @typedef {object} Row one event in a line
 * @property {number} n its number, from 0
 * @property {number} line of the file
 * @property {'frame' | 'opened' | 'closed' | 'note' | 'scenario' | 'refused'} kind
 * @property {'request' | 'answer' | 'push' | 'error' | 'control' | 'open' | 'close' | 'note' | 'scenario' | 'refused'} tone
 * @property {number} session
 * @property {string} party
 * @property {string} node
 * @property {'to_node' | 'from_node' | null} direction
 * @property {number} time 0 where nobody knows
 * @property {string} words
 * @property {string} method
 * @property {number} bytes
 * @property {number | null} took
 * @property {boolean} slow
 * @property {number | null} answers
 * @property {boolean} open a request that nobody answered yet
 * @property {string} odd what is wrong with it
 * @property {number} times more than 1: a run of like frames, up to `until`
 * @property {number} until
 */

/**
 * @typedef {object} Capture what is known of the file at this moment
 * @property {string[]} names
 * @property {string} profile
 * @property {{name: string, frames: number}[]} parties
 * @property {string[]} nodes
 * @property {{name: string, count: number, errors: number}[]} methods
 * @property {number} events
 * @property {boolean} indexed
 * @property {boolean} following
 * @property {boolean} marks whether notes and scenarios can be put into it
 * @property {string} trouble what is wrong with the file, or empty
 * @property {number} first
 * @property {number} last
 * @property {number} errors
 * @property {number} open
 * @property {number} odd
 */

/** What the server did not do; `at` is the column of a filter's mistake, or null. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {number | null} at
   */
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

/**
 * The address of something that the API has.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query] what is empty is left out
 * @returns {string}
 */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const words = new URLSearchParams(given.map(([name, value]) => [name, `${value}`])).toString();
  return `api/${path}${words && `?${words}`}`;
}

async function answered(asked) {
  let answer;
  try {
    answer = await asked;
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal('The viewer does not answer: it has ended, or cannot be reached.', null);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(body.error ?? `The viewer answers with status ${answer.status}.`, body.at ?? null);
  return body;
}

/**
 * Ask for something.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export const ask = (path, query, signal) => answered(fetch(address(path, query), { signal }));

/**
 * Ask for something to be done.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export const tell = (path, body) => answered(fetch(address(path), {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}));

/**
 * Hear of what is new, for as long as the page is there.
 * @param {(state: {events: number, errors: number, open: number, indexed: boolean}) => void} heard
 * @param {(connected: boolean) => void} changed
 */
export function listen(heard, changed) {
  const stream = new EventSource(address('stream'));
  stream.onmessage = (message) => heard(JSON.parse(message.data));
  stream.onopen = () => changed(true);
  stream.onerror = () => changed(false);
}
