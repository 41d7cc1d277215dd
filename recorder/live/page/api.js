// Requests to the server's API, about the capture of the state. Times and durations are in microseconds.
// Rule: only this module uses the network, and it calls only the page's own server.

/**
 * @typedef {object} Row one event of the list
 * @property {number} n its number, from 0
 * @property {number} line its line in the file
 * @property {'frame' | 'opened' | 'closed' | 'note' | 'scenario' | 'refused'} kind
 * @property {'request' | 'answer' | 'push' | 'error' | 'control' | 'open' | 'close' | 'note' | 'scenario' | 'refused'} tone
 * @property {number} session
 * @property {string} party
 * @property {string} node
 * @property {'to_node' | 'from_node' | null} direction
 * @property {number} time 0 if unknown
 * @property {string} words
 * @property {string} method
 * @property {number} bytes
 * @property {number | null} took
 * @property {boolean} slow
 * @property {number | null} answers
 * @property {boolean} open a request without a response so far
 * @property {number | null} ended of such a request, when its session ended; 0 if unknown, null if it has not
 * @property {string} odd why the message is unexpected; empty if it is not
 * @property {number} times how many similar frames the row stands for, up to `until`
 * @property {number} until
 */

/**
 * @typedef {object} Capture what is known of the capture now
 * @property {string[]} names
 * @property {string} profile
 * @property {{name: string, frames: number}[]} parties
 * @property {string[]} nodes
 * @property {{name: string, count: number, errors: number}[]} methods
 * @property {number} events
 * @property {boolean} indexed
 * @property {boolean} following
 * @property {boolean} marks whether notes and scenarios can be added
 * @property {string} trouble what is wrong with the file, or empty
 * @property {number} first
 * @property {number} last
 * @property {number} errors
 * @property {number} open
 * @property {number} odd
 */

import { state } from './state.js';

/** An error response of the server; `at` is the column of a mistake in a filter, or null. */
class Refusal extends Error {
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
 * The URL of an API path.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query] empty values are left out
 * @returns {string}
 */
export function address(path, query = {}) {
  const given = Object.entries({ ...query, capture: state.capture || null }).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const words = new URLSearchParams(given.map(([name, value]) => [name, `${value}`])).toString();
  return `api/${path}${words && `?${words}`}`;
}

async function answered(asked) {
  let answer;
  try {
    answer = await asked;
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Refusal('No response from the viewer: it has ended, or cannot be reached.', null);
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(body.error ?? `The viewer returned status ${answer.status}.`, body.at ?? null);
  return body;
}

/**
 * Send a GET request.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export const ask = (path, query, signal) => answered(fetch(address(path, query), { signal }));

/** Milliseconds until a request is repeated whose answer was incomplete. */
export const AGAIN = 200;

/**
 * Send a GET request, and repeat it until the answer is complete: a filter takes its time in a long capture.
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} query
 * @param {(answer: any) => boolean} [enough] whether an incomplete answer will do
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export async function askAll(path, query, enough = () => false) {
  let answer = await ask(path, query);
  while (!answer.indexed && !enough(answer)) {
    await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    answer = await ask(path, query);
  }
  return answer;
}

/**
 * Send a POST request.
 * @param {string} path
 * @param {object} body
 * @returns {Promise<any>}
 * @throws {Refusal}
 */
export const tell = (path, body) => answered(fetch(address(path), {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}));

/**
 * Subscribe to news of the capture, as long as the page is open.
 * @param {(state: {events: number, errors: number, open: number, indexed: boolean}) => void} heard
 * @param {(connected: boolean) => void} changed
 */
export function listen(heard, changed) {
  const stream = new EventSource(address('stream'));
  stream.onmessage = (message) => heard(JSON.parse(message.data));
  stream.onopen = () => changed(true);
  stream.onerror = () => changed(false);
}
