/** The page: the banner, six views, and what was sent. */

import type { Address } from '@solana/kit';
import { type FormEvent, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react';

import { type Connected, PageContext, type Page, usePage } from './context.js';
import { useHistoryState } from './history/useHistory.js';
import { useActivity } from './send/useActivity.js';
import { useTicket } from './trade/useTicket.js';
import { hostOf } from './venue/cluster.js';
import { type Unusable, isEndpoint } from './venue/settings.js';
import type { Who } from './venue/snapshot.js';
import { useLookedAt } from './venue/useLookedAt.js';
import { type Live, useVenue } from './venue/useVenue.js';
import { AccountView } from './views/Account.js';
import { ActivityList } from './views/ActivityList.js';
import { Banner } from './views/Banner.js';
import { ChainView } from './views/ChainView.js';
import { HistoryView } from './views/History.js';
import { Looking } from './views/Look.js';
import { Pools } from './views/Pools.js';
import { Powers } from './views/Powers.js';
import { Trade } from './views/Trade.js';
import { WalletButton, WalletPanel } from './wallet/WalletPanel.js';

const VIEWS = ['trade', 'account', 'pools', 'history', 'powers', 'chain'] as const;
type View = (typeof VIEWS)[number];
const TITLES: Record<View, string> = {
    trade: 'Trade',
    account: 'Account',
    pools: 'Pools',
    history: 'History',
    powers: 'Powers',
    chain: 'Chain',
};
/** Where the visitor's own endpoint is kept. */
const ENDPOINT = 'holdfast-endpoint';

export function App() {
    const [endpoint, setEndpoint] = useState(() => localStorage.getItem(ENDPOINT) ?? undefined);
    const [wallet, setWallet] = useState<Connected>();
    const [lookedAt, setLookedAt] = useLookedAt();
    const venue = useVenue(whoOf(wallet, lookedAt), endpoint);
    const connect = (chosen: Connected | undefined) => {
        if (chosen !== undefined) setLookedAt(undefined);
        setWallet(chosen);
    };
    const look = (at: Address | undefined) => {
        if (at !== undefined) setWallet(undefined);
        setLookedAt(at);
    };
    const chooseEndpoint = (text: string | undefined) => {
        if (text === undefined) localStorage.removeItem(ENDPOINT);
        else localStorage.setItem(ENDPOINT, text);
        setWallet(undefined);
        setEndpoint(text);
    };
    switch (venue.kind) {
        case 'searching':
            return (
                <Shell>
                    <p className="searching" role="status">
                        Reading the venue from the chain…
                    </p>
                </Shell>
            );
        case 'unusable':
            return (
                <Shell>
                    <Refusal reason={venue.reason} retry={venue.retry} endpoint={endpoint} choose={chooseEndpoint} />
                </Shell>
            );
        case 'live':
            return (
                <Venue
                    live={venue.live}
                    wallet={wallet}
                    setWallet={connect}
                    lookedAt={lookedAt}
                    look={look}
                    endpoint={endpoint}
                    chooseEndpoint={chooseEndpoint}
                />
            );
    }
}

function whoOf(wallet: Connected | undefined, lookedAt: Address | undefined): Who | undefined {
    if (lookedAt !== undefined) return { kind: 'looked-at', address: lookedAt };
    return wallet === undefined ? undefined : { kind: 'wallet', address: wallet.signer.address };
}

function Brand() {
    return (
        <span className="brand">
            <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                <rect width="32" height="32" rx="8" className="brand-back" />
                <path d="M9 7v18M23 7v18M9 16h14" stroke="#fff" strokeWidth="4" strokeLinecap="round" />
            </svg>
            Holdfast
        </span>
    );
}

function Shell({ children }: { children: ReactNode }) {
    return (
        <>
            <header className="top">
                <Brand />
            </header>
            <main>{children}</main>
        </>
    );
}

interface EndpointProps {
    endpoint: string | undefined;
    choose: (endpoint: string | undefined) => void;
}

/** The page does not go on, and says why. */
function Refusal({ reason, retry, endpoint, choose }: EndpointProps & { reason: Unusable; retry: () => void }) {
    return (
        <section className="banner unknown refusal" aria-labelledby="refusal">
            <div className="banner-state" role="alert">
                <p className="banner-label">This page does not go on</p>
                <h1 id="refusal">{reason.message}</h1>
                <p className="banner-why">{reason.advice}</p>
            </div>
            <div className="stacked">
                <button type="button" className="button" onClick={retry}>
                    Try again now
                </button>
                <EndpointForm endpoint={endpoint} choose={choose} />
            </div>
        </section>
    );
}

/** An endpoint of the visitor's own. */
function EndpointForm({ endpoint, choose }: EndpointProps) {
    const [text, setText] = useState(endpoint ?? '');
    const isWrong = text !== '' && !isEndpoint(text);
    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (!isWrong) choose(text === '' ? undefined : text);
    };
    return (
        <form onSubmit={submit} className="endpoint">
            <label htmlFor="endpoint">Your own endpoint</label>
            <div className="pair">
                <div className={`input ${isWrong ? 'wrong' : ''}`}>
                    <input
                        id="endpoint"
                        type="url"
                        placeholder="https://…"
                        value={text}
                        aria-invalid={isWrong}
                        onChange={(event) => setText(event.target.value.trim())}
                    />
                </div>
                <button type="submit" className="button quiet">
                    Use it
                </button>
            </div>
            <p className="note">
                {isWrong
                    ? 'Write an address that begins with https:// or http://.'
                    : 'Kept in this browser. Empty: the one this page came with.'}
            </p>
        </form>
    );
}

