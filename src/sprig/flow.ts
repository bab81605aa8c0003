/** Functions that are no data: fail and hello. */
import { type Family, go } from './function.ts';

export const flow: Family = {
  fail: go('string', (message: string) => {
    throw new Error(message);
  }),
  hello: go('', () => 'Hello!'),
};
