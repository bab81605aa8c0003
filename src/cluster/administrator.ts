/** The one who may do everything, by name. */
import type { UserInfo } from '../api/http.ts';

export const ADMIN: UserInfo = { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] };