/** The view that the address names. */
function useView(): [View, (view: View) => void] {
    const read = (): View => VIEWS.find((view) => location.hash === `#${view}`) ?? 'trade';
    const [view, setView] = useState(read);
    useEffect(() => {
        const changed = () => setView(read());
        addEventListener('hashchange', changed);
        return () => removeEventListener('hashchange', changed);
    }, []);
    return [view, (next) => (location.hash = next)];
}

function Header({ view }: { view: View }) {
    const { cluster } = usePage();
    return (
        <>
            <a
                className="skip"
                href="#main"
                onClick={(event) => (event.preventDefault(), document.getElementById('main')?.focus())}
            >
                To the content
            </a>
            <header className="top">
                <Brand />
                <nav aria-label="Views">
                    {VIEWS.map((name) => (
                        <a key={name} href={`#${name}`} aria-current={name === view ? 'page' : undefined}>
                            {TITLES[name]}
                        </a>
                    ))}
                </nav>
                <span className="place" title={cluster.endpoint}>
                    {cluster.name} <span className="note">{hostOf(cluster.endpoint)}</span>
                </span>
                <WalletButton />
            </header>
        </>
    );
}

interface VenueProps {
    live: Live;
    wallet: Connected | undefined;
    setWallet: (wallet: Connected | undefined) => void;
    lookedAt: Address | undefined;
    look: (at: Address | undefined) => void;
    endpoint: string | undefined;
    chooseEndpoint: (endpoint: string | undefined) => void;
}

function Venue({ live, wallet, setWallet, lookedAt, look, endpoint, chooseEndpoint }: VenueProps) {
    const [view, setView] = useView();
    const ticket = useTicket(() => {
        setView('trade');
        setTimeout(() => document.querySelector('.ticket')?.scrollIntoView({ block: 'nearest' }));
    });
    const [asksWallet, setAsksWallet] = useState(false);
    const { activity, send, dismiss } = useActivity();
    const { risk, snapshot, chain, cluster, refresh } = live;
    const history = useHistoryState(live.settings);
    const account = snapshot.holdings?.margin;
    const markets = useMemo(() => snapshot.silo.markets.map(({ data }) => data), [snapshot]);
    const standing = useMemo(() => account && risk.standing(account, markets, chain), [account, markets, risk, chain]);
    const submit: Page['submit'] = useCallback(
        async (title, build) => {
            if (wallet === undefined) return false;
            const end = await send(cluster.rpc, wallet.signer, title, build);
            refresh();
            return end.kind === 'landed';
        },
        [wallet, send, cluster, refresh],
    );
    const askForWallet = () => setAsksWallet(true);
    const unit = live.settings.collateral;
    const whose = { wallet, lookedAt, look, account, standing };
    const page: Page = { ...live, ...whose, unit, markets, history, activity, submit, askForWallet };
    useEffect(() => {
        document.title = `${TITLES[view]} · Holdfast`;
    }, [view]);
    return (
        <PageContext value={page}>
            <Header view={view} />
            <main id="main" tabIndex={-1}>
                <Banner />
                <Looking />
                {view === 'trade' && <Trade ticket={ticket} />}
                {view === 'account' && <AccountView ticket={ticket} />}
                {view === 'pools' && <Pools />}
                {view === 'history' && <HistoryView />}
                {view === 'powers' && <Powers />}
                {view === 'chain' && <ChainView />}
            </main>
            <footer className="bottom">
                <EndpointForm endpoint={endpoint} choose={chooseEndpoint} />
                <p className="note">
                    What is now is read from the chain by your browser, and valued by the venue's own rules; the past
                    comes from a history that somebody runs. Times are your clock's. Charts by{' '}
                    <a href="https://www.tradingview.com/" rel="noreferrer">
                        TradingView Lightweight Charts™
                    </a>
                    . Not audited: do not put money into it.
                </p>
            </footer>
            <ActivityList dismiss={dismiss} />
            <WalletPanel isOpen={asksWallet} close={() => setAsksWallet(false)} choose={setWallet} />
        </PageContext>
    );
}
