/** What every part of the page needs: the venue as it is, the visitor's wallet, and a way to send. */

import type { MarginAccount, Market, Standing } from '@holdfast/client';
import type { Address, Instruction, TransactionSigner } from '@solana/kit';
import { createContext, useContext } from 'react';

import type { HistoryState } from './history/useHistory.js';
import type { Activity } from './send/useActivity.js';
import type { Live } from './venue/useVenue.js';

/** A wallet that signs. */
export interface Connected {
    signer: TransactionSigner;
    /** What the visitor calls it. */
    name: string;
}

/** The venue with everything that follows from it. */
export interface Page extends Live {
    /** What a unit of collateral is called. */
    unit: string;
    markets: Market[];
    wallet: Connected | undefined;
    /** The address that the visitor looks at without a wallet: nothing can be sent for it. */
    lookedAt: Address | undefined;
    /** Looks at an address, or no longer at any; a wallet is left for that. */
    look: (at: Address | undefined) => void;
    history: HistoryState;
    /** The margin account that is shown, if there is one: the wallet's number 0, or the one that is looked at. */
    account: MarginAccount | undefined;
    /** Where that account stands. */
    standing: Standing | undefined;
    activity: Activity[];
    /** Sends what `build` makes, under a title that the visitor follows it by; whether it landed. */
    submit: (title: string, build: (signer: TransactionSigner) => Promise<Instruction[]>) => Promise<boolean>;
    /** Shows a wallet to connect. */
    askForWallet: () => void;
}

export const PageContext = createContext<Page | undefined>(undefined);

/** The page's context, below the component that has found the venue. */
export function usePage(): Page {
    const page = useContext(PageContext);
    if (page === undefined) {
        throw new Error('this part of the page needs the venue');
    }
    return page;
}
