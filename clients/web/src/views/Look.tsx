/** Looking at somebody's account by its address, without a wallet. */

import { isAddress } from '@solana/kit';
import { type FormEvent, useId, useState } from 'react';

import { usePage } from '../context.js';
import { Card } from '../ui/parts.js';

/** Says whose account is shown, where it is not that of the visitor's wallet. */
export function Looking() {
    const { lookedAt, look, account, snapshot } = usePage();
    if (lookedAt === undefined) return null;
    const isRead = snapshot.holdings !== undefined;
    return (
        <div className="card looking" role="status">
            <p>
                You look at <code className="address">{lookedAt}</code>, and can send nothing for it.
                {isRead && account === undefined && ' There is no margin account of this venue at it.'}
            </p>
            <button type="button" className="button small quiet" onClick={() => look(undefined)}>
                Stop looking
            </button>
        </div>
    );
}

/** Asks for an address. */
export function Look() {
    const { look } = usePage();
    const [text, setText] = useState('');
    const [isRefused, setRefused] = useState(false);
    const id = useId();
    const submit = (event: FormEvent) => {
        event.preventDefault();
        setRefused(!isAddress(text));
        if (isAddress(text)) look(text);
    };
    return (
        <Card title="Look at an account">
            <form onSubmit={submit} className="endpoint">
                <label htmlFor={id}>Address of a wallet or a margin account</label>
                <div className="pair">
                    <div className={`input ${isRefused ? 'wrong' : ''}`}>
                        <input
                            id={id}
                            autoComplete="off"
                            spellCheck={false}
                            value={text}
                            aria-invalid={isRefused}
                            aria-describedby={`${id}-note`}
                            onChange={(event) => setText(event.target.value.trim())}
                        />
                    </div>
                    <button type="submit" className="button quiet">
                        Look
                    </button>
                </div>
                <p id={`${id}-note`} className={isRefused ? 'error' : 'note'}>
                    {isRefused
                        ? 'That is no address: write one in base 58, 32 to 44 letters and digits.'
                        : 'You see what it holds and what it did, and can send nothing for it.'}
                </p>
            </form>
        </Card>
    );
}
