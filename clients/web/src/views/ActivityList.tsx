/** What was sent, and what became of it: read out as it happens. */

import { usePage } from '../context.js';
import type { Progress } from '../send/send.js';
import type { Activity } from '../send/useActivity.js';
import type { Pulse } from '../venue/pulse.js';

const SHOWN = 4;

function words(progress: Progress, pulse: Pulse): { tone: string; text: string } {
    switch (progress.kind) {
        case 'preparing':
            return { tone: '', text: 'Trying it out first…' };
        case 'signing':
            return { tone: '', text: 'Waiting for the wallet…' };
        case 'sent':
            return pulse.kind === 'goes'
                ? { tone: '', text: 'Sent, waiting for the chain…' }
                : { tone: 'careful', text: 'Sent. It lands when the chain goes on: keep this page open.' };
        case 'landed':
            return { tone: 'good', text: 'Landed.' };
        case 'expired':
            return { tone: 'bad', text: 'It did not land in time and never will: send it again.' };
        case 'refused':
            return { tone: 'bad', text: [progress.reason, progress.advice].filter(Boolean).join(' ') };
    }
}

export function ActivityList({ dismiss }: { dismiss: (id: number) => void }) {
    const { activity, pulse } = usePage();
    return (
        <div className="activity" role="log" aria-label="What was sent" aria-live="polite">
            {activity.slice(0, SHOWN).map((entry: Activity) => {
                const { tone, text } = words(entry.progress, pulse);
                return (
                    <div key={entry.id} className={`toast ${tone}`} data-progress={entry.progress.kind}>
                        <div>
                            <strong>{entry.title}</strong>
                            <p>{text}</p>
                        </div>
                        <button
                            type="button"
                            className="link"
                            aria-label={`Hide: ${entry.title}`}
                            onClick={() => dismiss(entry.id)}
                        >
                            Hide
                        </button>
                    </div>
                );
            })}
        </div>
    );
}
