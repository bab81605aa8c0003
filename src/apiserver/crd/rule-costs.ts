/** Keeps the rules of a definition within what a server may spend on them: each of them, and all of a version together. */
import type { Findings } from '../../api/field-error.ts';

export interface RuleCost {
  /** Of one evaluation on the largest value. */
  steps: number;
  /** How many values may stand in an object where nothing bounds them. */
  times: number;
}

const MOST_A_RULE = 10_000_000;
const MOST_A_VERSION = 100_000_000;
/** Of those that are told when all together are too many. */
const MOST_TOLD = 4;

export class RuleCosts {
  #total = 0;
  #expensive: { cost: number; at: Findings }[] = [];

  /** `times`: how many values the schema allows; undefined where it sets no bound. */
  observe({ steps, times: most }: RuleCost, times: number | undefined, at: Findings): void {
    const cost = steps * (times ?? most);
    const what = at.path.endsWith('.messageExpression') ? 'messageExpression' : 'rule';
    if (cost > MOST_A_RULE) at.forbidden(excess(`estimated ${what} cost`, cost / MOST_A_RULE));
    this.#total += cost;
    if (cost >= MOST_A_VERSION / 100) this.#expensive.push({ cost, at });
  }

  judge(at: Findings): void {
    if (this.#total <= MOST_A_VERSION) return;
    const told = this.#expensive.sort((a, b) => b.cost - a.cost).slice(0, MOST_TOLD);
    for (const { at: place } of told)
      place.forbidden('contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema');
    at.forbidden(
      excess(
        'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema',
        this.#total / MOST_A_VERSION,
      ),
    );
  }
}

const excess = (what: string, factor: number): string =>
  `${what} exceeds budget by factor of ${factorText(factor)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;

function factorText(factor: number): string {
  if (factor > 100) return 'more than 100x';
  return factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`;
}
