/** The address that a visitor looks at without a wallet: `?account=` of the page's own address. */

import { type Address, isAddress } from '@solana/kit';
import { useState } from 'react';

const PARAMETER = 'account';

/** The address that a query names, such as `?account=…`; `undefined` where it names none. */
export function lookedAtIn(query: string): Address | undefined {
    const named = new URLSearchParams(query).get(PARAMETER) ?? '';
    return isAddress(named) ? named : undefined;
}

/** The query with another address, or with none. */
export function queryFor(query: string, at: Address | undefined): string {
    const parameters = new URLSearchParams(query);
    if (at === undefined) parameters.delete(PARAMETER);
    else parameters.set(PARAMETER, at);
    return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** The address, and a way to choose another one; the page's own address follows, so that it can be passed on. */
export function useLookedAt(): [Address | undefined, (at: Address | undefined) => void] {
    const [address, setAddress] = useState(() => lookedAtIn(location.search));
    const choose = (at: Address | undefined) => {
        window.history.replaceState(null, '', `${location.pathname}${queryFor(location.search, at)}${location.hash}`);
        setAddress(at);
    };
    return [address, choose];
}
