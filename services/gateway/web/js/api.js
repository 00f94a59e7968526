// Requests to the gateway that the page came from.

const KEY = 'wyckoff-api-key';

export function apiKey() {
  try { return sessionStorage.getItem(KEY) ?? ''; } catch { return ''; }
}

export function keepKey(key) {
  try {
    if (key) { sessionStorage.setItem(KEY, key); } else { sessionStorage.removeItem(KEY); }
  } catch { /* a browser that keeps nothing asks again */ }
}

/** What the gateway refused or could not do, in words; `status` is 0 when it could not be reached. */
export class ApiError extends Error {
  constructor(status, text, reason = '') {
    super(text);
    this.status = status;
    this.reason = reason;
  }
}

async function problem(response) {
  let found = {};
  try { found = await response.json(); } catch { /* no problem document: the status must do */ }
  const fields = (found.field_violations ?? []).map((item) => `${item.field} ${item.description}`);
  const text = found.detail ?? `${response.status} ${response.statusText}`.trim();
  const more = fields.filter((field) => !text.includes(field));
  return new ApiError(response.status, [text, ...more].join('; '), found.reason ?? '');
}

/** The JSON at `path`; parameters may be lists. Raises ApiError. */
export async function get(path, parameters = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) { query.append(name, one); }
  }
  const address = query.size > 0 ? `${path}?${query}` : path;
  const headers = apiKey() ? { 'X-API-Key': apiKey() } : {};
  let response;
  try {
    response = await fetch(address, { headers, signal, cache: 'no-cache', credentials: 'same-origin' });
  } catch (error) {
    if (error.name === 'AbortError') { throw error; }
    throw new ApiError(0, 'The gateway cannot be reached. Is `wyckoff up` running?');
  }
  if (!response.ok) { throw await problem(response); }
  return response.json();
}
