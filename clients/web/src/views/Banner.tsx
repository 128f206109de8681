/** The first thing one sees: the state of the chain, since when, why, and what works now. */

import { usePage } from '../context.js';
import { type Ability, abilities, condition } from '../words/chain.js';

const MARKS: Record<Ability['works'], string> = { yes: '✓', partly: '◐', no: '✕' };
const SAID: Record<Ability['works'], string> = { yes: 'works', partly: 'works in part', no: 'does not work' };

export function Banner() {
    const { chain, snapshot, pulse, nowMs } = usePage();
    const now = condition(chain, snapshot, pulse, nowMs);
    return (
        <section className={`banner ${now.tone}`} aria-labelledby="chain-state" data-tone={now.tone}>
            <div className="banner-state">
                <p className="banner-label">State of the chain</p>
                <h1 id="chain-state">
                    <span className="lamp" aria-hidden="true" />
                    {now.title}
                </h1>
                <p className="banner-since">{now.since}</p>
                <p className="banner-why">{now.why}</p>
                {now.next !== undefined && <p className="banner-next">{now.next}</p>}
                {/* Read out when it changes; the seconds above would be read out all the time. */}
                <p className="away" role="status">
                    State of the chain: {now.title}
                </p>
            </div>
            <div className="banner-works">
                <h2>What works now</h2>
                <ul className="abilities">
                    {abilities(chain, pulse).map(({ what, works, how }) => (
                        <li key={what} className={works}>
                            <span className="mark" aria-hidden="true">
                                {MARKS[works]}
                            </span>
                            <span>
                                {what}
                                <span className="away"> {SAID[works]} </span>
                                {how !== undefined && <small>{how}</small>}
                            </span>
                        </li>
                    ))}
                </ul>
            </div>
        </section>
    );
}
