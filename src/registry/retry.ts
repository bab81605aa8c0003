/** When asking a server again may help, and how long to wait before. */

/** Milliseconds before each further attempt. */
export const PAUSES = [250, 1000, 2500];

const BUSY = [429, 500, 502, 503, 504];
const LOST = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_PREMATURE_CLOSE'];

/** A status by which a server says that it cannot answer now. */
export const isBusy = (status: number): boolean => BUSY.includes(status);

/** The connection was there and is gone. One that was never there is told at once. */
export const isLost = (error: unknown): boolean => LOST.includes((error as NodeJS.ErrnoException)?.code ?? '');
